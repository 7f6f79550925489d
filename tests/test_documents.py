import re
from pathlib import Path

import pytest

from handlers.commands.app import COMMANDS
from service.settings import Outbound

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# What is named in capitals and is no setting.
NO_SETTINGS = {"REQUIRE_SERVERS", "HTTPS_PROXY"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    """From the folder of the document."""
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
        if "://" not in link:
            assert (document.parent / link).exists(), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_that_is_shown_exists(document: Path) -> None:
    """After a prompt, or in backquotes."""
    shown = re.findall(
        r"(?:\$ |`)(?:\.venv/bin/)?weaudit (?:--env-file \S+ )?([a-z][a-z-]*)", document.read_text("utf-8")
    )
    assert set(shown) <= COMMANDS.keys()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(document: Path) -> None:
    """In backquotes, with an underscore."""
    known = {name.upper() for name in Outbound.model_fields} | NO_SETTINGS
    named = re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`", document.read_text("utf-8"))
    if document.name not in {"CHANGELOG.md", "architecture.md"}:
        assert set(named) <= known


def test_both_first_pages_show_the_same_commands() -> None:
    """In English and in Chinese."""
    commands = [
        [
            line.split("#")[0].strip()
            for line in re.findall(r"^\$ (.*)$", (ROOT / name).read_text("utf-8"), re.MULTILINE)
        ]
        for name in ("README.md", "README.zh.md")
    ]
    assert commands[0] == commands[1]
