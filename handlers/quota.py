"""The month's reviews, which all mini programs of the platform share; QUOTA_RESERVE keeps some of them for people."""

from handlers.context import Context
from handlers.wechat import audit, limits
from handlers.wechat.endpoint import Nothing
from handlers.wechat.errors import OverQuota


def check(context: Context, appid: str) -> None:
    """Check that a review may be begun; any mini program's token tells of all.

    Raises OverQuota, and what asking raises.
    """
    left = context.wechat.call(audit.queryquota, Nothing(), appid).rest
    reserve = context.settings.quota_reserve
    if left <= reserve:
        kept = f", and QUOTA_RESERVE={reserve} keeps {'them' if left else 'none'}" if reserve else ""
        error = OverQuota(audit.queryquota.name, f"{left} reviews are left this month{kept}")
        error.not_before(limits.next_month(context.clock()), context.settings.timezone)
        raise error
