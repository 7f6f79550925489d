"""What we did is an event too: how a reaction ended, as a row of the ledger and as a message for subscribers."""

from typing import Any

from handlers.context import Answer, Done, Skipped
from handlers.retry import Dead, RetryAt
from service.events.from_weaudit import GaveUp, Outcome, PutOff, Released
from service.events.message import KINDS, Message, build, identity
from service.store.attempts import Attempt, State
from service.store.reviews import Submission

TYPES = {kind: name for name, kind in KINDS.items() if issubclass(kind, Outcome)}
# In seconds: nobody has to know of a shorter wait for a limit.
NOT_WORTH_TELLING = 600.0


def ending(answer: Answer | RetryAt | Dead) -> tuple[State, float | None]:
    """Give the state that an answer ends in, and when it is to be tried again."""
    match answer:
        case Done():
            return State.DONE, None
        case Skipped():
            return State.SKIPPED, None
        case Dead():
            return State.DEAD, None
        case RetryAt(at=at):
            return State.RETRYING, at
        case _:
            return State.RETRYING, answer.until


def outcome(
    attempt: Attempt, cause: Message, answer: Answer | RetryAt | Dead, now: float, review: Submission | None = None
) -> Message | None:
    """Give the message that tells how a reaction to what was told of a review ended; None if that concerns nobody."""
    which: dict[str, Any] = {"auditid": review.auditid, "user_version": review.user_version} if review else {}
    if isinstance(answer, Done) and answer.outcome:
        return _message(answer.outcome, cause, now)
    if isinstance(answer, Dead):
        gave_up = GaveUp(
            origin=cause.data.origin,
            push_id=attempt.push_id,
            queue=attempt.queue,
            tries=attempt.tries,
            reason=answer.note,
            errcode=answer.errcode,
            chinese=answer.chinese,
            **which,
        )
        return _message(gave_up, cause, now)
    if isinstance(answer, RetryAt) and answer.resets_at and answer.resets_at > now + NOT_WORTH_TELLING:
        put_off = PutOff(
            origin=cause.data.origin,
            push_id=attempt.push_id,
            queue=attempt.queue,
            until=int(answer.resets_at),
            reason=answer.note,
            chinese=answer.chinese,
            **which,
        )
        return _message(put_off, cause, now)
    return None


def _message(data: Outcome, cause: Message, now: float) -> Message:
    """Build the message. A release has one identity an audit id; anything else is new each time that it happens."""
    kind = TYPES[type(data)]
    once = {"auditid": data.auditid} if isinstance(data, Released) else {**data.model_dump(), "at": now}
    return build(
        kind,
        cause.subject,
        data,
        id=identity(cause.subject, {"type": kind, **once}),
        component_appid=cause.source.rpartition("/")[2],
        at=now,
    )
