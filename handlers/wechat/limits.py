"""Pure: when WeChat may be asked again, after it said that a limit is used up.

https://developers.weixin.qq.com/doc/oplatform/Return_codes/Return_code_descriptions_new.html
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import Enum
from types import MappingProxyType
from zoneinfo import ZoneInfo

# WeChat counts by its own clock, wherever the platform is.
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Per(Enum):
    """What a limit is counted by."""

    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"


# A code of a used-up limit that is not here does not pass with time: something has to be deleted first.
COUNTED_PER: Mapping[int, Per] = MappingProxyType(
    {
        45009: Per.DAY,
        45011: Per.MINUTE,
        48006: Per.MONTH,
        61039: Per.MINUTE,
        85085: Per.MONTH,
        # Five a day and ten a month; WeChat does not say which is used up, so the next day is worth a try.
        87013: Per.DAY,
        89405: Per.MONTH,
        89413: Per.DAY,
        89414: Per.DAY,
        89429: Per.DAY,
    }
)


def next_day(now: float) -> float:
    """Give the next midnight in Shanghai."""
    tomorrow = datetime.fromtimestamp(now, SHANGHAI).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), SHANGHAI).timestamp()


def next_month(now: float) -> float:
    """Give the first midnight of the next month in Shanghai."""
    first = datetime.fromtimestamp(now, SHANGHAI).date().replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return datetime.combine(following, time(), SHANGHAI).timestamp()


def ask_again_at(code: int, now: float) -> float | None:
    """Give when a limit is reset, in Unix seconds; None if no time resets it."""
    match COUNTED_PER.get(code):
        case Per.MINUTE:
            return now + 60
        case Per.DAY:
            return next_day(now)
        case Per.MONTH:
            return next_month(now)
        case None:
            return None
