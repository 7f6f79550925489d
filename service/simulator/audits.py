"""代码管理, the second part: reviews.

https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/miniprogram-management/code-management/submitAudit.html
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from service.simulator.code import CATEGORIES, check_is_done
from service.simulator.counts import DAY, MONTH
from service.simulator.mini_program import (
    APPROVED,
    DELAYED,
    IN_REVIEW,
    REJECTED,
    UNDER_WAY,
    WITHDRAWN,
    Audit,
    MiniProgram,
)
from service.simulator.refusal import Refusal
from service.simulator.world import World

NAMED = ("first_id", "second_id", "first_class", "second_class")
REVIEWS, SPEEDUPS, WITHDRAWALS = "reviews", "speed-ups", "withdrawals"
SOCIAL = "社交"
PREVIEWS: Mapping[str, str] = MappingProxyType({"pic_id_list": "image", "video_id_list": "video"})
# What keeps a mini program from being submitted, whatever is submitted.
HINDRANCES: Mapping[str, int] = MappingProxyType({"banned": 86007, "game": 87006, "streaming": 9400001})


def submit_audit(
    world: World,
    app: MiniProgram,
    *,
    item_list: list[dict[str, Any]],
    preview_info: dict[str, list[str]] | None = None,
    ugc_declare: dict[str, Any] | None = None,
    privacy_api_not_use: bool = False,
    **read_by_reviewers: Any,
) -> Any:
    """Begin a review of the committed code."""
    _check_texts(read_by_reviewers, ugc_declare or {})
    code = app.code()
    _check_standing(app)
    if app.latest and app.latest.status == APPROVED and app.latest.code is code:
        raise Refusal(85086)
    check_is_done(world, app)
    if code.ungranted and not privacy_api_not_use:
        raise Refusal(61040)
    if code.navigates:
        raise Refusal(85087)
    if not 1 <= len(item_list) <= 5:
        raise Refusal(85023)
    for item in item_list:
        _check_item(item, code.pages, (*CATEGORIES, *app.categories))
    for kind, ids in (preview_info or {}).items():
        if any(not app.has_media(media_id, PREVIEWS[kind], world.clock()) for media_id in ids):
            raise Refusal(85092)
    if not app.audits and ugc_declare is None and any(item.get("first_class") == SOCIAL for item in item_list):
        raise Refusal(85094)
    world.counts.take(REVIEWS, world.component_appid, MONTH, world.limits.reviews_a_month, 85085)
    auditid = world.next_auditid()
    app.audits.append(Audit(auditid, code, submitted_at=int(world.clock())))
    return {"auditid": auditid}


def _check_texts(told: Mapping[str, Any], ugc: Mapping[str, Any]) -> None:
    """Check what the reviewers read; its limits have no code of their own."""
    fits = (
        len(told.get("feedback_info", "")) <= 200,
        len(told.get("feedback_stuff", "").split("|")) <= 5,
        all(0 <= scene <= 5 for scene in ugc.get("scene", ())),
        all(1 <= method <= 4 for method in ugc.get("method", ())),
        ugc.get("has_audit_team", 0) in (0, 1),
        max(len(ugc.get("other_scene_desc", "")), len(ugc.get("audit_desc", ""))) <= 256,
    )
    if not all(fits):
        raise Refusal(40097)


def _check_standing(app: MiniProgram) -> None:
    if not app.traits.named:
        raise Refusal(86002)
    for trait, errcode in HINDRANCES.items():
        if getattr(app.traits, trait):
            raise Refusal(errcode)
    if app.latest and app.latest.status in UNDER_WAY:
        raise Refusal(85009)


def _check_item(item: dict[str, Any], pages: tuple[str, ...], categories: tuple[dict[str, Any], ...]) -> None:
    if not item:
        raise Refusal(85010)
    if "address" in item and item["address"] not in pages:
        raise Refusal(85007)
    tags = item.get("tag", "").split()
    if len(tags) > 10 or any(len(tag) > 20 for tag in tags):
        raise Refusal(85006)
    if len(item.get("title", "")) > 32:
        raise Refusal(85011)
    for category in categories:
        if all(item.get(name) == category[name] for name in NAMED):
            if category.get("withdrawn"):
                raise Refusal(85077)
            return
    raise Refusal(85008)


def get_auditstatus(world: World, app: MiniProgram, auditid: int) -> Any:
    """Say where a review stands."""
    app.code()
    return _said_of(world, _find(app, auditid, 85012))


def get_latest_auditstatus(world: World, app: MiniProgram) -> Any:
    """Say where the newest review stands."""
    late = world.clock() - world.unknowns.review_shown_after
    audit = next((audit for audit in reversed(app.audits) if audit.submitted_at <= late), None)
    if audit is None:
        raise Refusal(85058)
    return {
        # A string, as in WeChat's example.
        "auditid": str(audit.auditid),
        "user_version": audit.code.user_version,
        "user_desc": audit.code.user_desc,
        "submit_audit_time": audit.submitted_at,
        **_said_of(world, audit),
    }


def undocodeaudit(world: World, app: MiniProgram) -> Any:
    """Withdraw the review that is under way."""
    audit, limits = app.latest, world.limits
    if audit is None or audit.status not in UNDER_WAY:
        raise Refusal(87012)
    if world.counts.used(WITHDRAWALS, app.appid, MONTH) >= limits.withdrawals_a_month:
        raise Refusal(87013)
    world.counts.take(WITHDRAWALS, app.appid, DAY, limits.withdrawals_a_day, 87013)
    world.counts.take(WITHDRAWALS, app.appid, MONTH, limits.withdrawals_a_month, 87013)
    if world.unknowns.withdrawals_in_vain:
        world.unknowns.withdrawals_in_vain -= 1
    else:
        audit.status = WITHDRAWN
    return {}


def speedupaudit(world: World, app: MiniProgram, auditid: int) -> Any:
    """Have a review done sooner."""
    audit = _find(app, auditid, 89402)
    if audit.status != IN_REVIEW:
        raise Refusal(89402)
    if audit.speeded_up:
        raise Refusal(89404)
    world.counts.take(SPEEDUPS, world.component_appid, MONTH, world.limits.speedups_a_month, 89405)
    audit.speeded_up = True
    return {}


def queryquota(world: World, _: MiniProgram) -> Any:
    """Return how many reviews and speed-ups the platform has left."""
    limits, us = world.limits, world.component_appid
    return {
        "rest": limits.reviews_a_month - world.counts.used(REVIEWS, us, MONTH),
        "limit": limits.reviews_a_month,
        "speedup_rest": limits.speedups_a_month - world.counts.used(SPEEDUPS, us, MONTH),
        "speedup_limit": limits.speedups_a_month,
    }


def _find(app: MiniProgram, auditid: int, errcode: int) -> Audit:
    for audit in app.audits:
        if audit.auditid == auditid:
            return audit
    raise Refusal(errcode)


def _said_of(world: World, audit: Audit) -> dict[str, Any]:
    if world.clock() < audit.decided_at + world.unknowns.verdict_shown_after:
        return {"status": IN_REVIEW}
    said: dict[str, Any] = {"status": audit.status}
    if audit.status in (REJECTED, DELAYED):
        said["reason"] = audit.reason
    if audit.screenshot:
        said["screenshot"] = audit.screenshot
    return said
