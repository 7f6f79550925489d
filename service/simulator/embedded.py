"""半屏小程序: which mini programs open which.

https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/miniprogram-management/embedded-management/addEmbedded.html
"""

from typing import Any

from service.simulator.counts import DAY
from service.simulator.mini_program import MiniProgram
from service.simulator.refusal import Refusal
from service.simulator.world import World

LONGEST_REASON = 30
MOST_LISTED = 1000
PENDING, GRANTED, REFUSED = 1, 2, 3
# By who may open a mini program: a person decides, all may, none may.
STATUS_BY_FLAG = (PENDING, GRANTED, REFUSED)
APPLICATIONS = "applications for half-screen mini programs"


def get_list(_: World, app: MiniProgram, start: int = 0, num: int = 10) -> Any:
    """List the mini programs that this one opens."""
    return {"wxa_embedded_list": _page(app.embedded, start, num)}


def get_own_list(_: World, app: MiniProgram, start: int = 0, num: int = 10) -> Any:
    """List the mini programs that open this one."""
    return {"embedded_flag": app.embedded_flag, "wxa_embedded_list": _page(app.embedding, start, num)}


def _page(rows: dict[str, dict[str, Any]], start: int, num: int) -> list[dict[str, Any]]:
    if start < 0 or not 1 <= num <= MOST_LISTED:
        raise Refusal(89409)
    return list(rows.values())[start : start + num]


def add_embedded(world: World, app: MiniProgram, appid: str, apply_reason: str = "") -> Any:
    """Apply to open another mini program."""
    other = _other(world, app, appid, apply_reason)
    _count(world, app, other)
    row = {"create_time": int(world.clock()), "headimg": "", "reason": apply_reason}
    row["status"] = str(STATUS_BY_FLAG[other.embedded_flag])
    app.embedded[appid] = {"appid": appid, "nickname": other.nickname, **row}
    other.embedding[app.appid] = {"appid": app.appid, "nickname": app.nickname, **row}
    return {}


def _other(world: World, app: MiniProgram, appid: str, apply_reason: str) -> MiniProgram:
    if not appid:
        raise Refusal(89411)
    if len(apply_reason) > LONGEST_REASON:
        raise Refusal(89412)
    if appid == app.appid:
        raise Refusal(89427)
    other = world.apps.get(appid)
    if other is None:
        raise Refusal(89432)
    if other.traits.personal:
        raise Refusal(89420)
    if appid in app.embedded:
        raise Refusal(89428)
    return other


def _count(world: World, app: MiniProgram, other: MiniProgram) -> None:
    limits, counts = world.limits, world.counts
    if len(app.embedded) >= limits.embedded:
        raise Refusal(89423)
    if len(other.embedding) >= limits.embedding:
        raise Refusal(89424)
    # Within 24 hours, says WeChat; within one day, here.
    counts.take(f"{APPLICATIONS}: {other.appid}", app.appid, DAY, limits.applications_within_24_hours, 89429)
    of_platform = limits.applications_of_the_platform_a_day
    counts.take(f"{APPLICATIONS}: {other.appid}", world.component_appid, DAY, of_platform, 89413)
    counts.take(APPLICATIONS, app.appid, DAY, limits.applications_a_day, 89414)


def del_embedded(world: World, app: MiniProgram, appid: str) -> Any:
    """No longer open another mini program."""
    if not appid:
        raise Refusal(89415)
    if app.embedded.pop(appid, None) is None:
        raise Refusal(89421)
    world.apps[appid].embedding.pop(app.appid, None)
    return {}


def del_authorize(world: World, app: MiniProgram, appid: str) -> Any:
    """No longer let another mini program open this one."""
    if not appid:
        raise Refusal(89416)
    if app.embedding.pop(appid, None) is None:
        raise Refusal(89421)
    world.apps[appid].embedded.pop(app.appid, None)
    return {}


def set_authorize(_: World, app: MiniProgram, flag: int) -> Any:
    """Choose who may open this one."""
    if flag not in range(len(STATUS_BY_FLAG)):
        raise Refusal(89417)
    app.embedded_flag = flag
    return {}
