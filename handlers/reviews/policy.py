"""Pure decisions: may this happen now? Go, Wait until, or Skipped with the reason."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.context import Skipped, Wait
from handlers.wechat.endpoints.audit import AuditStatus, LatestAudit
from handlers.wechat.endpoints.code import Released
from handlers.wechat.endpoints.templates import Template
from service.settings import Verdict, Window
from service.store.reviews import State

STATES = {
    AuditStatus.APPROVED: State.APPROVED,
    AuditStatus.REJECTED: State.REJECTED,
    AuditStatus.IN_REVIEW: State.IN_REVIEW,
    AuditStatus.WITHDRAWN: State.WITHDRAWN,
    AuditStatus.DELAYED: State.DELAYED,
}
UNDER_WAY = (AuditStatus.IN_REVIEW, AuditStatus.DELAYED)


@dataclass(frozen=True, slots=True)
class Go:
    """Do it now; `percent` of the users get a release."""

    percent: int = 100


def superseded(latest: LatestAudit, told_at: int) -> Skipped | None:
    """Decide whether a push of a time (Unix seconds; 0 if unknown) speaks of a review before the newest."""
    if 0 < told_at < latest.submit_audit_time:
        return Skipped(f"review {latest.auditid} was submitted after this push; its own verdict decides")
    return None


def may_release(
    latest: LatestAudit,
    verdict: Verdict,
    window: Window | None,
    timezone: ZoneInfo,
    now: float,
) -> Go | Wait | Skipped:
    """Decide about a release after WeChat said where the newest review stands."""
    if latest.status in UNDER_WAY:
        return Skipped(f"review {latest.auditid} is under way; its own verdict decides")
    if latest.status is not AuditStatus.APPROVED:
        return Skipped(f"the newest review, {latest.auditid}, is {STATES[latest.status]}, not approved")
    if verdict.action == "hold":
        return Skipped("ON_AUDIT_SUCCESS=hold: approved, and a person releases it")
    opens = next_opening(window, timezone, now)
    if opens > now:
        return Wait(opens, "approved; released when RELEASE_WINDOW opens")
    return Go(verdict.percent)


@dataclass(frozen=True, slots=True)
class Online:
    """What was to be released is online already."""


def after_refusal(wanted: LatestAudit, newest: LatestAudit, online: Released | None) -> Online | Skipped | None:
    """Decide after WeChat refused a release and told the newest review, and what is online.

    None if neither explains the refusal: then what WeChat said counts.
    """
    if newest.auditid != wanted.auditid:
        return Skipped(f"review {newest.auditid} is newer than {wanted.auditid}; its own verdict decides")
    if newest.status is not AuditStatus.APPROVED:
        return Skipped(f"review {newest.auditid} is {STATES[newest.status]} meanwhile, not approved")
    is_it = online is not None and online.release_version == wanted.user_version
    if online and is_it and 0 < wanted.submit_audit_time <= online.release_time:
        return Online()
    return None


def may_resubmit(
    latest: LatestAudit,
    *,
    hold: bool,
    reasons: re.Pattern[str] | None,
    limit: int,
    delay: int,
    round: int,
    rejected_at: float,
    now: float,
) -> Go | Wait | Skipped:
    """Decide about a resubmission after WeChat said where the newest review stands. `round` counts from 1."""
    if latest.status is not AuditStatus.REJECTED:
        return Skipped(f"the newest review, {latest.auditid}, is {STATES[latest.status]}, not rejected")
    if hold:
        return Skipped("ON_AUDIT_FAIL=hold: a person decides")
    if reasons is None or not reasons.search(latest.reason):
        return Skipped("the reason does not match RESUBMIT_REASONS; a person decides")
    if round > limit:
        return Skipped(f"submitted {round} times; RESUBMIT_LIMIT={limit} allows no more")
    if rejected_at + delay > now:
        return Wait(rejected_at + delay, f"submitted again after RESUBMIT_DELAY={delay} s")
    return Go()


def newest_template(library: Sequence[Template], former: int) -> Template | None:
    """Give the newest template that came after a former one, of the same source and type; None if there is none.

    A platform may have several products. Of a former one that was deleted, nothing is known.
    """
    known = next((template for template in library if template.template_id == former), None)
    if known is None:
        return None
    product = (known.source_miniprogram_appid, known.template_type)
    newer = [
        template
        for template in library
        if template.template_id > former and (template.source_miniprogram_appid, template.template_type) == product
    ]
    return max(newer, key=lambda template: template.template_id, default=None)


def next_opening(window: Window | None, timezone: ZoneInfo, now: float) -> float:
    """Give the next time, from now on, at which the window is open; now, if it is open or there is none."""
    if window is None:
        return now
    local = datetime.fromtimestamp(now, timezone)
    for days in range(8):
        day = local.date() + timedelta(days=days)
        opens = datetime.combine(day, window.opens, timezone)
        closes = datetime.combine(day, window.closes, timezone)
        if day.weekday() in window.days and local < closes:
            return max(now, opens.timestamp())
    return now
