"""Every state, times whatever WeChat may show: what comes next, and what must never come next."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from handlers.answers import Wait
from handlers.reviews.lifecycle import LINES, entry, next_step
from handlers.reviews.policy import Policy, next_opening
from handlers.reviews.steps import (
    QUIET,
    Adopt,
    Become,
    Case,
    Commit,
    Conflict,
    Decline,
    Learn,
    Line,
    Nothing,
    Release,
    Resubmit,
    Seen,
    Step,
    Submit,
    TakeBack,
)
from handlers.wechat.endpoints.audit import AuditStatus, LatestAudit
from handlers.wechat.endpoints.code import Experience, OnlineVersion
from service.choices import SuccessAction, parse_window
from service.store.reviews import AFTER_REVIEW, BEFORE_REVIEW, ENDS, UNDER_WAY, Review, State
from tests.support.lifecycle_table import TABLE
from tests.support.lifecycle_words import (
    AGAIN,
    APPROVED,
    AUDITID,
    BEFORE,
    FOREIGN,
    FORMER,
    IN_REVIEW,
    JUST,
    LONG_AGO,
    MINE,
    NEWER,
    NOW,
    OTHER,
    OTHER_ROW,
    OURS,
    REJECTED,
    RELEASE,
    THEIRS,
    WHY,
    online,
    ours,
    plan,
    review,
    row,
    trial,
)


@pytest.mark.parametrize(("state", "changes", "seen", "policy", "expected"), TABLE)
def test_the_first_line_that_fits_is_the_answer(
    state: State, changes: dict[str, Any], seen: Seen, policy: Policy, expected: Any
) -> None:
    """A kind of step, a whole step, the state that it becomes, or the time that is waited for."""
    step = next_step(row(state, **changes), seen, policy, NOW)
    if isinstance(expected, float):
        assert isinstance(step, Wait)
        assert step.until == expected
    elif isinstance(expected, tuple):
        assert isinstance(step, Become)
        assert step.state is expected[0]
    elif isinstance(expected, type):
        assert isinstance(step, expected)
    else:
        assert step == expected


def test_every_line_of_the_table_is_decided_by_an_example() -> None:
    """No line that nothing reaches, and no example that two could answer."""
    decided = set()
    for state, changes, seen, policy, _ in TABLE:
        case_row = row(state, **changes)
        lines = LINES[State.IN_REVIEW if state is State.DELAYED else state]
        decided.add((state, next((line for line in lines if line(Case(case_row, seen, policy, NOW))), None)))
    reached = {(State.IN_REVIEW if state is State.DELAYED else state, line) for state, line in decided}
    missing = [
        (state, line.__name__) for state, lines in LINES.items() for line in lines if (state, line) not in reached
    ]
    assert missing == [
        (State.RELEASING, "it_cannot_be_told_what_is_online"),
    ], "it is told below"


def answers(lines: tuple[Line, ...], state: State) -> list[Step | None]:
    """Give what lines answer to every example of a state."""
    cases = [Case(row(each, **changes), seen, policy, NOW) for each, changes, seen, policy, _ in TABLE if each is state]
    return [next((step for line in lines if (step := line(case))), None) for case in cases]


LINE_BY_LINE = [(state, line) for state, lines in LINES.items() for line in lines]
TOLD_BELOW = ("it_cannot_be_told_what_is_online",)


@pytest.mark.parametrize(
    ("state", "line"), LINE_BY_LINE, ids=[f"{state}: {line.__name__}" for state, line in LINE_BY_LINE]
)
def test_no_line_can_be_dropped_without_another_answer(state: State, line: Line) -> None:
    """Each line decides at least one example, and what comes after it would decide otherwise."""
    if line.__name__ in TOLD_BELOW:
        return
    without = tuple(other for other in LINES[state] if other is not line)
    assert answers(without, state) != answers(LINES[state], state)


def test_a_closed_window_is_waited_for() -> None:
    """And a person's word opens it."""
    window = parse_window("Mon-Fri 18:00-18:01")
    policy = Policy(window=window)  # type: ignore[arg-type]
    step = next_step(row(State.APPROVED), Seen(ours(APPROVED)), policy, NOW)
    assert isinstance(step, Wait)
    assert step.until == next_opening(policy.window, policy.timezone, NOW) > NOW
    assert next_step(row(State.APPROVED, ordered=True), Seen(ours(APPROVED)), policy, NOW) == Release(100)


def test_without_a_mark_two_of_one_version_are_not_told_apart() -> None:
    """A later review of the same version and description was approved, too: what is online may be either."""
    twin = row(State.APPROVED, id=2, mark="", auditid=NEWER, verdict="approved")
    seen = Seen(ours(APPROVED), online=online(200, "x"), others=(twin,))
    assert isinstance(next_step(row(State.RELEASING, mark="", **JUST), seen, RELEASE, NOW), Conflict)
    assert not isinstance(next_step(row(State.APPROVED, mark=""), seen, RELEASE, NOW), Become)


