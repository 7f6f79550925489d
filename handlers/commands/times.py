"""The times that people type: a span such as 30m, 2h, 3d, or a time such as 2026-11-28T10:00."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.commands.exit_status import WrongUsage

SPAN = re.compile(r"(?P<number>[1-9]\d{0,4})(?P<unit>[smhd])")
UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def before(text: str, option: str, timezone: ZoneInfo, now: float) -> float:
    """Read a time, or a span before now, as Unix seconds. Raises WrongUsage."""
    return _read(text, option, timezone, now, -1)


def after(text: str, option: str, timezone: ZoneInfo, now: float) -> float:
    """Read a time to come, or a span from now on, as Unix seconds. Raises WrongUsage."""
    read = _read(text, option, timezone, now, 1)
    if read <= now:
        raise WrongUsage("{option} {text} is over", option=option, text=text)
    return read


def _read(text: str, option: str, timezone: ZoneInfo, now: float, sign: int) -> float:
    if found := SPAN.fullmatch(text):
        return now + sign * (UNITS[found["unit"]] * int(found["number"])).total_seconds()
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        shape = "{option} is a time, such as 2026-11-28T10:00, or 30m, 2h, 3d; not {text!r}"
        raise WrongUsage(shape, option=option, text=text) from None
    return (read if read.tzinfo else read.replace(tzinfo=timezone)).timestamp()
