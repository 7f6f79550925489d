"""What a text for people is, and what it is about."""

from typing import NamedTuple


class Text(NamedTuple):
    """A title of one line and a body of some, of which the last, `stays`, say what to do: they are never cut."""

    title: str
    body: str
    stays: int = 1


class About(NamedTuple):
    """What a text is about: which mini program, the version and review if known, and what weaudit is going to do.

    `waits_until` is set while a release waits for RELEASE_WINDOW, or a reaction for a limit, as people write a time;
    `superseded` if another review was submitted since; `paused` if a person paused what would follow.
    """

    app: str
    version: str
    releases: bool
    resubmits: bool
    appid: str = ""
    auditid: int | None = None
    waits_until: str = ""
    superseded: bool = False
    paused: bool = False


def counted(number: int, what: str) -> str:
    """Write a number of something in English."""
    return f"{number} {what}{'' if number == 1 else 'es' if what.endswith(('sh', 'ch', 's')) else 's'}"


CUT = "… [已截断 / cut]"


def shortened(body: str, longest: int, stays: int = 1) -> str:
    """Cut a body that has too many characters, and say so; its last lines, which say what to do, stay."""
    if len(body) <= longest:
        return body
    lines = body.split("\n")
    before, last = "\n".join(lines[:-stays]), "\n".join(lines[-stays:])
    room = longest - len(last) - len(CUT) - 1
    if room < 0:
        return body[: max(0, longest - len(CUT))] + CUT
    return f"{before[:room]}{CUT}\n{last}"
