"""A call that changes something: the intent is written first, and then what came of the call."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, TypeVar

import structlog

from handlers.reviews.rollout import NOT_RELEASABLE, RELEASED_BEFORE, is_gray
from handlers.reviews.submission import REVIEW_UNDER_WAY
from handlers.reviews.visit import Teller, Visit
from handlers.wechat.endpoint import Endpoint, Reply, Request
from handlers.wechat.errors import Refused, StaleToken, TryLater, WeChatError, may_have_worked
from service.store.calls import Call
from service.store.reviews import UNDER_WAY, NotAsExpected, Review, State, Wanted

log = structlog.get_logger(__name__)

# In seconds. The intent is written after the look and is a heartbeat, and a call has CALL_WITHIN in all: so what begins
# while the look is good has left before the lease can be another's.
LOOK_IS_GOOD_FOR = 2.0
MOST_STALE = 2
NOTHING_TO_WITHDRAW = 87012
LONGEST_RID = 64
STEP_BACK: Mapping[State, State] = MappingProxyType(
    {State.COMMITTING: State.PLANNED, State.SUBMITTING: State.COMMITTED, State.RELEASING: State.APPROVED}
)
Sent = TypeVar("Sent", bound=Request)
Got = TypeVar("Got", bound=Reply)


def before(row: Review) -> State:
    """Return the state to which a version goes back if its call certainly did nothing."""
    if row.state is State.TAKING_BACK:
        return State.ROLLING_OUT if is_gray(row) else State.RELEASED
    return STEP_BACK.get(row.state, row.state)


def after_a_refusal(row: Review) -> Wanted:
    """Return what is wanted of a version when WeChat does not undo it: who wanted it withdrawn wants no release."""
    return Wanted.HOLD if row.wanted is Wanted.WITHDRAW else Wanted.NOTHING


def call(
    visit: Visit,
    row: Review,
    state: State,
    endpoint: Endpoint[Sent, Got],
    request: Sent,
    *,
    may_go_on: Callable[[], bool] = lambda: True,
    done: Callable[[Got], Mapping[str, Any]] = lambda _: {},
    tell: Teller | None = None,
    **intent: Any,
) -> None:
    """Write the intent, call, and write what came of it: `done` says what changes when WeChat did it, and it is told.

    What was seen must be fresh, and the lease certainly ours; else nothing is called, and the next look decides anew.
    Raises WeChatError for what WeChat certainly did not do, LeaseLost, and the database's errors.
    """
    token = visit.context.wechat.tokens.authorizer(visit.appid)
    if visit.look.age > LOOK_IS_GOOD_FOR:
        _look_again(visit, endpoint.name)
        return
    intended = visit.intend(row, state, **intent)
    if intended is None:
        return
    row = intended
    if not may_go_on() or visit.look.age > LOOK_IS_GOOD_FOR:
        visit.write(row, state=before(row).value, called_at=None)
        _look_again(visit, endpoint.name)
        return
    visit.look.forget()
    try:
        answer = visit.context.wechat.call_once(endpoint, request, visit.appid, token)
    except WeChatError as error:
        _keep(visit, row, endpoint.name, error)
        _refused(visit, row, error)
        return
    _keep(visit, row, endpoint.name)
    visit.did[row.id] = f"{endpoint.name}: {row.user_version}"
    visit.write(row, tell, **{"answer": 0, **done(answer)})


def _keep(visit: Visit, row: Review, endpoint: str, error: WeChatError | None = None) -> None:
    """Keep the call for people; it is written with what came of it."""
    said, rid = (str(error), (error.rid or "")[:LONGEST_RID]) if error else ("", "")
    visit.called = Call(visit.appid, row.id, endpoint, error.code if error else 0, said, rid, row.called_at or 0.0)


def _look_again(visit: Visit, endpoint: str) -> None:
    """Forget what was seen. Raises TryLater if that happens again: WeChat is slow, and others wait for the lease."""
    visit.look.forget()
    visit.stale += 1
    if visit.stale > MOST_STALE:
        text = "WeChat answers too slowly: what it shows is out of date before anything can be called"
        raise TryLater(endpoint, text)


def _refused(visit: Visit, row: Review, error: WeChatError) -> None:
    """Write down what WeChat said against a call. Raises it again if the reaction is to tell it, or to try later."""
    if may_have_worked(error):
        log.warning("review.answer_lost", appid=visit.appid, review=row.id, state=row.state.value, error=str(error))
        return
    said: dict[str, Any] = {"answer": error.code, "note": str(error)}
    if error.code in (REVIEW_UNDER_WAY, RELEASED_BEFORE) and row.state in (State.SUBMITTING, State.RELEASING):
        visit.write(row, refusals=row.refusals + 1, **said)
        return
    if row.state is State.RELEASING and error.code in NOT_RELEASABLE:
        visit.write(row, state=State.APPROVED.value, refusals=row.refusals + 1, **said)
        return
    if row.state in UNDER_WAY and error.code == NOTHING_TO_WITHDRAW:
        # It has a verdict that WeChat does not show yet: https://developers.weixin.qq.com/community/develop/doc/0002423c6b85c083bd7a318fd5b800
        visit.write(row, refusals=row.refusals + 1, **said)
        return
    if row.state in (State.TAKING_BACK, *UNDER_WAY):
        _not_undone(visit, row, error, said)
    else:
        is_final = isinstance(error, Refused) and error.is_documented and row.state is not State.RELEASING
        back = State.REFUSED if is_final else before(row)
        visit.write(row, state=back.value, called_at=None, **said)
    if not isinstance(error, StaleToken):
        raise error


def _not_undone(visit: Visit, row: Review, error: WeChatError, said: dict[str, Any]) -> None:
    """Write down that WeChat did not undo a version; what it refused is wanted no more, but for what was said since."""
    said |= {"state": before(row).value, "called_at": None}
    if isinstance(error, Refused):
        with suppress(NotAsExpected):
            visit.write(row, same_wish=True, **said, wanted=after_a_refusal(row).value)
            return
    visit.write(row, **said)
