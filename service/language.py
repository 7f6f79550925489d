"""The languages that people are spoken to in."""

import os
from typing import Literal

Language = Literal["en", "zh"]
# The first that is set says in which language messages are: POSIX, Base Definitions, 8.2.
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_of_the_locale() -> Language:
    """Return Chinese where the locale is Chinese, else English."""
    said = next((os.environ[name] for name in LOCALE if os.environ.get(name)), "")
    return "zh" if said.startswith("zh") else "en"
