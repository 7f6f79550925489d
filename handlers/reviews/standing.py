"""Where a version stands, as people ask: (its row, what is stopped, policy, the time) -> one value. Pure.

What comes next is decided by lifecycle.py, which sees WeChat; here is told what is known without asking it.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from handlers.reviews.policy import Policy, against_resubmission, is_ordered, next_opening
from service.store import causes
from service.store.attempts import AttemptState
from service.store.history.timeline import Stopped
from service.store.reviews import BEFORE_REVIEW, ENDS, UNDER_WAY, Review, State, Wanted

PRIVACY_CHECK = "61039"
ALL = 100


class Where(StrEnum):
    """What people want to know of a version; each has its words in standing_texts.py."""

    NOTHING = "nothing"
    ON_ITS_WAY = "on_its_way"
    PRIVACY = "privacy_check"
    IN_REVIEW = "in_review"
    HELD = "held"
    HELD_BY_A_PERSON = "held_by_a_person"
    HELD_IN_REVIEW = "held_in_review"
    ORDERED_IN_REVIEW = "ordered_in_review"
    WINDOW = "window_closed"
    RELEASING = "releasing"
    ROLLING_OUT = "rolling_out"
    RELEASED = "released"
    TAKING_BACK = "taking_back"
    TAKEN_BACK = "taken_back"
    ROLLED_BACK = "rolled_back"
    REJECTED = "rejected"
    RESUBMITTED_LATER = "resubmitted_later"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"
    OVERTAKEN = "overtaken"
    REFUSED = "refused"
    CONFLICT = "conflict"
    BLOCKED = "blocked"
    PAUSED = "paused"
    DEAD = "dead"


class Standing(NamedTuple):
    """Where a version stands: until when it waits (Unix seconds), for what cause, and why, in weaudit's words."""

    where: Where
    review: Review | None = None
    until: float | None = None
    cause: str = ""
    detail: str = ""
    push_id: str = ""


BY_STATE = {
    State.RELEASED: Where.RELEASED,
    State.RELEASING: Where.RELEASING,
    State.ROLLING_OUT: Where.ROLLING_OUT,
    State.TAKING_BACK: Where.TAKING_BACK,
    State.TAKEN_BACK: Where.TAKEN_BACK,
    State.WITHDRAWN: Where.WITHDRAWN,
    State.SUPERSEDED: Where.OVERTAKEN,
    State.REFUSED: Where.REFUSED,
    State.CONFLICT: Where.CONFLICT,
}
HELD_BY_A_PAUSE = frozenset(
    {
        *(Where.ON_ITS_WAY, Where.PRIVACY, Where.IN_REVIEW, Where.HELD),
        *(Where.WINDOW, Where.RELEASING, Where.RESUBMITTED_LATER),
    }
)
BY_WISH = {
    (Wanted.TAKE_BACK, State.RELEASED): Where.TAKING_BACK,
    (Wanted.TAKE_BACK, State.ROLLING_OUT): Where.TAKING_BACK,
    (Wanted.WITHDRAW, State.IN_REVIEW): Where.WITHDRAWING,
    (Wanted.WITHDRAW, State.DELAYED): Where.WITHDRAWING,
    (Wanted.WITHDRAW, State.APPROVED): Where.HELD_BY_A_PERSON,
    (Wanted.HOLD, State.IN_REVIEW): Where.HELD_IN_REVIEW,
    (Wanted.HOLD, State.DELAYED): Where.HELD_IN_REVIEW,
    (Wanted.HOLD, State.APPROVED): Where.HELD_BY_A_PERSON,
}


def standing(
    row: Review | None, stopped: Sequence[Stopped], policy: Policy, now: float, others: Sequence[Review] = ()
) -> Standing:
    """Tell where a version stands; `stopped` are the reactions of its mini program that do not go on."""
    if row is not None and row.state in ENDS and row.wanted is not Wanted.TAKE_BACK:
        return _by_its_row(row, [], policy, now)
    if row is not None and (
        following := [one for one in others if row.auditid and one.previous_auditid == row.auditid]
    ):
        again = following[0]
        return Standing(Where.OVERTAKEN, row, detail=f"submitted again: {again.auditid or again.state}")
    # What stopped before this version came to its state speaks of another one.
    its = [each for each in stopped if row is None or each.reaction.changed_at >= row.changed_at]
    for state in (AttemptState.BLOCKED, AttemptState.DEAD):
        if found := [each for each in its if each.reaction.state == state.value]:
            is_paused = causes.is_pause(found[-1].reaction.waits_for)
            return _paused(row, policy) if is_paused else _of_reaction(row, found[-1])
    if row is None:
        return Standing(Where.NOTHING)
    found_by_row = _by_its_row(row, its, policy, now)
    if policy.pause and found_by_row.where in HELD_BY_A_PAUSE and not is_ordered(row, others):
        return _paused(row, policy)
    return found_by_row


def _of_reaction(row: Review | None, stopped: Stopped) -> Standing:
    push, reaction = stopped
    where = Where.DEAD if reaction.state == AttemptState.DEAD.value else Where.BLOCKED
    return Standing(where, row, cause=reaction.waits_for, detail=reaction.note, push_id=push.id)


def _paused(row: Review | None, policy: Policy) -> Standing:
    return Standing(Where.PAUSED, row, policy.paused_until, cause=policy.pause, detail=policy.why_paused)


def _by_its_row(row: Review, stopped: Sequence[Stopped], policy: Policy, now: float) -> Standing:
    is_rolled_back = row.state is State.TAKEN_BACK and row.percent == ALL
    is_ordered = row.ordered and row.state in UNDER_WAY
    said = Where.ORDERED_IN_REVIEW if is_ordered else BY_WISH.get((row.wanted, row.state))
    if wish := Where.ROLLED_BACK if is_rolled_back else said:
        return Standing(wish, row, detail=row.note)
    if row.state in (*BY_STATE, *UNDER_WAY):
        asked_at = max(now, row.changed_at + policy.push_within) if row.state in UNDER_WAY else None
        return Standing(BY_STATE.get(row.state, Where.IN_REVIEW), row, asked_at, detail=row.note)
    if row.state is State.REJECTED:
        return _rejected(row, policy, now)
    until = min((each.reaction.due_at for each in stopped if each.reaction.due_at), default=None)
    if row.state in BEFORE_REVIEW:
        where = Where.PRIVACY if PRIVACY_CHECK in row.note else Where.ON_ITS_WAY
        return Standing(where, row, until, detail=row.note)
    if policy.on_success.action == "hold" and not row.ordered:
        return Standing(Where.HELD, row, detail="ON_AUDIT_SUCCESS=hold")
    opens = next_opening(policy.window, policy.timezone, now)
    is_closed = opens > now and not row.ordered
    return Standing(Where.WINDOW, row, opens) if is_closed else Standing(Where.RELEASING, row, until, detail=row.note)


def _rejected(row: Review, policy: Policy, now: float) -> Standing:
    against = f"a person said {row.wanted}" if row.wanted else against_resubmission(policy, row.reason, row.round)
    if not against and not row.request:
        against = "weaudit did not submit it"
    if against and not row.again:
        return Standing(Where.REJECTED, row, detail=against)
    return Standing(Where.RESUBMITTED_LATER, row, max(now, row.changed_at + policy.delay))
