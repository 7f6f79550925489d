"""Pure: the cause that an error is of, by its name, and how long until it is tried again."""

from collections.abc import Mapping
from types import MappingProxyType

from handlers.causes.kinds import HOUR, KINDS, PLATFORM, QUOTAS
from handlers.wechat.error_codes import ERROR_CODES
from handlers.wechat.errors import (
    NoCategory,
    NotAuthorized,
    OverQuota,
    Paused,
    TicketMissing,
    Unreadable,
    WeChatError,
    WrongSecret,
)
from handlers.wechat.permission_sets import set_for

# In seconds. A limit that is reset sooner is only waited for.
SHORT = 600.0
# Of a name, as the database keeps it.
LONGEST = 64


# Errors that say more than their code.
BY_ERROR: Mapping[type[WeChatError], str] = MappingProxyType(
    {
        TicketMissing: "ticket",
        WrongSecret: "app_secret",
        NotAuthorized: "authorization",
        NoCategory: "category",
        Unreadable: "unreadable",
    }
)


def name_of(error: WeChatError, appid: str, now: float) -> str:
    """Return the cause that an error is of, for what was to be done for a mini program; empty if it is of none."""
    if isinstance(error, Paused):
        return error.cause
    is_short = isinstance(error, OverQuota) and error.again_at is not None and error.again_at - now < SHORT
    kind = "" if is_short else _kind_of(error)
    if not kind:
        return ""
    details: dict[str, object] = {"permission": set_for(error.endpoint).id, "unknown": error.code}
    details |= dict.fromkeys((*QUOTAS, "unreadable"), error.endpoint)
    parts = [kind, *([] if kind in PLATFORM else [appid]), *([details[kind]] if kind in details else [])]
    return ":".join(map(str, parts))[:LONGEST]


def _kind_of(error: WeChatError) -> str:
    if kind := BY_ERROR.get(type(error)):
        return kind
    if error.code is None:
        return ""
    if not error.is_documented:
        return "unknown"
    return ERROR_CODES[error.code].cause.strip("-")


def pause(kind: str, age: float) -> float:
    """Return the seconds to the next try of a cause that is so many seconds old: a minute, then ever longer."""
    return min(max(60.0, age / 5), KINDS[kind].longest if kind in KINDS else HOUR)
