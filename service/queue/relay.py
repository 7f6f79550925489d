"""The only publisher: takes from the database what is new or due, publishes it, and notes what the broker confirmed."""

import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog
from kombu import Connection as BrokerConnection
from kombu import Producer
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import SQLAlchemyError

from service import topology
from service.events.message import CONTENT_TYPE
from service.queue import connection as broker
from service.store import attempts
from service.store.attempts import Due
from service.store.engine import database_time
from service.store.tables import TO_PUBLISH, pushes

log = structlog.get_logger(__name__)

BATCH = 500
IDLE = 0.1
# A relay that dies holds what it took for this long; then another publishes it.
HOLD = 15.0
CONFIRM_WITHIN = 5.0
LONGEST_PAUSE = 5.0


class NotConfirmed(Exception):
    """The broker did not say in time that it has the messages, or said that it has not."""


class New(NamedTuple):
    """A push that no subscriber has seen yet."""

    push_id: str
    routing_key: str
    body: str


class Relay:
    """Moves messages from the database to the broker, in batches, until told to stop."""

    def __init__(self, engine: Engine, broker_url: str) -> None:
        """Take the database and the broker's URL; nothing is connected yet."""
        self._engine = engine
        self._broker_url = broker_url

    def run(self, stop: threading.Event) -> None:
        """Publish until `stop` is set; whatever fails is tried again, ever more slowly."""
        if self._broker_url.startswith("memory:"):
            self._recall(stop)
        pause = IDLE
        while not stop.is_set():
            try:
                with broker.connection(self._broker_url) as connected:
                    outbox = _Outbox(broker.ready(connected))
                    log.info("relay.connected")
                    while not stop.is_set():
                        published = self.publish_once(outbox)
                        pause = IDLE
                        if not published:
                            outbox.keep_alive()
                            stop.wait(IDLE)
            except Exception as error:  # noqa: BLE001 broker or database: both come back, and so must we
                pause = min(pause * 2, LONGEST_PAUSE)
                log.warning("relay.failed", error=repr(error), again_in=pause)
                stop.wait(pause)

    def publish_once(self, outbox: "_Outbox") -> int:
        """Publish one batch of what is new and one of what is due; return how many messages were confirmed."""
        with self._engine.begin() as connection:
            now = database_time(connection)
            unpublished = (
                select(pushes.c.seq)
                .where(TO_PUBLISH, pushes.c.publish_at <= now)
                .order_by(pushes.c.publish_at, pushes.c.received_at)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
                .cte("unpublished")
            )
            rows = connection.execute(
                update(pushes)
                .where(pushes.c.seq.in_(select(unpublished.c.seq)))
                .values(publish_at=now + HOLD)
                .returning(pushes.c.id, pushes.c.received_at, pushes.c.routing_key, pushes.c.body)
            ).all()
            due = attempts.take_due(connection, now=now, limit=BATCH)
        if not rows and not due:
            return 0
        new = [New(row.id, row.routing_key, row.body) for row in sorted(rows, key=lambda row: row.received_at)]
        try:
            outbox.publish(new, due)
        except Exception:
            self._give_back(new, due)
            raise
        with self._engine.begin() as connection:
            connection.execute(update(pushes).where(pushes.c.id.in_([n.push_id for n in new])).values(publish_at=None))
        log.debug("relay.published", new=len(new), due=len(due))
        return len(new) + len(due)

    def _give_back(self, new: Sequence[New], due: Sequence[Due]) -> None:
        with self._engine.begin() as connection:
            now = database_time(connection)
            ours = pushes.c.id.in_([n.push_id for n in new]) & TO_PUBLISH
            connection.execute(update(pushes).where(ours).values(publish_at=now))
            attempts.give_back(connection, due, now=now)

    def _recall(self, stop: threading.Event) -> None:
        """Begin on `memory://` with all that is open: the queue that held it ended with its process."""
        while not stop.is_set():
            try:
                with self._engine.begin() as connection:
                    now = database_time(connection)
                    attempts.recall(connection, now=now)
                    connection.execute(update(pushes).where(TO_PUBLISH).values(publish_at=now))
            except SQLAlchemyError as error:
                log.warning("relay.failed", error=repr(error), again_in=1)
                stop.wait(1)
            else:
                return


class _Outbox:
    """One connected broker: publishes a batch and returns when the broker has all of it."""

    def __init__(self, connected: BrokerConnection) -> None:
        self._connected = connected
        self._producer = Producer(connected.default_channel, auto_declare=False)
        self._confirms = _Confirms(connected) if connected.transport.driver_type == "amqp" else None

    def publish(self, new: Sequence[New], due: Sequence[Due]) -> None:
        """Publish what is new to the exchange and what is due to its queue alone.

        Raises NotConfirmed and the transport's errors; the connection is then of no further use.
        """
        if self._confirms:
            self._confirms.expect(len(new) + len(due))
        if self._producer.supports_batch_publish:
            with self._producer.batch():
                self._send(new, due)
        else:
            self._send(new, due)
        if self._confirms:
            self._confirms.wait()

    def keep_alive(self) -> None:
        """Exchange heartbeats, so that an idle connection is not closed and a dead one is noticed."""
        if self._confirms:
            self._confirms.keep_alive()

    def _send(self, new: Sequence[New], due: Sequence[Due]) -> None:
        for message in new:
            self._put(message.push_id, message.body, topology.EXCHANGE.name, message.routing_key)
        for item in due:
            self._put(item.push_id, item.body, "", item.queue)

    def _put(self, push_id: str, body: str, exchange: str, routing_key: str) -> None:
        self._producer.publish(
            body.encode(),
            exchange=exchange,
            routing_key=routing_key,
            content_type=CONTENT_TYPE,
            content_encoding="utf-8",
            delivery_mode=2,
            message_id=push_id,
            retry=False,
        )


class _Confirms:
    """RabbitMQ's confirms for a whole batch: one wait for many messages, where kombu would wait for each."""

    def __init__(self, connected: BrokerConnection) -> None:
        self._connected = connected
        self._published = 0
        self._open: set[int] = set()
        self._refused = False
        channel: Any = connected.default_channel
        channel.confirm_select()
        channel.events["basic_ack"].add(self._acked)
        channel.events["basic_nack"].add(self._nacked)

    def expect(self, messages: int) -> None:
        """Count messages before they are published: the first confirms come while the last are still being sent."""
        self._open.update(range(self._published + 1, self._published + messages + 1))
        self._published += messages

    def wait(self) -> None:
        """Wait until the broker has confirmed all that was published.

        Raises NotConfirmed.
        """
        deadline = time.monotonic() + CONFIRM_WITHIN
        while self._open and not self._refused:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotConfirmed(f"the broker did not confirm {len(self._open)} messages within {CONFIRM_WITHIN} s")
            self._connected.drain_events(timeout=left)
        if self._refused:
            raise NotConfirmed("the broker refused a message")

    def keep_alive(self) -> None:
        try:
            self._connected.drain_events(timeout=0.001)
        except TimeoutError:
            self._connected.heartbeat_check()

    def _acked(self, delivery_tag: int, multiple: bool) -> None:  # noqa: FBT001 py-amqp calls it so
        if multiple:
            self._open = {tag for tag in self._open if tag > delivery_tag}
        else:
            self._open.discard(delivery_tag)

    def _nacked(self, delivery_tag: int, multiple: bool) -> None:  # noqa: FBT001 py-amqp calls it so
        self._refused = True
        self._acked(delivery_tag, multiple)
