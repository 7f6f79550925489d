"""`make lint`: known vulnerabilities of what is locked, where somebody can be asked for them."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"
# An index without advisories knows no package; else there is no way to PyPI.
NOBODY_TO_ASK = ("not found on PyPI", "Max retries exceeded", "ConnectionError", "Failed to connect")
AUDIT = [sys.executable, "-m", "pip_audit", "--strict", "--require-hashes", "--disable-pip", "--format", "json"]
AUDIT += ["--requirement", str(LOCK)]


def main(command: Sequence[str] = AUDIT) -> int:
    """Audit, and say of what; 1 if something is known."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if not ended.stdout.strip():
        why = (ended.stderr.strip().splitlines()[-1:] or ["it says nothing"])[0][:160]
        if not any(sign in why for sign in NOBODY_TO_ASK):
            sys.stdout.write(f"audit FAILED: {why}\n")
            return 1
        sys.stdout.write(f"audit SKIPPED, not passed: advisories cannot be reached here ({why})\n")
        return 0
    packages = json.loads(ended.stdout)["dependencies"]
    known = [(each, fault) for each in packages for fault in each["vulns"]]
    for package, fault in known:
        mended = ", ".join(fault["fix_versions"]) or "no version yet"
        sys.stdout.write(f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}\n")
    sys.stdout.write(f"audit: {len(packages)} packages, {len(known)} known vulnerabilities\n")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
