"""The lines of the table for a review under way: each fits and says what comes next, or None."""

from handlers.answers import Wait
from handlers.reviews import conflicts
from handlers.reviews.ours import is_code_of
from handlers.reviews.steps import (
    SHOWN_AGAIN,
    STATE_OF,
    Become,
    Case,
    Learn,
    Nothing,
    Step,
    Withdraw,
)
from handlers.wechat.endpoints.audit import Audit, LatestAudit
from service.store.reviews import UNDER_WAY, Review, State, Wanted

# In seconds: a review that is not shown, and no newer one either, is asked for by its id after this.
NOT_SHOWN = 600.0
PUSHED = (State.APPROVED, State.REJECTED)
# After so long each, from the push of a verdict on, it is looked whether WeChat shows it.
AFTER_A_PUSH = (5.0, 20.0, 65.0, 200.0, 600.0, 1800.0, 3600.0)

# 0 was the answer, and the review went on until it was withdrawn once more:
# https://developers.weixin.qq.com/community/develop/doc/000c6adf600cb01b7b84ce55368400
MOST_WITHDRAWALS = 2


def is_asked_by_its_id(row: Review, review: LatestAudit | None, now: float) -> bool:
    """Return whether WeChat is to be asked for a row's review by its id, given the newest that it shows."""
    is_open = row.state in UNDER_WAY or (row.state is State.CONFLICT and not row.verdict)
    if not is_open or row.auditid is None or (review and review.auditid == row.auditid):
        return False
    return (review is not None and review.auditid > row.auditid) or now - row.changed_at > NOT_SHOWN


def the_review_is_of_other_code(case: Case) -> Step | None:
    """Somebody committed between our last look and our call; only the mark shows it."""
    row, review = case.row, case.seen.review
    if review is None or review.auditid != row.auditid or not (row.mark and review.user_desc):
        return None
    is_its = is_code_of(row, review.user_version, review.user_desc)
    return None if is_its else conflicts.foreign_code_in_review(row, review)


def another_state_is_shown(case: Case) -> Step | None:
    """A verdict, a delay, or somebody withdrew it."""
    shown = _shown(case)
    state = STATE_OF[shown.status] if shown else case.row.state
    if state is case.row.state or (state in PUSHED and _is_left_to_its_push(case)):
        return None
    return Become(state, f"review {case.row.auditid} is {state}")


def its_verdict_is_shown(case: Case) -> Step | None:
    """A conflict is not deaf: what WeChat decides is told."""
    shown = _shown(case)
    state = STATE_OF[shown.status] if shown else None
    is_news = state and state not in UNDER_WAY and not case.row.verdict
    return Learn(state) if state and is_news and not (state in PUSHED and _is_left_to_its_push(case)) else None


def it_is_not_known_any_more(case: Case) -> Step | None:
    """WeChat was asked for it by its id, and knows it no more."""
    if _shown(case) or not is_asked_by_its_id(case.row, case.seen.review, case.now):
        return None
    if case.newer:
        return Become(State.SUPERSEDED, f"WeChat knows review {case.newer.auditid} instead")
    return conflicts.unknown_review(case.row)


def people_withdraw_it(case: Case) -> Step | None:
    """A person said so; what WeChat answered is believed when it is shown."""
    row, review = case.row, case.seen.review
    if row.wanted is not Wanted.WITHDRAW:
        return None
    if review is None or review.auditid < (row.auditid or 0):
        return Wait(case.now + SHOWN_AGAIN, "to be withdrawn; WeChat does not show the review yet")
    # The call names no review: it would withdraw the newest.
    if review.auditid != row.auditid or STATE_OF[review.status] not in UNDER_WAY:
        return None
    if case.is_quiet:
        return Wait(case.now + SHOWN_AGAIN, "withdrawn; WeChat does not show it yet")
    return conflicts.still_in_review(row) if row.refusals >= MOST_WITHDRAWALS else Withdraw()


def the_verdict_was_pushed_and_is_not_shown_yet(case: Case) -> Step | None:
    """A push comes before the status changes."""
    if case.row.pushed_at is None:
        return None
    times = [case.row.pushed_at + pause for pause in AFTER_A_PUSH]
    until = next((time for time in times if case.now < time), None)
    return Wait(until, "WeChat pushed a verdict and does not show it yet") if until else None


def under_way(case: Case) -> Step | None:
    """Its verdict is pushed, or asked for."""
    return Nothing(f"review {case.row.auditid} is under way")


def _is_left_to_its_push(case: Case) -> bool:
    """Return whether a push of the verdict may still come; asked for and pushed, subscribers would see it twice."""
    row = case.row
    is_waited_for = row.ordered or row.wanted is Wanted.WITHDRAW
    return row.pushed_at is None and not is_waited_for and case.now < row.changed_at + case.policy.push_within


def _shown(case: Case) -> Audit | None:
    review = case.seen.review
    return review if review and review.auditid == case.row.auditid else case.seen.ours
