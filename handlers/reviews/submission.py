"""The lines of the table from a plan, or a rejection, to a review: each fits and says what comes next, or None."""

from handlers.answers import Wait
from handlers.reviews import conflicts
from handlers.reviews.ours import is_code_of, is_review_of, is_trial_of
from handlers.reviews.policy import against_resubmission
from handlers.reviews.steps import (
    OTHERS,
    QUIET,
    SHOWN_AGAIN,
    STATE_OF,
    Adopt,
    Become,
    Case,
    Commit,
    Nothing,
    Resubmit,
    Step,
    Submit,
)
from handlers.wechat.error_codes import next_month
from service.store.reviews import BEFORE_REVIEW, UNDER_WAY, State

# What submit_audit answers while another review is under way, which WeChat may show late.
REVIEW_UNDER_WAY = 85009
MOST_REFUSED = 3


def replaced_by_a_newer_plan(case: Case) -> Step | None:
    """The same mini program is to get another version."""
    newer = [other for other in case.seen.others if other.id > case.row.id and other.state is State.PLANNED]
    return Become(State.SUPERSEDED, f"{newer[0].user_version} is to be submitted instead") if newer else None


def another_review_is_under_way(case: Case) -> Step | None:
    """WeChat takes one at a time."""
    review = case.seen.review
    if review and STATE_OF[review.status] in UNDER_WAY:
        what = f"review {review.auditid} of {review.user_version} is under way, and is waited for"
        return Wait(case.now + OTHERS, f"{case.row.state}; {what}")
    return None


def another_of_ours_is_on_its_way(case: Case) -> Step | None:
    """A commit now would replace its code before it is submitted."""
    others = [each for each in case.seen.others if each.state in BEFORE_REVIEW and each.state is not State.PLANNED]
    return Wait(case.now + SHOWN_AGAIN, f"{others[0].user_version} is {others[0].state}") if others else None


def wechat_may_be_at_a_former_call(case: Case) -> Step | None:
    """Of a call that nobody heard of, WeChat may take note late."""
    unheard = [each.called_at or 0.0 for each in case.seen.others if each.called_at and each.answer is None]
    until = max(unheard, default=0.0) + QUIET
    return Wait(until, "WeChat may still be at a former call") if case.now < until else None


def commit(_: Case) -> Step | None:
    """Nothing speaks against it."""
    return Commit()


def our_code_is_shown(case: Case) -> Step | None:
    """What the answer 0 says is believed only now; without a mark, an answer 0 is needed, too."""
    row, trial = case.row, case.seen.trial
    if row.mark:
        return Become(State.COMMITTED) if is_trial_of(row, trial) else None
    is_its = is_code_of(row, trial.exp_version, trial.exp_desc) and trial.exp_time > (row.former_trial or 0)
    return Become(State.COMMITTED) if is_its and row.answer == 0 else None


def other_code_is_shown(case: Case) -> Step | None:
    """Somebody committed meanwhile."""
    is_new = case.seen.trial.exp_time > (case.row.former_trial or 0)
    return conflicts.foreign_code(case.row, case.seen.trial) if is_new else None


def the_commit_is_not_shown_yet(case: Case) -> Step | None:
    """WeChat may be at it."""
    return Wait(case.now + SHOWN_AGAIN, "committed; WeChat does not show it yet") if case.is_quiet else None


def it_was_submitted(case: Case) -> Step | None:
    """A newer review than before is of our code: we began it and did not hear of it."""
    review = case.newer
    if review is None or any(other.auditid == review.auditid for other in case.seen.others):
        return None
    return Adopt(review) if is_review_of(case.row, review) else None


def our_code_is_gone(case: Case) -> Step | None:
    """What would be submitted is somebody else's."""
    is_there = is_trial_of(case.row, case.seen.trial)
    return None if is_there else conflicts.foreign_code(case.row, case.seen.trial)


def the_privacy_check_is_not_over(case: Case) -> Step | None:
    """WeChat asks for a minute; another commit would begin it anew."""
    if case.seen.checked:
        return None
    return Wait(case.now + QUIET, "committed; WeChat checks its privacy interfaces (61039)")


