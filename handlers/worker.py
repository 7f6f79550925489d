"""The worker: takes messages off the queues of the reactions, and carries each reaction through the ledger."""

import random
import threading
import time
from collections.abc import Mapping

import structlog
from kombu import Consumer, Producer, Queue
from kombu import Message as Delivery
from sqlalchemy.exc import SQLAlchemyError

from handlers import outcomes, retry
from handlers.answers import Answer, Wait
from handlers.context import Context, Reaction
from handlers.retry import Dead, RetryAt
from handlers.reviews.spoken_of import spoken_of
from service import topology
from service.events.message import Message, MessageError, decode_loosely
from service.queue import connection as broker
from service.store import attempts, inbox
from service.store.attempts import Attempt
from service.store.heartbeat import LONGEST
from service.store.inbox import Entry

log = structlog.get_logger(__name__)

THREADS_PER_QUEUE = 4
SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 5.0


class Worker:
    """Runs the reactions of one process, each queue in threads of its own: a slow one does not delay the others."""

    def __init__(
        self,
        context: Context,
        broker_url: str,
        reactions: Mapping[str, Reaction],
        *,
        threads_per_queue: int = THREADS_PER_QUEUE,
    ) -> None:
        """Take what reactions need, and the table of reactions."""
        self._context = context
        self._broker_url = broker_url
        self._reactions = reactions
        self._threads_per_queue = threads_per_queue

    def run(self, stop: threading.Event, grace: float = 4.0) -> None:
        """Work until `stop` is set, then give what runs `grace` seconds; what does not end is taken up again later."""
        threads = [
            threading.Thread(target=self._consume, args=(queue, stop), name=f"{queue}-{number}", daemon=True)
            for queue in self._reactions
            for number in range(self._threads_per_queue)
        ]
        for thread in threads:
            thread.start()
        log.info("worker.started", queues=list(self._reactions), threads=len(threads))
        stop.wait()
        deadline = time.monotonic() + grace
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _consume(self, queue: str, stop: threading.Event) -> None:
        pause = SHORTEST_PAUSE
        while not stop.is_set():
            try:
                with broker.connection(self._broker_url) as connected:
                    channel = broker.ready(connected).default_channel
                    consumer = Consumer(
                        channel,
                        queues=[Queue(queue, no_declare=True)],
                        auto_declare=False,
                        on_message=lambda delivery: self._take(queue, delivery),
                        prefetch_count=1,
                    )
                    with consumer:
                        while not stop.is_set():
                            try:
                                connected.drain_events(timeout=0.5)
                            except TimeoutError:
                                if connected.heartbeat:
                                    connected.heartbeat_check()
                            pause = SHORTEST_PAUSE
            except Exception as error:  # noqa: BLE001 broker or database: both come back, and so must we
                pause = min(pause * 2, LONGEST_PAUSE)
                log.warning("worker.failed", queue=queue, error=repr(error), again_in=pause)
                stop.wait(pause)

    def _take(self, queue: str, delivery: Delivery) -> None:
        """Count the delivery, let go of the message, react. The ledger remembers; the queue need not."""
        try:
            message, _ = decode_loosely(_raw(delivery))
        except MessageError as error:
            self._park(delivery, queue, error)
            return
        with self._context.engine.begin() as connection:
            attempt = attempts.begin(connection, message.id, queue, now=self._context.now(connection))
        delivery.ack()
        if attempt is None:
            log.debug("reaction.repetition", queue=queue, id=message.id)
            return
        with structlog.contextvars.bound_contextvars(queue=queue, id=message.id, appid=message.subject):
            self.carry_out(attempt)

    def _park(self, delivery: Delivery, queue: str, error: MessageError) -> None:
        log.error("message.parked", queue=queue, parked_in=topology.PARKED, error=str(error))
        Producer(delivery.channel).publish(
            _raw(delivery),
            routing_key=topology.PARKED,
            content_type="application/octet-stream",
            content_encoding="binary",
        )
        delivery.ack()

    def carry_out(self, attempt: Attempt) -> None:
        """React to what was begun, and write down how it ended."""
        with self._context.heartbeat.keeping(attempt):
            message, unreadable = decode_loosely(attempt.body)
            answer = retry.given_up(attempt.tries, unreadable) or self._react(attempt, message)
            self._write_down(attempt, message, answer)

    def _react(self, attempt: Attempt, message: Message) -> Answer | Exception:
        try:
            return self._reactions[attempt.queue](self._context, message)
        except Exception as error:
            foreseen = isinstance(error, retry.FORESEEN)
            log.warning("reaction.failed", tries=attempt.tries, error=str(error), exc_info=not foreseen)
            return error

    def _write_down(self, attempt: Attempt, message: Message, answer: Answer | Dead | Exception) -> None:
        """End the reaction and tell its outcome, in one commit; a database that is away is waited for."""
        deadline = time.monotonic() + LONGEST
        while True:
            try:
                self._end(attempt, message, answer)
            except SQLAlchemyError as error:
                if time.monotonic() > deadline:
                    raise
                log.warning("ledger.failed", error=str(error), again_in=1)
                time.sleep(1)
            else:
                return

    def _end(self, attempt: Attempt, message: Message, reacted: Answer | Dead | Exception) -> None:
        with self._context.engine.begin() as connection:
            now = self._context.now(connection)
            answer = self._decided(reacted, attempt.tries, now) if isinstance(reacted, Exception) else reacted
            state, due_at = outcomes.ending(answer)
            ours = attempts.finish(
                connection,
                attempt,
                state,
                answer.note,
                now=now,
                due_at=due_at,
                counts=not isinstance(answer, Wait),
            )
            if not ours:
                log.warning("reaction.lost", note=answer.note, why="its lease ran out, another worker took it up")
                return
            review = spoken_of(connection, message)
            if outcome := outcomes.outcome(attempt, message, answer, now, review):
                inbox.add(connection, [Entry(outcome)], self._context.credentials, now)
        log.info("reaction.ended", state=state.value, note=answer.note, tries=attempt.tries, due_at=due_at)

    @staticmethod
    def _decided(error: Exception, tries: int, now: float) -> RetryAt | Dead:
        return retry.decide(error, tries, now, jitter=random.random())  # noqa: S311 no secret


def _raw(delivery: Delivery) -> bytes:
    body = delivery.body
    return body.encode() if isinstance(body, str) else bytes(body)
