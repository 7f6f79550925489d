"""What a person may order, of every state: allowed, or why not, in two languages."""

from typing import Any

import pytest

from handlers.operators.allowed import OF_ONE, Action, Asked, NotNow
from service.store.reviews import Review, State, Wanted

APP = "wx1"


def row(state: State, auditid: int | None = 7, **changes: Any) -> Review:
    """Give a version."""
    return Review(id=auditid or 1, appid=APP, state=state, user_version="1.0", auditid=auditid, **changes)


def may(action: Action, *rows: Review, **changes: Any) -> bool:
    """Tell whether something can be ordered; if not, both languages say why."""
    asked = Asked(APP, **{"authorized": True, "rows": rows, **changes})
    against: dict[str, str] = {}
    try:
        OF_ONE[action](asked)
    except NotNow as error:
        against = {"en": error.says("en"), "zh": error.says("zh")}
    assert not against or (all(against.values()) and against["en"] != against["zh"])
    return not against


ALLOWED = {
    Action.RELEASE: {State.IN_REVIEW, State.DELAYED, State.APPROVED, State.ROLLING_OUT, State.TAKEN_BACK},
    Action.HOLD: {
        *(State.PLANNED, State.COMMITTING, State.COMMITTED, State.SUBMITTING),
        *(State.IN_REVIEW, State.DELAYED, State.APPROVED),
    },
    Action.WITHDRAW: {State.IN_REVIEW, State.DELAYED},
    Action.RESUBMIT: {State.REJECTED},
    Action.TAKE_BACK: {State.ROLLING_OUT, State.RELEASED},
}


@pytest.mark.parametrize("action", ALLOWED)
@pytest.mark.parametrize("state", State)
def test_each_order_is_for_some_states(action: Action, state: State) -> None:
    """And for no other."""
    assert may(action, row(state, request="{}")) is (state in ALLOWED[action])


@pytest.mark.parametrize("action", ALLOWED)
def test_nothing_is_ordered_of_whoever_does_not_authorize_the_platform(action: Action) -> None:
    """WeChat would take none of it."""
    assert not any(may(action, row(state, request="{}"), authorized=False) for state in State)


@pytest.mark.parametrize(
    ("action", "one", "expected"),
    [
        (Action.RELEASE, row(State.CONFLICT, verdict="approved"), True),
        (Action.RELEASE, row(State.CONFLICT), False),
        (Action.HOLD, row(State.APPROVED, wanted=Wanted.HOLD), False),
        (Action.WITHDRAW, row(State.IN_REVIEW, wanted=Wanted.WITHDRAW), False),
        (Action.TAKE_BACK, row(State.RELEASED, wanted=Wanted.TAKE_BACK), False),
        (Action.RESUBMIT, row(State.REJECTED), False),
        (Action.HOLD, row(State.PLANNED, None), True),
        (Action.RELEASE, row(State.PLANNED, None), True),
    ],
)
def test_what_else_matters(action: Action, one: Review, *, expected: bool) -> None:
    """A verdict, what a person said before, whether weaudit knows what to send."""
    assert may(action, one) is expected


def test_without_a_known_version_only_a_release_can_be_ordered() -> None:
    """Of whatever WeChat shows approved."""
    assert [action for action in ALLOWED if may(action)] == [Action.RELEASE]
    assert not may(Action.RELEASE, auditid=8)


def test_what_is_taken_back_is_the_newest_that_users_have() -> None:
    """Also beside a later review."""
    rows = (row(State.IN_REVIEW, 9), row(State.RELEASED, 8), row(State.RELEASED, 7))
    assert OF_ONE[Action.TAKE_BACK](Asked(APP, authorized=True, rows=rows)) is rows[1]
    assert OF_ONE[Action.WITHDRAW](Asked(APP, authorized=True, rows=rows)) is rows[0]


@pytest.mark.parametrize(
    ("action", "known", "expected"),
    [
        (Action.PAUSE, {}, True),
        (Action.PAUSE, {"paused": True}, False),
        (Action.RESUME, {}, False),
        (Action.RESUME, {"paused": True}, True),
        (Action.REVIVE, {}, False),
        (Action.REVIVE, {"dead": 1}, True),
        (Action.DISMISS, {}, False),
        (Action.DISMISS, {"dead": 1}, True),
    ],
)
def test_pauses_and_what_was_given_up(action: Action, known: dict[str, Any], *, expected: bool) -> None:
    """Can be ordered where there is something to end or to begin."""
    assert may(action, **known) is expected