REVIEWS = [
    None,
    *(
        review(auditid, status, desc, version)
        for auditid, status, (desc, version) in itertools.product(
            (5, FORMER, AUDITID, NEWER), AuditStatus, ((OURS, "1.0"), (THEIRS, OTHER), ("x", "1.0"))
        )
    ),
]
TRIALS = [Experience(), BEFORE, MINE, FOREIGN, trial(200, "x")]
ONLINE = [OnlineVersion(), online(100, THEIRS, "0.9"), online(200), online(200, THEIRS, OTHER), online(200, "x")]
PLANS = [None, plan(1), plan(2), plan(3), plan(1, 0)]
CALLS: list[dict[str, Any]] = [{}, JUST, LONG_AGO, {"answer": 85009, "refusals": 3, **LONG_AGO}]
OTHERS: list[tuple[Review, ...]] = [(), (OTHER_ROW,), (row(State.RELEASING, id=0),), (row(State.SUBMITTING, id=0),)]
POLICIES = [RELEASE, Policy(on_success=SuccessAction("hold")), Policy(on_success=SuccessAction("gray", 5)), AGAIN]


def everything() -> Iterator[tuple[Review, Seen, Policy, Step]]:
    """Give every state times whatever WeChat may show, with what comes next."""
    for state, marked in itertools.product(State, (True, False)):
        for call in CALLS:
            one = row(state, **call, **WHY, **({} if marked else {"mark": ""}))
            shown = itertools.product(REVIEWS, TRIALS, ONLINE, PLANS, OTHERS, (True, False), POLICIES)
            for newest, trial_version, released, gray, others, checked, policy in itertools.islice(shown, 0, None, 13):
                seen = Seen(newest, None, trial_version, released, gray, checked, 1, None, others)
                yield one, seen, policy, next_step(one, seen, policy, NOW)


@pytest.mark.timeout(300)
def test_whatever_wechat_shows_nothing_is_done_that_must_never_be_done() -> None:  # noqa: C901 a rule a kind of step
    """The product of all states with all that is seen: each rule holds for each of some million cases."""
    cases = 0
    for one, seen, policy, step in everything():
        cases += 1
        newest = seen.review
        match step:
            case Commit():
                assert one.state in (State.PLANNED, State.COMMITTING)
                assert one.called_at is None or one.called_at <= NOW - QUIET or one.state is State.PLANNED
            case Submit():
                assert one.state in (State.COMMITTED, State.SUBMITTING)
                assert seen.trial == (MINE if one.mark else seen.trial)
                assert not (one.state is State.SUBMITTING and newest and newest.auditid > FORMER)
                assert seen.checked or one.state is State.SUBMITTING
            case Release(percent=percent):
                assert one.state is State.APPROVED
                assert newest is None or newest.auditid <= AUDITID, "it would put another one online"
                assert policy.on_success.action != "hold"
                assert percent == policy.on_success.percent
                assert not any(other.state is State.RELEASING for other in seen.others)
                assert seen.plan is None or seen.plan.status == 3
                assert seen.online.release_desc != OURS or not one.mark
            case Resubmit():
                assert one.state is State.REJECTED
                assert policy is AGAIN
                assert newest is None or newest.auditid <= AUDITID
            case Adopt(review=adopted):
                assert one.state in (State.COMMITTED, State.SUBMITTING)
                assert adopted.auditid > FORMER
                assert adopted.user_desc == OURS
            case Become(state=State.RELEASED):
                assert seen.online.release_time == 200
                assert seen.plan is None or seen.plan.status == 3
            case TakeBack():
                assert one.state is State.TAKING_BACK, "nobody wanted it, but where it was begun"
                assert one.called_at is None or one.called_at <= NOW - QUIET
                assert (seen.plan and seen.plan.status < 3) or one.mark
            case Wait(until=until):
                assert until > NOW, "a wait has an end, and not before now"
            case _:
                assert isinstance(step, Become | Conflict | Decline | Learn | Nothing)
        if one.state in ENDS:
            assert isinstance(step, Nothing), "an end is an end"
    assert cases > 500_000


ENTRIES = [
    (ours(IN_REVIEW), (), 5, False, (State.IN_REVIEW,)),
    (review(NEWER, AuditStatus.DELAYED), (), None, False, (State.DELAYED,)),
    (review(NEWER, APPROVED), (), None, False, Nothing),
    (review(NEWER, APPROVED), (), NEWER, False, Nothing),
    (review(NEWER, APPROVED), (), AUDITID, False, (State.APPROVED,)),
    (review(NEWER, REJECTED), (), 0, False, (State.REJECTED,)),
    (review(NEWER, APPROVED), (), None, True, (State.APPROVED,)),
    (ours(APPROVED, NEWER), (row(State.SUBMITTING),), AUDITID, True, Nothing),
    (ours(APPROVED, NEWER), (row(State.REJECTED),), AUDITID, True, Conflict),
    (ours(APPROVED, NEWER), (row(State.REJECTED, mark="other"),), AUDITID, True, (State.APPROVED,)),
]


@pytest.mark.parametrize(("newest", "rows", "known", "pushed", "expected"), ENTRIES)
def test_a_review_that_is_not_known_enters_the_table(
    newest: LatestAudit, rows: tuple[Review, ...], known: int | None, *, pushed: bool, expected: Any
) -> None:
    """Under way, pushed, or newer than what was known; not what was decided before the first look."""
    step = entry(newest, rows, known, pushed=pushed)
    if isinstance(expected, tuple):
        assert step == Become(expected[0])
    else:
        assert isinstance(step, expected)


def test_every_state_is_in_the_table_or_an_end() -> None:
    """So that no row is forgotten."""
    assert {*LINES, State.DELAYED, *ENDS} == set(State)
    assert set(LINES) & set(ENDS) == {State.RELEASED}, "a person may want it back"
    assert not set(ENDS) & {*UNDER_WAY, *BEFORE_REVIEW, *AFTER_REVIEW}
