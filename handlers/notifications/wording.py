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
