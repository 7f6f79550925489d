import json
import sys

import pytest

from tests.support.audit import main

SOUND = {"name": "one", "version": "1", "vulns": []}
FAULTY = {"name": "two", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
CASES = [
    ([SOUND], 0, "audit: 1 packages, 0 known vulnerabilities\n"),
    ([SOUND, FAULTY], 1, "two 2: CVE-1, mended in 3\naudit: 2 packages, 1 known vulnerabilities\n"),
]


@pytest.mark.parametrize(("packages", "status", "said"), CASES)
def test_what_is_known_of_a_locked_package_fails(
    capsys: pytest.CaptureFixture[str], packages: list[object], status: int, said: str
) -> None:
    """With the version that mends it."""
    found = json.dumps({"dependencies": packages})
    assert main([sys.executable, "-c", f"print({found!r})"]) == status
    assert capsys.readouterr().out == said


def test_an_audit_that_could_ask_nobody_is_not_said_to_have_passed(capsys: pytest.CaptureFixture[str]) -> None:
    """It says why."""
    assert main([sys.executable, "-c", "import sys; sys.exit('ConnectionError')"]) == 0
    assert capsys.readouterr().out == "audit SKIPPED, not passed: advisories cannot be reached here (ConnectionError)\n"


def test_an_audit_that_does_not_run_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """It is not taken for one that had nobody to ask."""
    assert main([sys.executable, "-m", "pip_audit_that_is_not_there"]) == 1
    assert "No module named" in capsys.readouterr().out
