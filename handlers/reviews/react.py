"""The reactions release, resubmit and submit: each says, look at this mini program, and answers what became of it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from handlers.answers import Answer, Done, Skipped, Wait
from handlers.context import Context
from handlers.reviews.driver import NO_HINT, Busy, look_at
from handlers.reviews.steps import OnHold
from handlers.reviews.visit import Hint, Visit
from handlers.wechat.client import lease_of
from handlers.wechat.errors import NeedsHuman, Paused, Refused
from service.events.from_weaudit import (
    Ordered,
    Planned,
    ReleaseOrdered,
    ResubmissionOrdered,
    TakeBackOrdered,
    WithdrawalOrdered,
)
from service.events.from_wechat import AuditFail, AuditSuccess, Unrecognised
from service.events.message import Message
from service.store import leases, reviews
from service.store.engine import reading
from service.store.leases import LeaseLost
from service.store.reviews import AFTER_REVIEW, BEFORE_REVIEW, UNDER_WAY, NotAsExpected, Review, State, Wanted

# In seconds: a visit of somebody else's takes about as long.
SOON = 1.0
# What a person wanted undone is, or another version is there instead.
UNDONE = (State.WITHDRAWN, State.TAKEN_BACK, State.SUPERSEDED)


def release(context: Context, message: Message) -> Answer:
    """Look because of an approval, or what may have been one, or because of a person's word. Raises WeChatError."""
    data = message.data
    if isinstance(data, ReleaseOrdered | WithdrawalOrdered | TakeBackOrdered):
        return _ordered(context, message, data)
    if isinstance(data, AuditSuccess):
        hint = _pushed(State.APPROVED, data.succ_time, data.create_time)
    elif isinstance(data, Unrecognised) and data.may_be_a_verdict:
        hint = Hint(any_verdict=True)
    else:
        return Skipped(f"{message.type} is no approval")
    return _look(context, message, hint, lambda row: row.state in (*AFTER_REVIEW, *UNDER_WAY))


def resubmit(context: Context, message: Message) -> Answer:
    """Look because of a rejection, or because a person said resubmit. Raises WeChatError."""
    data = message.data
    if isinstance(data, ResubmissionOrdered):
        hint = Hint(again=True, auditid=data.auditid, said_at=_said_at(message, data))
    elif isinstance(data, AuditFail):
        hint = _pushed(State.REJECTED, data.fail_time, data.create_time)
    else:
        return Skipped(f"{message.type} is no rejection")
    rounds = (State.REJECTED, *UNDER_WAY)
    return _look(context, message, hint, lambda row: row.state in rounds or _is_a_round(row))


def submit(context: Context, message: Message) -> Answer:
    """Look because of a plan. Raises WeChatError."""
    data = message.data
    if not isinstance(data, Planned):
        return Skipped(f"{message.type} is no plan")
    with reading(context.engine) as connection:
        row = reviews.get(connection, data.review)
    if row is None:
        return Skipped("its row is gone")
    if row.state not in BEFORE_REVIEW and row.state is not State.REFUSED:
        return Done(
            f"review {row.auditid} ({row.user_version}) is {row.state}" if row.auditid else row.note or row.state
        )
    return _look(context, message, Hint(), partial(_is_row, data.review))


def _is_row(id: int, row: Review) -> bool:
    return row.id == id and row.state in (*BEFORE_REVIEW, State.REFUSED)


def _is_a_round(row: Review) -> bool:
    return row.previous_auditid is not None and row.state in (*BEFORE_REVIEW, State.REFUSED)


def _pushed(verdict: State, *times: float | None) -> Hint:
    return Hint(verdict, max(time or 0 for time in times))


def _said_at(message: Message, data: Ordered) -> float:
    """Return when a person said it; of a former version's message, when that was made."""
    return data.wished_at or datetime.fromisoformat(message.time).timestamp()


def _ordered(context: Context, message: Message, data: Ordered) -> Answer:
    """Look because of a person's word, and answer what became of it. Raises what he is to hear of."""
    said_at, is_release = _said_at(message, data), isinstance(data, ReleaseOrdered)
    hint = Hint(ordered=True, auditid=data.auditid, said_at=said_at) if is_release else NO_HINT
    visit = _visit(context, message, hint)
    if isinstance(visit, Wait):
        return visit
    rows = [row for row in visit.rows if row.auditid and data.auditid in (None, row.auditid)]
    row = next((row for row in rows if row.wished_at >= said_at), None)
    if row is None:
        return _answer(visit, rows[:1])
    if row.wished_at > said_at:
        return Skipped("a person ordered something else since")
    if is_release and row.state is State.WITHDRAWN:
        raise NeedsHuman("weaudit", f"review {row.auditid} was withdrawn before")
    is_to_be_undone = isinstance(data, WithdrawalOrdered | TakeBackOrdered)
    is_given_up = row.wanted in (Wanted.NOTHING, Wanted.HOLD) and row.state not in UNDONE
    if is_to_be_undone and is_given_up and row.id not in visit.errors:
        raise NeedsHuman("weaudit", row.note or f"it is {row.state}")
    if row.ordered and row.state in UNDER_WAY and row.id not in visit.errors:
        return Done(f"ordered: review {row.auditid} is under way, and is released when it is approved")
    return _answer(visit, [row])


def _look(context: Context, message: Message, hint: Hint, concerns: Callable[[Review], bool]) -> Answer:
    visit = _visit(context, message, hint)
    return visit if isinstance(visit, Wait) else _answer(visit, [row for row in visit.rows if concerns(row)])


def _visit(context: Context, message: Message, hint: Hint) -> Visit | Wait:
    """Look, or wait for whoever does. Raises WeChatError."""
    appid = message.subject
    if appid == context.wechat.tokens.component_appid:
        raise _wrong_address(message)
    try:
        return look_at(context, appid, hint)
    except (Busy, LeaseLost, NotAsExpected):
        with reading(context.engine) as connection:
            now, ends = context.now(connection), leases.ends(connection, lease_of(appid))
        return Wait(min(max(ends, now), now + SOON), "somebody else is at this mini program")


def _answer(visit: Visit, rows: list[Review]) -> Answer:
    """Answer for those rows that concern a reaction. Raises what went wrong with one of them."""
    for row in rows:
        if row.id in visit.errors:
            raise visit.errors[row.id]
        if row.state is State.REFUSED:
            raise _refused(row)
    steps = [visit.steps[row.id] for row in rows if row.id in visit.steps]
    if holds := [step for step in steps if isinstance(step, OnHold)]:
        raise _paused(holds[0])
    if waits := [step for step in steps if isinstance(step, Wait)]:
        return min(waits, key=lambda wait: wait.until)
    if visit.did:
        return Done("; ".join(visit.did.values()))
    return Skipped("; ".join(step.why for step in visit.steps.values() if hasattr(step, "why")) or "nothing to do")


def _paused(step: OnHold) -> Paused:
    error = Paused("weaudit", f"paused: {step.why}" if step.why else "paused")
    error.cause = step.cause
    return error


def _refused(row: Review) -> Refused:
    """Make the error anew whose text, with WeChat's code, is the note of its row."""
    error = Refused("weaudit submit", row.note)
    error.code = row.answer
    return error


def _wrong_address(message: Message) -> NeedsHuman:
    return NeedsHuman(
        message.event,
        "WeChat sends what belongs to a mini program to /callback/authorization: at open.weixin.qq.com, set "
        "消息与事件接收URL to …/callback/message/$APPID$",
    )
