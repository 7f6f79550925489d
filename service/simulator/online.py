"""代码管理, the third part: release, gray release, rollback.

https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/miniprogram-management/code-management/grayRelease.html
"""

from dataclasses import replace
from typing import Any

from service.simulator.mini_program import (
    APPROVED,
    GRAY_DELETED,
    GRAY_DONE,
    KEPT_VERSIONS,
    LONGEST_GRAY,
    Audit,
    Gray,
    MiniProgram,
    Version,
)
from service.simulator.refusal import Refusal
from service.simulator.world import World


def release(world: World, app: MiniProgram) -> Any:
    """Put the approved version online for everybody."""
    settle(world, app)
    audit = app.latest
    if audit is None:
        raise Refusal(85019)
    if audit.status != APPROVED:
        raise Refusal(85020)
    if app.is_gray and app.released_auditid != audit.auditid and world.unknowns.newer_during_gray:
        raise Refusal(world.unknowns.newer_during_gray)
    if app.released_auditid == audit.auditid and not app.is_gray:
        raise Refusal(85052)
    _check_not_taken_back(world, app, audit)
    _put_online(world, app, audit)
    if app.gray and app.is_gray:
        app.gray.status = GRAY_DONE
    return {}


def settle(world: World, app: MiniProgram) -> None:
    """Let a gray release that nobody ended go to everybody, on day 15 after its first step."""
    if app.gray and app.is_gray and world.clock() >= app.gray.create_timestamp + LONGEST_GRAY:
        app.gray.status = GRAY_DONE
        _put_online(world, app, next(each for each in app.audits if each.auditid == app.released_auditid))


def shown_online(world: World, app: MiniProgram) -> Version | None:
    """Return the version that getversioninfo shows as online."""
    late = world.clock() - world.unknowns.release_shown_after
    shown = next((version for version in reversed(app.versions) if version.released_at <= late), None)
    if app.gray and app.is_gray and world.unknowns.gray_is_shown_online:
        code = next(each.code for each in app.audits if each.auditid == app.released_auditid)
        return Version(0, code.user_version, code.user_desc, int(code.at), app.gray.create_timestamp)
    return shown


def _check_not_taken_back(world: World, app: MiniProgram, audit: Audit) -> None:
    if audit.auditid in app.taken_back and not world.unknowns.gray_again:
        raise Refusal(85020)


def _put_online(world: World, app: MiniProgram, audit: Audit) -> None:
    code, now = audit.code, int(world.clock())
    app.releases += 1
    app.versions.append(Version(app.releases, code.user_version, code.user_desc, int(code.at), now))
    # The one that is online, and those that can be rolled back to.
    del app.versions[: -(KEPT_VERSIONS + 1)]
    app.released.append(audit.auditid)
    app.released_auditid, app.visible = audit.auditid, True


def revertcoderelease(world: World, app: MiniProgram, action: str = "", app_version: int | None = None) -> Any:
    """Roll back to an earlier version, or list the versions that there are."""
    earlier = app.versions[:-1]
    if action == "get_history_version":
        return {"version_list": [_told(version) for version in reversed(earlier)]}
    if action:
        raise Refusal(40097)
    if app.is_gray:
        raise Refusal(87011)
    wanted = [version for version in earlier if app_version in (None, version.app_version)]
    if not wanted or app.versions[-1].rolled_back_to:
        raise Refusal(87012)
    if world.unknowns.rollbacks_in_vain:
        world.unknowns.rollbacks_in_vain -= 1
        return {}
    back_to = wanted[-1]
    # What is rolled back from is gone, and there is no second step back.
    kept = [version for version in earlier if version is not back_to]
    app.versions = [*kept, replace(back_to, released_at=int(world.clock()), rolled_back_to=True)]
    return {}


def _told(version: Version) -> dict[str, Any]:
    return {
        "app_version": version.app_version,
        "commit_time": version.commit_time,
        "user_version": version.user_version,
        "user_desc": version.user_desc,
    }


def grayrelease(
    world: World,
    app: MiniProgram,
    *,
    gray_percentage: int,
    support_debuger_first: bool = False,
    support_experiencer_first: bool = False,
) -> Any:
    """Put the approved version online for some."""
    if not 0 <= gray_percentage <= 100:
        raise Refusal(85081)
    if gray_percentage == 0 and not (support_debuger_first or support_experiencer_first):
        raise Refusal(85081)
    if not app.traits.named:
        raise Refusal(86002)
    if not app.versions:
        raise Refusal(85079)
    audit = app.latest
    if audit is None or audit.status != APPROVED:
        raise Refusal(85080)
    settle(world, app)
    _check_not_taken_back(world, app, audit)
    has_been_seen = app.released_auditid == audit.auditid
    if has_been_seen and not (app.is_gray and gray_percentage > app.gray_percentage):
        raise Refusal(85082)
    app.released_auditid = audit.auditid
    began = app.gray.create_timestamp if app.gray and app.is_gray else int(world.clock())
    app.gray = Gray(gray_percentage, began, support_debuger_first, support_experiencer_first)
    if gray_percentage == 100 and world.unknowns.gray_of_100_ends:
        app.gray.status = GRAY_DONE
        _put_online(world, app, audit)
    return {}


def getgrayreleaseplan(world: World, app: MiniProgram) -> Any:
    """Return how far the gray release is."""
    settle(world, app)
    if app.gray and app.gray.status != GRAY_DELETED:
        return {"gray_release_plan": vars(app.gray)}
    none = {"status": 0, "create_timestamp": 0, "gray_percentage": 0}
    ways: dict[str, dict[str, Any]] = {"absent": {}, "null": {"gray_release_plan": None}}
    status = GRAY_DELETED if app.gray or world.unknowns.no_plan == "deleted" else 0
    return ways.get(world.unknowns.no_plan, {"gray_release_plan": {**none, "status": status}})


def revertgrayrelease(_: World, app: MiniProgram) -> Any:
    """Cancel the gray release."""
    if app.gray and app.is_gray:
        app.gray.status = GRAY_DELETED
        app.taken_back.append(app.released_auditid)
        app.released_auditid = 0
    return {}
