"""扫普通链接二维码打开小程序: rules for links in QR codes.

https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/miniprogram-management/jumpqrcode-config/addJumpQRCode.html
"""

from typing import Any

from service.simulator.counts import MONTH
from service.simulator.mini_program import MiniProgram
from service.simulator.refusal import Refusal
from service.simulator.world import World

PUBLISHED, NOT_PUBLISHED = 2, 1
PUBLICATIONS = "published jump rules"
MOST_TEST_LINKS = 5


def qrcodejumpadd(
    world: World,
    app: MiniProgram,
    *,
    prefix: str,
    permit_sub_rule: int | str,
    path: str,
    open_version: int | str,
    is_edit: int | str,
    debug_url: tuple[str, ...] | list[str] = (),
) -> Any:
    """Add or change a rule."""
    if str(permit_sub_rule) not in "12" or str(open_version) not in "123" or str(is_edit) not in "01":
        raise Refusal(40097)
    _check_link(app, prefix)
    if len(debug_url) > MOST_TEST_LINKS or any(not link.startswith(prefix) for link in debug_url):
        raise Refusal(85068)
    if any(prefix in other.jump_rules for other in world.apps.values() if other is not app):
        raise Refusal(85072)
    if str(is_edit) == "0":
        if prefix in app.jump_rules:
            raise Refusal(85071)
        if len(app.jump_rules) >= world.limits.jump_rules:
            raise Refusal(85073)
    elif prefix not in app.jump_rules:
        raise Refusal(85066)
    app.jump_rules[prefix] = {
        "prefix": prefix,
        "permit_sub_rule": int(permit_sub_rule),
        "path": path,
        "open_version": int(open_version),
        "debug_url": list(debug_url),
        "state": NOT_PUBLISHED,
    }
    return {}


def qrcodejumpget(world: World, app: MiniProgram) -> Any:
    """List the rules."""
    published = world.counts.used(PUBLICATIONS, app.appid, MONTH)
    return {
        "rule_list": list(app.jump_rules.values()),
        "qrcodejump_open": int(bool(app.jump_rules)),
        "list_size": len(app.jump_rules),
        "qrcodejump_pub_quota": world.limits.jump_rules_published_a_month - published,
    }


def qrcodejumpdownload(_: World, app: MiniProgram) -> Any:
    """Return the file that proves who owns the host; whoever fetched it is taken to have put it there."""
    app.proved = True
    return {"file_name": f"{app.appid[-10:]}.txt", "file_content": app.user_name}


def qrcodejumpdelete(_: World, app: MiniProgram, prefix: str) -> Any:
    """Delete a rule."""
    if app.jump_rules.pop(prefix, None) is None:
        raise Refusal(85066)
    return {}


def qrcodejumppublish(world: World, app: MiniProgram, prefix: str) -> Any:
    """Publish a rule."""
    if prefix not in app.jump_rules:
        raise Refusal(85066)
    if not app.versions:
        raise Refusal(85074)
    if not app.proved:
        raise Refusal(85069)
    # What WeChat answers when the month is used up, its page does not say.
    world.counts.add(PUBLICATIONS, app.appid, MONTH)
    app.jump_rules[prefix]["state"] = PUBLISHED
    return {}


def _check_link(app: MiniProgram, prefix: str) -> None:
    if app.traits.personal:
        raise Refusal(85075)
    if not prefix.startswith(("http://", "https://")):
        raise Refusal(85066)
    if not app.traits.icp:
        raise Refusal(85076)
    if any(listed in prefix for listed in app.traits.blacklisted):
        raise Refusal(85070)
