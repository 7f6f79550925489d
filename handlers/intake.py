"""The way in for reactions: one connection that takes messages off queues for many threads, and lets go of them."""

import queue
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import structlog
from kombu import Connection, Producer
from kombu import Message as Delivery

from handlers.subscription import Subscription
from service import topology
from service.bell import reactions_published
from service.queue import connection as broker
from service.queue import refusals
from service.seldom import News

log = structlog.get_logger(__name__)

SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
# In seconds: as long an acknowledgement waits if nothing else comes.
SETTLE_EVERY = 0.05
# Messages at hand for each thread: with one it waited for the acknowledgement of the former, and 8 threads did
# 35 looks a second instead of 57.
AT_HAND = 2


class Arrived(NamedTuple):
    """A message from a queue; `connection` counts which one it came over, and is 0 when it was let go of."""

    queue: str
    body: bytes
    delivery: Delivery
    connection: int


class Intake:
    """Fills the hands of the threads of one process, and empties them over the connection that filled them."""

    def __init__(
        self,
        broker_url: str,
        queues: Iterable[str],
        at_once: int,
        ca_file: Path | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the queues, how many messages are worked on at once, and what to call as long as its work goes on."""
        self._beat = beat
        self._broker_url, self._ca_file = broker_url, ca_file
        self._in_memory, self._heard = broker_url.startswith("memory:"), 0
        self._queues = tuple(queues)
        self._at_once = at_once
        self._waiting: queue.SimpleQueue[Arrived] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Arrived, bool]] = queue.SimpleQueue()
        self._connections = 0
        self._subscriptions: dict[str, Subscription] = {}

    def run(self, stop: threading.Event) -> None:
        """Take messages until `stop` is set; a broker that is away is waited for."""
        pause, news = SHORTEST_PAUSE, News()
        while not stop.is_set():
            self._beat()
            try:
                with broker.connection(self._broker_url, self._ca_file) as connected:
                    self._connections += 1
                    broker.ready_for_reactions(connected)
                    news.over()
                    log.info("worker.connected", queues=self._queues, broker=broker.where(self._broker_url))
                    self._subscriptions = {name: self._subscription(connected, name) for name in self._queues}
                    while not stop.is_set():
                        self._drain(connected)
                        pause = SHORTEST_PAUSE
                    self._settle()
            except Exception as error:  # noqa: BLE001 the broker comes back, and so must we
                pause = min(pause * 2, LONGEST_PAUSE)
                said, where = refusals.said(error), broker.where(self._broker_url)
                news.warn(log, "worker.failed", error=said, queues=self._queues, broker=where, again_in=pause)
                stop.wait(pause)

    def next(self, timeout: float) -> Arrived | None:
        """Return the next message, or None if none comes in time; in any thread."""
        try:
            return self._waiting.get(timeout=timeout)
        except queue.Empty:
            return None

    def again(self, arrived: Arrived) -> None:
        """Give out once more what was let go of and may be tried now."""
        self._waiting.put(arrived._replace(connection=0))

    def let_go(self, arrived: Arrived, *, park: bool = False) -> None:
        """Acknowledge a message soon, in the connection's own thread; what nobody can read is parked before."""
        if arrived.connection:
            self._done.put((arrived, park))

    def _subscription(self, connected: Connection, name: str) -> Subscription:
        number = self._connections

        def take(name: str, delivery: Delivery) -> None:
            self._waiting.put(Arrived(name, _raw(delivery), delivery, number))

        return Subscription(connected, name, self._at_once * AT_HAND, take)

    def _drain(self, connected: Connection) -> None:
        self._beat()
        self._settle()
        for subscription in self._subscriptions.values():
            subscription.renew_if_quiet()
        try:
            connected.drain_events(timeout=0 if self._in_memory else SETTLE_EVERY)
        except TimeoutError:
            if self._in_memory:
                self._heard = reactions_published.wait(self._heard, SETTLE_EVERY)
            if connected.heartbeat:
                connected.heartbeat_check()

    def _settle(self) -> None:
        while not self._done.empty():
            arrived, park = self._done.get()
            # The broker gives out anew what a connection held that is gone; the ledger knows it as a repetition.
            if arrived.connection != self._connections:
                continue
            if park:
                _park(arrived)
            self._subscriptions[arrived.queue].settle(arrived.delivery)


def _raw(delivery: Delivery) -> bytes:
    body = delivery.body
    return body.encode() if isinstance(body, str) else bytes(body)


def _park(arrived: Arrived) -> None:
    Producer(arrived.delivery.channel).publish(
        arrived.body,
        routing_key=topology.PARKED,
        content_type="application/octet-stream",
        content_encoding="binary",
    )
