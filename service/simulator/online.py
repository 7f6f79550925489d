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
    Audit,
    Gray,
    MiniProgram,
    Version,
)
from service.simulator.refusal import Refusal
from service.simulator.world import World


def release(world: World, app: MiniProgram) -> Any:
    """Put the approved version online for everybody."""
    audit = app.latest
    if audit is None:
        raise Refusal(85019)
    if audit.status != APPROVED:
        raise Refusal(85020)
    if app.released_auditid == audit.auditid and not app.is_gray:
        raise Refusal(85052)
    _put_online(world, app, audit)
    if app.gray and app.is_gray:
        app.gray.status = GRAY_DONE
    return {}


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
    has_been_seen = app.released_auditid == audit.auditid
    if has_been_seen and not (app.is_gray and gray_percentage > app.gray_percentage):
        raise Refusal(85082)
    app.released_auditid = audit.auditid
    app.gray = Gray(gray_percentage, int(world.clock()), support_debuger_first, support_experiencer_first)
    return {}


def getgrayreleaseplan(_: World, app: MiniProgram) -> Any:
    """Tell how far the gray release is."""
    if app.gray is None:
        return {"gray_release_plan": {"status": 0, "create_timestamp": 0, "gray_percentage": 0}}
    return {"gray_release_plan": vars(app.gray)}


def revertgrayrelease(_: World, app: MiniProgram) -> Any:
    """Cancel the gray release."""
    if app.gray and app.is_gray:
        app.gray.status = GRAY_DELETED
        app.released_auditid = 0
    return {}
