"""What a text for people is, and what it is about."""

from typing import Literal, NamedTuple

Language = Literal["zh", "en"]


class Text(NamedTuple):
    """A title of one line and a body of some."""

    title: str
    body: str


class About(NamedTuple):
    """What a text is about: which mini program, the version and review if known, and what weaudit is going to do.

    `waits_until` is set while a release waits for RELEASE_WINDOW, or a reaction for a limit, as people write a time;
    `superseded` if another review was submitted since.
    """

    app: str
    version: str
    releases: bool
    resubmits: bool
    appid: str = ""
    auditid: int | None = None
    waits_until: str = ""
    superseded: bool = False


def counted(number: int, what: str) -> str:
    """Write a number of something in English."""
    return f"{number} {what}{'' if number == 1 else 's'}"


CUT = "… [已截断 / cut]"


def shortened(body: str, longest: int) -> str:
    """Cut a body that has too many characters, and say so; its last line, which says what to do, stays."""
    if len(body) <= longest:
        return body
    before, _, last = body.rpartition("\n")
    room = longest - len(last) - len(CUT) - 1
    if room < 0:
        return body[: max(0, longest - len(CUT))] + CUT
    return f"{before[:room]}{CUT}\n{last}"
