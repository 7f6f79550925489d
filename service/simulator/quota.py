"""How often an endpoint may be called, and setting the counts back.

https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/openapi/getApiQuota.html
"""

from typing import Any

from service.simulator.counts import DAY, MONTH
from service.simulator.refusal import Refusal
from service.simulator.world import World

CLEARS = "clears of quota"


def get(world: World, owner: str, cgi_path: str) -> Any:
    """Return how often an endpoint may still be called today."""
    if not cgi_path.startswith("/"):
        raise Refusal(40097)
    limits, used = world.limits, world.counts.used(cgi_path, owner, DAY)
    return {
        "quota": {"daily_limit": limits.calls_a_day, "used": used, "remain": max(limits.calls_a_day - used, 0)},
        "rate_limit": {"call_count": limits.calls_a_minute, "refresh_second": 60},
    }


def clear_quota(world: World, owner: str, appid: str) -> Any:
    """Set the day's counts back, with a token."""
    if appid != owner:
        raise Refusal(40013)
    world.counts.take(CLEARS, owner, MONTH, world.limits.clears_a_month, 48006)
    world.counts.clear_calls(owner)
    return {}


def clear_quota_v2(world: World, component_appid: str, appsecret: str, appid: str = "") -> Any:
    """Set the day's counts back, with the platform's secret."""
    if component_appid != world.component_appid:
        raise Refusal(40013)
    if appsecret != world.secret:
        raise Refusal(40125)
    clear_quota(world, appid or component_appid, appid or component_appid)
    return {"errcode": 0, "errmsg": "ok"}
