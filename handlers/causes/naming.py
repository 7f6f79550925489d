"""Pure: the cause that an error is of, by its name, and how long until it is tried again."""

from handlers.causes.kinds import HOUR, KINDS, PLATFORM
from handlers.wechat.error_codes import ERROR_CODES
from handlers.wechat.errors import (
    NoCategory,
    NotAuthorized,
    OverQuota,
    Refused,
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


def name_of(error: WeChatError, appid: str, now: float) -> str:
    """Return the cause that an error is of, for what was to be done for a mini program; empty if it is of none."""
    match error:
        case TicketMissing() | WrongSecret():
            return "ticket" if isinstance(error, TicketMissing) else "app_secret"
        case NotAuthorized() | NoCategory():
            return f"{'category' if isinstance(error, NoCategory) else 'authorization'}:{appid}"
        case Unreadable():
            return f"unreadable:{appid}:{error.endpoint}"[:LONGEST]
        case Refused() if error.code and not error.is_documented:
            return f"unknown:{error.code}"
        case OverQuota(again_at=float(at)) if at - now < SHORT:
            return ""
        case _:
            return _by_code(error, appid)


def _by_code(error: WeChatError, appid: str) -> str:
    kind = ERROR_CODES[error.code].cause if error.is_documented and error.code is not None else "-"
    if kind not in KINDS:
        return ""
    if kind == "platform_quota":
        return f"{kind}:{error.endpoint}"
    if kind in PLATFORM:
        return kind
    detail = {"permission": f":{set_for(error.endpoint).id}", "quota": f":{error.endpoint}"}.get(kind, "")
    return f"{kind}:{appid}{detail}"


def pause(kind: str, age: float) -> float:
    """Return the seconds to the next try of a cause that is so many seconds old: a minute, then ever longer."""
    return min(max(60.0, age / 5), KINDS[kind].longest if kind in KINDS else HOUR)
