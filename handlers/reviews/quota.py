"""The month's reviews, which all mini programs of the platform share; QUOTA_RESERVE keeps some of them for people."""

from collections.abc import Iterator
from contextlib import contextmanager

from handlers.context import Context
from handlers.wechat import limits
from handlers.wechat.endpoint import Nothing
from handlers.wechat.endpoints import audit
from handlers.wechat.errors import OverQuota


def check(context: Context, appid: str) -> None:
    """Check that a review may be begun; any mini program's token tells of all.

    Raises OverQuota, and what asking raises.
    """
    left = context.wechat.call(audit.queryquota, Nothing(), appid).rest
    reserve = context.settings.quota_reserve
    if left <= reserve:
        kept = f", and QUOTA_RESERVE={reserve} keeps them" if reserve else ""
        chinese = f"本月剩余提审额度 {left} 次" + (f"，由 QUOTA_RESERVE={reserve} 保留" if reserve else "")
        error = OverQuota(audit.queryquota.name, f"{left} reviews are left this month{kept}", chinese=chinese)
        error.not_before(limits.next_month(context.clock()), context.settings.timezone)
        raise error


@contextmanager
def reserved(context: Context, appid: str) -> Iterator[None]:
    """Check once more just before a review is begun, one at a time of all, so that none takes what is kept.

    Raises OverQuota, and what asking raises.
    """
    if not context.settings.quota_reserve:
        yield
        return
    with context.wechat.alone(audit.submit_audit.name, "reviews"):
        check(context, appid)
        yield
