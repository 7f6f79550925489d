"""How a reaction ended, as a row of the ledger and as a message for subscribers."""

from typing import Any

from handlers.answers import Answer, Done, Skipped, Wait
from handlers.notes.reading import in_chinese
from handlers.retry import Blocked, Dead, RetryAt
from service.events.from_weaudit import GaveUp, NotDone, PutOff
from service.events.message import Message, build, identity
from service.store.attempts import Attempt, AttemptState
from service.store.reviews import Review

# In seconds: nobody has to know of a shorter wait for a limit.
NOT_WORTH_TELLING = 600.0
# In seconds: a window or a delay may be another one in the settings meanwhile, so it is looked at again.
LOOKED_AT_AGAIN = 3600.0


def ending(answer: Answer | RetryAt | Blocked | Dead, now: float) -> tuple[AttemptState, float | None]:
    """Return the state that an answer ends in, and when it is to be tried again."""
    match answer:
        case Done():
            return AttemptState.DONE, None
        case Skipped():
            return AttemptState.SKIPPED, None
        case Dead():
            return AttemptState.DEAD, None
        case Blocked():
            return AttemptState.BLOCKED, None
        case RetryAt(at=at):
            return AttemptState.RETRYING, at
        case Wait(until=until, resets_at=resets_at):
            return AttemptState.RETRYING, until if resets_at else min(until, now + LOOKED_AT_AGAIN)


def outcome(
    attempt: Attempt,
    cause: Message,
    answer: Answer | RetryAt | Blocked | Dead,
    now: float,
    review: Review | None = None,
) -> Message | None:
    """Return the message that a reaction was given up, or put off for a limit; None if it was not."""
    about: dict[str, Any] = {"auditid": review.auditid, "user_version": review.user_version} if review else {}
    about |= {"origin": cause.data.origin, "push_id": attempt.push_id, "queue": attempt.queue}
    if isinstance(answer, Dead):
        told = {"reason": answer.note, "chinese": answer.chinese or in_chinese(answer.note)}
        gave_up = GaveUp(**about, **told, tries=attempt.tries, errcode=answer.errcode)
        return _message("weaudit.gave_up", gave_up, cause, now)
    if isinstance(answer, Wait) and (answer.resets_at or 0.0) > now + NOT_WORTH_TELLING:
        told = {"reason": answer.note, "chinese": in_chinese(answer.note)}
        put_off = PutOff(**about, **told, until=int(answer.resets_at or 0))
        return _message("weaudit.put_off", put_off, cause, now)
    return None


def _message(kind: str, data: NotDone, cause: Message, now: float) -> Message:
    return build(
        kind,
        cause.subject,
        data,
        id=identity(cause.subject, {"type": kind, **data.model_dump(), "at": now}),
        component_appid=cause.source.rpartition("/")[2],
        at=now,
    )
