"""What mini programs are made of: drafts that developers uploaded, and templates that were made of them."""

from dataclasses import dataclass

LARGEST_PACKAGE = 20 * 1024
ORDINARY, STANDARD = 0, 1


@dataclass(frozen=True)
class Draft:
    """What a developer uploaded."""

    draft_id: int
    create_time: int
    user_version: str
    user_desc: str


@dataclass(frozen=True)
class Template:
    """What mini programs are made of; `kilobytes` is the size of its packages together."""

    template_id: int
    draft: Draft
    pages: tuple[str, ...] = ("pages/index/index", "pages/order/list")
    template_type: int = ORDINARY
    kilobytes: int = 800
    sound: bool = True
    navigates: bool = False
