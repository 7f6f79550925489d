"""The life of a version, decided: (its row, what WeChat shows, policy, the time) -> the next step. Pure.

planned ─▶ committing ─▶ committed ─▶ submitting ─▶ in_review ⇄ delayed ─▶ approved ─▶ releasing ─▶ released
   ▲            │            ▲             │          │  │ └▶ withdrawn       ▲  │        │ └▶ rolling_out ─▶ released
   └────────────┘            └─────────────┘          │  └▶ rejected          └──┼────────┘       └─▶ taken_back
                 WeChat refused: a step back          └ of it, a new row begins: round + 1

A person takes back what some or all have: rolling_out, released ─▶ taking_back ─▶ taken_back.

Ends beside these: superseded, refused, conflict. A state in -ing is written before the call that it names: WeChat has
no key that makes a call idempotent, so after a crash or a lost answer the row says what may have happened, and what
WeChat shows decides.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from handlers.reviews import conflicts, rollout, submission, verdict
from handlers.reviews.ours import is_review_of
from handlers.reviews.policy import Policy, is_ordered
from handlers.reviews.steps import (
    QUIET,
    STATE_OF,
    Become,
    Case,
    Commit,
    Line,
    Nothing,
    OnHold,
    Release,
    Resubmit,
    Seen,
    Step,
    Submit,
)
from handlers.wechat.endpoints.audit import LatestAudit
from service.store.reviews import UNDER_WAY, Review, State

# What a pause holds up.
BY_POLICY = (Commit, Submit, Release, Resubmit)
MAY_HAVE_BEGUN_IT = (State.COMMITTING, State.COMMITTED, State.SUBMITTING)
# Of each state, the first line that fits is the answer.
LINES: Mapping[State, tuple[Line, ...]] = MappingProxyType(
    {
        State.PLANNED: (
            submission.replaced_by_a_newer_plan,
            submission.another_review_is_under_way,
            submission.another_of_ours_is_on_its_way,
            submission.wechat_may_be_at_a_former_call,
            submission.commit,
        ),
        State.COMMITTING: (
            submission.our_code_is_shown,
            submission.other_code_is_shown,
            submission.the_commit_is_not_shown_yet,
            submission.commit,
        ),
        State.COMMITTED: (
            submission.it_was_submitted,
            submission.replaced_by_a_newer_plan,
            submission.our_code_is_gone,
            submission.another_review_is_under_way,
            submission.the_privacy_check_is_not_over,
            submission.no_review_is_left,
            submission.submit,
        ),
        State.SUBMITTING: (
            submission.it_was_submitted,
            submission.it_cannot_be_told_who_submitted,
            submission.somebody_elses_review_is_under_way,
            submission.somebody_elses_review_is_decided,
            submission.refused_for_a_review_that_is_not_shown,
            submission.the_review_is_not_shown_yet,
            submission.our_code_is_gone,
            submission.submit,
        ),
        State.IN_REVIEW: (
            verdict.the_review_is_of_other_code,
            verdict.another_state_is_shown,
            verdict.it_is_not_known_any_more,
            verdict.people_withdraw_it,
            verdict.the_verdict_was_pushed_and_is_not_shown_yet,
            verdict.under_way,
        ),
        State.APPROVED: (
            rollout.it_is_online,
            rollout.a_newer_one_is_approved,
            rollout.its_gray_release_was_begun,
            rollout.people_hold_it,
            rollout.people_release_it,
            rollout.a_first_version_cannot_be_gray,
            rollout.the_window_is_closed,
            rollout.a_newer_one_is_under_way,
            rollout.another_is_being_released,
            rollout.another_gray_release_is_under_way,
            rollout.a_newer_one_was_not_approved,
            rollout.refused_too_often,
            rollout.refused_just_now,
            rollout.release,
        ),
        State.RELEASING: (
            rollout.its_gray_release_was_begun,
            rollout.it_cannot_be_told_what_is_online,
            rollout.it_is_online,
            rollout.another_is_online,
            rollout.the_release_is_not_shown_yet,
            rollout.the_release_did_not_take_effect,
        ),
        State.ROLLING_OUT: (
            rollout.people_take_it_back,
            rollout.people_end_the_rollout,
            rollout.it_goes_on,
            rollout.it_is_online,
            rollout.another_went_online_since,
            rollout.it_is_over_and_not_shown_yet,
            rollout.it_was_taken_back,
        ),
        State.TAKING_BACK: (
            rollout.it_is_not_with_the_users_any_more,
            rollout.it_is_not_shown_as_taken_back_yet,
            rollout.it_cannot_be_taken_back_again,
            rollout.take_it_back_again,
        ),
        # Until a person wants it back.
        State.RELEASED: (rollout.people_take_it_back,),
        State.CONFLICT: (
            verdict.its_verdict_is_shown,
            rollout.it_is_online_after_all,
        ),
        State.REJECTED: (
            submission.replaced_by_a_newer_plan,
            submission.a_newer_review_came,
            submission.it_was_submitted_again,
            submission.it_is_not_to_be_submitted_again,
            submission.the_delay_is_not_over,
            submission.another_is_on_its_way,
            submission.our_code_is_gone,
            submission.submit_again,
        ),
    }
)


def next_step(row: Review, seen: Seen, policy: Policy, now: float) -> Step:
    """Decide what comes next for a version; `now` is the database's time, in Unix seconds."""
    case = Case(row, seen, policy, now)
    lines = LINES.get(State.IN_REVIEW if row.state is State.DELAYED else row.state, ())
    step = next((step for line in lines if (step := line(case))), Nothing(row.note or f"it is {row.state}"))
    is_paused = policy.pause and isinstance(step, BY_POLICY) and not is_ordered(row, seen.others)
    return OnHold(policy.pause, policy.why_paused) if is_paused else step


def entry(review: LatestAudit, rows: Collection[Review], known_auditid: int | None, *, pushed: bool) -> Step:
    """Decide how the newest review, of which there is no row, enters the table; `rows` are all of its mini program.

    `known_auditid` is the newest that was known at the former look, None at the first; `pushed` says that its verdict
    was just pushed. What was decided before the first look stays as it is.
    """
    ours = [row for row in rows if is_review_of(row, review)]
    if any(row.auditid is None and row.state in MAY_HAVE_BEGUN_IT for row in ours):
        return Nothing("its row finds it")
    known = [row for row in ours if row.auditid is not None and row.mark]
    late = [row for row in known if (row.auditid or 0) < review.auditid and _may_be_late(review, row)]
    if late:
        return conflicts.submitted_late(review, late[0])
    state = STATE_OF[review.status]
    if state in UNDER_WAY or pushed or (known_auditid is not None and review.auditid > known_auditid):
        return Become(state)
    return Nothing("decided before weaudit first looked at it")


def _may_be_late(review: LatestAudit, known: Review) -> bool:
    """Return whether WeChat may have taken a lost call of a row so late; later, somebody submitted our code again."""
    return review.submit_audit_time <= known.submitted_at + QUIET
