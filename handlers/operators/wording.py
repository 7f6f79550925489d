"""How a time, a span of it, and a text of anybody's are written for people."""

from datetime import datetime
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from service import logs
from service.language import Language

# Nobody reads a line of a table that is longer.
LONGEST_CELL = 200


def at(seconds: float, timezone: ZoneInfo) -> str:
    """Write a time."""
    return f"{datetime.fromtimestamp(seconds, timezone):%Y-%m-%d %H:%M:%S %z}"


def for_how_long(seconds: float, language: Language = "en") -> str:
    """Write a span of time in its greatest unit."""
    seconds = max(0.0, seconds)
    for length, english, chinese in ((86_400, "d", "天"), (3600, "h", "小时"), (60, "min", "分钟")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {chinese if language == 'zh' else english}"
    return f"{seconds:.0f} {'秒' if language == 'zh' else 's'}"


def padded(text: str, columns: int) -> str:
    """Fill a text up to as many columns of a terminal, of which a Chinese character takes two."""
    return text + " " * (columns - sum(2 if east_asian_width(each) in "WF" else 1 for each in text))


def clean(text: str) -> str:
    """Make one line of a text of anybody's, without secrets and at a length that can be read."""
    line = " ".join(logs.scrub(text).split())
    return line if len(line) <= LONGEST_CELL else f"{line[:LONGEST_CELL]}…"
