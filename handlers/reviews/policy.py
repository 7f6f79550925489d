"""What the people who run weaudit want to happen to a version, as one value, and the pure questions asked of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.wechat.endpoints.templates import Template
from handlers.wechat.error_codes import SHANGHAI
from service.choices import SuccessAction, Window
from service.events.rejection_reasons import parse
from service.settings import Policies
from service.store.reviews import AFTER_REVIEW, BEFORE_REVIEW, Review, Wanted

RELEASE = SuccessAction("release")
# WeChat's own last line, which is no reason: 如有疑问，请查看<a href="…">详情与反馈。</a>
MORE_TO_READ = re.compile(r"如有疑问|<a\s")


@dataclass(frozen=True, slots=True)
class Policy:
    """What happens after a verdict. `reasons`: every reason of a rejection must match it; None matches nothing.

    `push_within`: so many seconds a review may be under way, until its verdict is not left to its push any more.
    `pause` names the pause that a person ordered, if one holds.
    """

    on_success: SuccessAction = RELEASE
    window: Window | None = None
    timezone: ZoneInfo = SHANGHAI
    resubmits: bool = False
    reasons: re.Pattern[str] | None = None
    limit: int = 1
    delay: int = 600
    newest_template: bool = False
    feedback: str = ""
    reserve: int = 0
    push_within: int = 7200
    pause: str = ""
    why_paused: str = ""
    paused_until: float | None = None


def is_ordered(row: Review, others: Sequence[Review]) -> bool:
    """Return whether a person said what is to become of a version, so that a pause does not hold it up."""
    is_released = row.ordered and row.state in AFTER_REVIEW
    is_undone = row.wanted in (Wanted.WITHDRAW, Wanted.TAKE_BACK)
    is_a_round = any(other.again and other.auditid == row.previous_auditid for other in others)
    return is_released or is_undone or row.again or (is_a_round and row.state in BEFORE_REVIEW)


def policy_of(settings: Policies) -> Policy:
    """Read the policy from the settings."""
    return Policy(
        on_success=settings.on_audit_success,
        window=settings.release_window,
        timezone=settings.timezone,
        resubmits=settings.on_audit_fail == "resubmit",
        reasons=settings.resubmit_reasons,
        limit=settings.resubmit_limit,
        delay=settings.resubmit_delay,
        newest_template=settings.resubmit_template == "newest",
        feedback=settings.resubmit_feedback,
        reserve=settings.quota_reserve,
        push_within=settings.reconcile_after,
    )


def against_resubmission(policy: Policy, reason: str, round: int) -> str:
    """Return why a version that was rejected for a reason is not submitted again; empty if it is. Rounds begin at 1."""
    if not policy.resubmits:
        return "ON_AUDIT_FAIL=hold: a person decides"
    odd = unmatched(policy.reasons, reason)
    if odd is not None:
        return f"RESUBMIT_REASONS does not match {odd!r}; a person decides"
    if round > policy.limit:
        return f"submitted {round} times; RESUBMIT_LIMIT={policy.limit} allows no more"
    return ""


def unmatched(pattern: re.Pattern[str] | None, reason: str) -> str | None:
    """Return the first reason of a rejection that a pattern does not match; None if it matches every one."""
    titles, unparsed = parse(reason)
    numbered = [f"{title}: {detail}" if detail else title for title, details in titles for detail in details or ("",)]
    each = [*numbered, *(line for line in unparsed if not MORE_TO_READ.search(line))]
    return next((one for one in each or [""] if pattern is None or not pattern.search(one)), None)


def newest_template(library: Sequence[Template], former: int) -> Template | None:
    """Return the newest template that came after a former one, of the same source and type; None if there is none.

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
    """Return the next time, from now on, at which the window is open; now, if it is open or there is none."""
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
