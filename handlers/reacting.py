"""One reaction, carried through the ledger: react to what was begun, and write down how it ended, in one commit."""

import random
import time
from collections.abc import Mapping

import structlog
from sqlalchemy import Connection

from handlers import outcomes, retry
from handlers.answers import Answer, Done, Skipped, Wait
from handlers.causes import telling
from handlers.context import Context, Reaction
from handlers.retry import Blocked, Dead, RetryAt
from handlers.reviews.spoken_of import spoken_of
from service.events import tracing
from service.events.message import Message, decode_loosely
from service.store import attempts, causes, inbox, tries
from service.store.attempts import Attempt
from service.store.engine import AWAY
from service.store.heartbeat import LONGEST
from service.store.inbox import Entry
from service.store.tries import Try

Decided = Answer | RetryAt | Blocked | Dead

log = structlog.get_logger(__name__)

# In seconds, between two tries to write down how a reaction ended.
PAUSE = 1.0


class Reacting:
    """Carries out what was begun."""

    def __init__(self, context: Context, reactions: Mapping[str, Reaction]) -> None:
        """Take what reactions need, and the table of reactions."""
        self._context = context
        self._reactions = reactions

    def carry_out(self, attempt: Attempt) -> Answer | Dead | Exception:
        """React to what was begun, write down how it ended, and return that."""
        with self._context.heartbeat.keeping(attempt):
            message, unreadable = decode_loosely(attempt.body)
            with tracing.within(message.traceparent):
                answer = retry.given_up(attempt.tries, unreadable) or self._react(attempt, message)
                self._write_down(attempt, message, answer)
        return answer

    def _react(self, attempt: Attempt, message: Message) -> Answer | Exception:
        try:
            return self._reactions[attempt.queue](self._context, message)
        except Exception as error:
            foreseen = isinstance(error, retry.FORESEEN)
            log.warning("reaction.failed", tries=attempt.tries, error=str(error), exc_info=not foreseen)
            return error

    def _write_down(self, attempt: Attempt, message: Message, answer: Answer | Dead | Exception) -> None:
        """End the reaction and tell its outcome; a database that is away is waited for.

        An end that cannot be written ends it too, in words that every database takes.
        """
        deadline = time.monotonic() + LONGEST
        while True:
            try:
                self._end(attempt, message, answer)
            except AWAY as error:
                if time.monotonic() > deadline:
                    raise
                log.warning("ledger.failed", error=str(error), again_in=PAUSE)
                time.sleep(PAUSE)
            except retry.OF_THE_DATA as error:
                log.error("ledger.refused", error=str(error), kind=type(error).__name__)  # noqa: TRY400
                self._end(attempt, message, Dead(f"its outcome cannot be written down: {type(error).__name__}"))
                return
            else:
                return

    def _end(self, attempt: Attempt, message: Message, reacted: Answer | Dead | Exception) -> None:
        with self._context.engine.begin() as connection:
            now = self._context.now(connection)
            answer = self._decided(reacted, attempt, message, now) if isinstance(reacted, Exception) else reacted
            if isinstance(answer, Blocked) and _is_resumed(connection, answer):
                answer = RetryAt(now, answer.note, counts=False)
            state, due_at = outcomes.ending(answer, now)
            ours = attempts.finish(
                connection,
                attempt,
                state,
                answer.note,
                now=now,
                due_at=due_at,
                counts=_counts(answer),
                waits_for=_waits_for(answer, attempt),
            )
            if not ours:
                log.warning("reaction.lost", note=answer.note, why="its lease ran out, another worker took it up")
                return
            if isinstance(answer, Dead | Blocked) or (isinstance(answer, RetryAt) and answer.counts):
                tried = Try(attempt.push_id, attempt.queue, attempt.fence, state.value, answer.note, now)
                tries.keep(connection, tried)
            self._causes(connection, attempt, answer, now)
            review = spoken_of(connection, message) if isinstance(answer, Dead | Wait) else None
            if outcome := outcomes.outcome(attempt, message, answer, now, review):
                inbox.add(connection, [Entry(outcome)], self._context.credentials, now)
        self._context.metrics.reactions.labels(attempt.queue, state.value).inc()
        if due_at is None:
            self._context.metrics.tries.labels(attempt.queue).observe(attempt.tries)
        log.info("reaction.ended", state=state.value, note=answer.note, tries=attempt.tries, due_at=due_at)

    def _causes(self, connection: Connection, attempt: Attempt, answer: Decided, now: float) -> None:
        """Note what a reaction is blocked on, and the end of what blocked it until now."""
        former = attempt.waits_for
        if isinstance(answer, Blocked) and not causes.is_pause(answer.cause):
            causes.begin(
                connection,
                answer.cause,
                now=now,
                reason=answer.note,
                errcode=answer.errcode,
                endpoint=answer.endpoint,
                until=answer.until,
            )
        # Who met a pause did not ask WeChat, and knows nothing of what blocked it.
        has_asked = isinstance(answer, Done | Skipped | Dead) or (
            isinstance(answer, Blocked) and not causes.is_pause(answer.cause)
        )
        goes_on = has_asked and _waits_for(answer, attempt) != former
        if former and goes_on:
            us = self._context.settings.wechat_component_appid
            telling.end(connection, self._context.credentials, us, former, now=now, by="a try")

    @staticmethod
    def _decided(error: Exception, attempt: Attempt, message: Message, now: float) -> RetryAt | Blocked | Dead:
        jitter = random.random()  # noqa: S311 no secret
        return retry.decide(error, message.subject, attempt.tries, now, jitter=jitter)


def _is_resumed(connection: Connection, answer: Blocked) -> bool:
    """Tell whether a pause that was seen is over by now: then nobody would wake what waits for it."""
    return causes.is_pause(answer.cause) and not causes.is_there(connection, answer.cause)


def _counts(answer: Decided) -> bool:
    return answer.counts if isinstance(answer, RetryAt) else not isinstance(answer, Wait | Blocked)


def _waits_for(answer: Decided, attempt: Attempt) -> str:
    """Return what is waited for: a new cause, or the former one while it is not known to be gone."""
    match answer:
        case Blocked(cause=cause):
            return cause
        case RetryAt(waits_for=waits_for):
            return attempt.waits_for or waits_for
        case Wait():
            return attempt.waits_for
        case _:
            return ""
