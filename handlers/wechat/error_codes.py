"""What WeChat's error codes ask of the caller, and what they mean, in English and Chinese: one table, error_codes.tsv.

The texts are ours and say what to do; WeChat's own stands with each error. `resets`: by what a limit is counted, where
time resets it. https://developers.weixin.qq.com/doc/oplatform/Return_codes/Return_code_descriptions_new.html
"""

import csv
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import Enum
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

# WeChat counts by its own clock, wherever the platform is.
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Action(Enum):
    """What a code asks of the caller."""

    OK = "ok"
    ALREADY_DONE = "already_done"
    STALE_TOKEN = "stale_token"  # noqa: S105 no password
    TRY_LATER = "try_later"
    QUOTA = "quota"
    NEEDS_HUMAN = "needs_human"
    REFUSED = "refused"


class ErrorCode(NamedTuple):
    """One code: what it asks of the caller, what it means, by what a limit is counted, if time resets it.

    `cause` is the kind of cause that it is of, if something outside has to change: see handlers/causes/kinds.py.
    """

    action: Action
    english: str
    chinese: str
    resets: str = "-"
    cause: str = "-"


def _read() -> Mapping[int, ErrorCode]:
    lines = (files(__package__) / "error_codes.tsv").read_text("utf-8").splitlines()
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return MappingProxyType(
        {
            int(row["code"]): ErrorCode(
                Action(row["action"]), row["english"], row["chinese"], row["resets"], row["cause"]
            )
            for row in rows
        }
    )


ERROR_CODES = _read()
UNKNOWN = ErrorCode(
    Action.REFUSED, "WeChat answered a code that it documents nowhere we know of", "微信返回了未公开的错误码"
)


def next_day(now: float) -> float:
    """Return the next midnight in Shanghai."""
    tomorrow = datetime.fromtimestamp(now, SHANGHAI).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), SHANGHAI).timestamp()


def next_month(now: float) -> float:
    """Return the first midnight of the next month in Shanghai."""
    first = datetime.fromtimestamp(now, SHANGHAI).date().replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return datetime.combine(following, time(), SHANGHAI).timestamp()


def ask_again_at(code: int, now: float) -> float | None:
    """Return when a limit is reset, in Unix seconds; None if no time resets it, and something has to be deleted."""
    match ERROR_CODES.get(code, UNKNOWN).resets:
        case "minute":
            return now + 60
        case "day":
            return next_day(now)
        case "month":
            return next_month(now)
        case _:
            return None