def no_review_is_left(case: Case) -> Step | None:
    """The month's reviews are used up, or kept for people."""
    left, reserve = case.seen.left, case.policy.reserve
    if left > reserve:
        return None
    kept = f", and QUOTA_RESERVE={reserve} keeps them" if reserve else ""
    at = next_month(case.now)
    return Wait(at, f"{left} reviews are left this month{kept}", at)


def submit(_: Case) -> Step | None:
    """Nothing speaks against it."""
    return Submit()


def it_cannot_be_told_who_submitted(case: Case) -> Step | None:
    """A newer review is of our version and description, and we have no mark."""
    row, review = case.row, case.newer
    if review and not row.mark and is_code_of(row, review.user_version, review.user_desc):
        return conflicts.cannot_tell(row, f"review {review.auditid}")
    return None


def somebody_elses_review_is_under_way(case: Case) -> Step | None:
    """It was faster."""
    review = case.newer
    if review and STATE_OF[review.status] in UNDER_WAY:
        return Wait(case.now + OTHERS, f"review {review.auditid}, of somebody else, is under way and is waited for")
    return None


def somebody_elses_review_is_decided(case: Case) -> Step | None:
    """Which version people want, only they know."""
    return conflicts.foreign_review(case.row, case.newer) if case.newer else None


def refused_for_a_review_that_is_not_shown(case: Case) -> Step | None:
    """It may be ours, taken late; it is looked for a few times."""
    row = case.row
    if row.answer != REVIEW_UNDER_WAY:
        return None
    if row.refusals >= MOST_REFUSED:
        return conflicts.unseen_review(row)
    until = (row.called_at or 0.0) + QUIET
    return Wait(until, "WeChat says that a review is under way, and shows none yet (85009)") if case.is_quiet else None


def the_review_is_not_shown_yet(case: Case) -> Step | None:
    """WeChat may be at it; looked at soon, so that what it took late is known to be ours."""
    if not case.is_quiet:
        return None
    until = min((case.row.called_at or 0.0) + QUIET, case.now + 3 * SHOWN_AGAIN)
    return Wait(until, "submitted; WeChat does not show the review yet")


def a_newer_review_came(case: Case) -> Step | None:
    """Its own verdict decides; ours are known before WeChat shows them."""
    ours = [other for other in case.seen.others if (other.auditid or 0) > (case.row.auditid or 0)]
    review = case.newer or next(iter(ours), None)
    return Nothing(f"review {review.auditid} of {review.user_version} came after it") if review else None


def it_was_submitted_again(case: Case) -> Step | None:
    """Once is enough, whatever became of it."""
    again = any(other.previous_auditid == case.row.auditid for other in case.seen.others)
    return Nothing(f"review {case.row.auditid} was submitted again, or is to be") if again else None


def it_is_not_to_be_submitted_again(case: Case) -> Step | None:
    """Policy is against it and no person ordered it, or weaudit cannot: it did not submit it."""
    row = case.row
    if row.wanted and not row.again:
        return Nothing(f"a person said {row.wanted}, so it is not submitted again by itself")
    if not row.again and (against := against_resubmission(case.policy, row.reason, row.round)):
        return Nothing(against)
    if not row.request:
        return Nothing(f"weaudit did not submit review {row.auditid}, so it does not know what to submit again")
    return None


def the_delay_is_not_over(case: Case) -> Step | None:
    """People may want to look first."""
    until = case.row.changed_at + case.policy.delay
    is_over = case.row.again or case.now >= until
    return None if is_over else Wait(until, f"submitted again after RESUBMIT_DELAY={case.policy.delay} s")


def another_is_on_its_way(case: Case) -> Step | None:
    """The rejected one is yesterday's."""
    others = any(other.state in BEFORE_REVIEW for other in case.seen.others)
    return Nothing("another version is on its way to a review") if others else None


def submit_again(case: Case) -> Step | None:
    """Begin the next round: of a newer template where one is wanted, and as it is if a person said so."""
    return Resubmit(None if case.row.again else case.seen.newer)
