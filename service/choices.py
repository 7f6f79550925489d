"""What ops choose in words: what to do with an approved review, and when releases may happen."""

import re
from datetime import time
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, SecretStr

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SuccessAction(NamedTuple):
    """What to do with an approved review: `percent` only for a gray release."""

    action: Literal["release", "gray", "hold"]
    percent: int = 100

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"gray:{self.percent}" if self.action == "gray" else self.action


class Window(NamedTuple):
    """When releases may happen: days of the week (Monday is 0) and hours in TIMEZONE, from `opens` until `closes`."""

    days: frozenset[int]
    opens: time
    closes: time

    def __str__(self) -> str:
        """Write it as it is read."""
        first = next((day for day in sorted(self.days) if (day - 1) % 7 not in self.days), 0)
        last = (first + len(self.days) - 1) % 7
        closes = "24:00" if self.closes == time.max else f"{self.closes:%H:%M}"
        return f"{DAYS[first].capitalize()}-{DAYS[last].capitalize()} {self.opens:%H:%M}-{closes}"


def parse_verdict(text: object) -> object:
    """Read `release`, `hold` or `gray:PERCENT`."""
    if not isinstance(text, str):
        return text
    action, _, percent = text.strip().lower().partition(":")
    if action in ("release", "hold") and not percent:
        return SuccessAction("release" if action == "release" else "hold")
    if action == "gray" and percent.isdecimal() and 1 <= int(percent) <= 100:
        return SuccessAction("gray", int(percent))
    raise ValueError(text)


def parse_window(text: object) -> object:
    """Read `Mon-Fri 10:00-18:00`: days may wrap round the weekend, hours may end at 24:00 but not go beyond."""
    if not isinstance(text, str):
        return text
    found = re.fullmatch(
        r"(?P<first>[a-z]{3})(-(?P<last>[a-z]{3}))?\s+(?P<opens>\d\d?:\d\d)-(?P<closes>\d\d?:\d\d)",
        text.strip().lower(),
    )
    if not found:
        raise ValueError(text)
    first, last = DAYS.index(found["first"]), DAYS.index(found["last"] or found["first"])
    days = frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
    opens = time.fromisoformat(found["opens"].zfill(5))
    closes = time.max if found["closes"] == "24:00" else time.fromisoformat(found["closes"].zfill(5))
    if opens >= closes:
        raise ValueError(text)
    return Window(days, opens, closes)


def _split(text: object) -> object:
    return tuple(text.split()) if isinstance(text, str) else text


# A password may be in each.
Urls = Annotated[tuple[SecretStr, ...], BeforeValidator(_split)]
