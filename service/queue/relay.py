"""The only publisher: takes from the database what is due or new, publishes it, and notes what became of it.

Two lanes, each with its own rows, connection and thread, so that neither waits for the other: reactions go straight to
their own queues; what happened goes to the exchange, for subscribers. A batch that the broker does not bear is split
down to the member that is to blame, and that one is put aside for a while.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import structlog
from kombu import Connection as BrokerConnection
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service import topology
from service.bell import pushes_kept, reactions_published
from service.metrics import Metrics
from service.pulse import Pulse
from service.queue import connection as broker
from service.queue import refusals
from service.queue.outbox import Fate, NotConfirmed, Outbox, Parcel
from service.seldom import News, Seldom
from service.store import due, publishing
from service.store.due import Due
from service.store.engine import database_time
from service.store.publishing import REFUSED, New
from service.threads import begin

log = structlog.get_logger(__name__)

BATCH = 500
IDLE = 0.1
# After so few more are waited for, in seconds: else each of a trickle costs a round of three transactions of its own.
FEW, GATHER = 50, 0.05
# After none although the bell was rung: what no queue takes, or another relay took, is not tried without a pause.
BREATH = 0.02
LONGEST_PAUSE = 5.0
# What somebody deleted while we were connected is there again after this, in seconds.
DECLARE_EVERY = 60.0
UNSENDABLE = "cannot be published: no broker takes it as it is"
UNCONFIRMED = "not confirmed: a queue that is bound to the exchange does not take it"

Member = TypeVar("Member", New, Due)
Fates = list[tuple[Member, Fate]]


class _Lane(NamedTuple):
    """What a thread of its own publishes, and what it needs the broker to have for that."""

    name: str
    ready: Callable[[BrokerConnection], BrokerConnection]
    publish: Callable[[Outbox], int]


class Relay:
    """Moves messages from the database to the broker, in batches, until told to stop."""

    def __init__(
        self,
        engine: Engine,
        broker_url: str,
        ca_file: Path | None = None,
        *,
        metrics: Metrics | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        """Take the database and the broker's URL; nothing is connected yet."""
        self._engine = engine
        self._broker_url, self._ca_file = broker_url, ca_file
        self._in_memory = broker_url.startswith("memory:")
        self._reactions = _Lane("reactions", broker.ready_for_reactions, self.publish_reactions)
        self._events = _Lane("events", broker.ready_for_events, self.publish_events)
        self._metrics, self._pulse = metrics or Metrics(), pulse or Pulse()
        self._unconfirmed: set[tuple[str, str]] = set()
        self._refusing = Seldom()

    def run(self, stop: threading.Event) -> None:
        """Publish until `stop` is set; whatever fails is tried again, ever more slowly."""
        if self._in_memory:
            self._recall(stop)
        reactions = begin(lambda: self._run(self._reactions, stop), "relay-reactions")
        self._run(self._events, stop)
        reactions.result()

    def _run(self, lane: "_Lane", stop: threading.Event) -> None:
        pause, news = IDLE, News()
        while not stop.is_set():
            self._pulse.beat(lane.name)
            try:
                with broker.connection(self._broker_url, self._ca_file) as connected:
                    outbox = Outbox(lane.ready(connected))
                    news.over()
                    log.info("relay.connected", lane=lane.name, broker=broker.where(self._broker_url))
                    for published in self._rounds(outbox, lane, stop):
                        pause = IDLE
                        self._pulse.beat(lane.name)
                        self._metrics.published.labels(lane.name).inc(published)
            except Exception as error:  # noqa: BLE001 broker or database: both come back, and so must we
                pause = min(pause * 2, LONGEST_PAUSE)
                self._metrics.relay_failures.labels(lane.name).inc()
                where = broker.where(self._broker_url)
                news.warn(log, "relay.failed", error=refusals.said(error), lane=lane.name, broker=where, again_in=pause)
                stop.wait(pause)

    def _rounds(self, outbox: Outbox, lane: "_Lane", stop: threading.Event) -> Iterator[int]:
        declared, heard, was_rung = time.monotonic(), 0, False
        while not stop.is_set():
            # kombu's state in memory is shared and not locked, and nobody else can delete anything there.
            if not self._in_memory and time.monotonic() - declared > DECLARE_EVERY:
                lane.ready(outbox.connection)
                declared = time.monotonic()
            yield (published := lane.publish(outbox))
            if published:
                was_rung = False
                if published < FEW:
                    stop.wait(GATHER)
                continue
            if was_rung:
                stop.wait(BREATH)
            outbox.keep_alive()
            before, heard = heard, pushes_kept.wait(heard, IDLE)
            was_rung = heard != before

    def publish_reactions(self, outbox: Outbox) -> int:
        """Publish one batch of due reactions, each to its own queue; return how many the broker has."""
        with self._engine.begin() as connection:
            taken = due.take(connection, now=database_time(connection), limit=BATCH)
        published = self._publish(outbox, taken, _to_its_queue, partial(self._note_reactions, outbox))
        if published and self._in_memory:
            reactions_published.ring()
        return published

    def publish_events(self, outbox: Outbox) -> int:
        """Publish one batch of what happened to the exchange; return how much the broker has.

        What a subscriber's queue refuses is not sent again: all the others would get it a second time.
        """
        with self._engine.begin() as connection:
            new = publishing.take_new(connection, now=database_time(connection), limit=BATCH)
        return self._publish(outbox, new, _to_the_exchange, self._note_events)

    def _publish(
        self,
        outbox: Outbox,
        members: Sequence[Member],
        parcel: Callable[[Member], Parcel],
        note: Callable[[Fates[Member]], None],
        *,
        again: bool = False,
    ) -> int:
        """Publish a batch, and write down what became of each; return how many the broker has.

        Of a batch that ends the channel, what is not known to be taken is published in halves, and who ends it alone is
        unsendable. Raises what says that the broker is away, or does not tell.
        """
        if not members:
            return 0
        fates, error = outbox.publish([parcel(member) for member in members])
        told = list(zip(members, fates, strict=True))
        unknown = [member for member, fate in told if fate is Fate.UNKNOWN]
        ends_the_channel = isinstance(error, outbox.connection.channel_errors)
        if ends_the_channel and len(members) == 1 and again:
            told = [(members[0], Fate.UNSENDABLE)]
        note([each for each in told if each[1] is not Fate.UNKNOWN])
        taken = fates.count(Fate.TAKEN)
        if error is None:
            self._unconfirmed.difference_update(map(_name, members))
            return taken
        if not ends_the_channel:
            confirms = not isinstance(error, NotConfirmed)
            note([(item, Fate.NOT_SENT if confirms else self._not_told_of(item, taken)) for item in unknown])
            raise error
        log.warning("relay.channel_ended", messages=len(members), error=refusals.said(error))
        # What somebody may have deleted is declared again, over the same connection.
        READY[parcel](outbox.connection)
        outbox.reopen()
        if len(members) == 1:
            # What somebody had deleted is declared again by now, and then it is not the message's fault.
            return taken if again else self._publish(outbox, members, parcel, note, again=True)
        half = len(unknown) // 2
        for part in (unknown[:half], unknown[half:]):
            taken += self._publish(outbox, part, parcel, note)
        return taken

    def _not_told_of(self, item: New | Due, others: int) -> Fate:
        """Say whether a message is sent to everybody again of which a broker that answers did not tell.

        Not if it told of others, nor if it did not tell of this one before.
        """
        if others or _name(item) in self._unconfirmed:
            self._unconfirmed.discard(_name(item))
            return Fate.UNKNOWN
        self._unconfirmed.add(_name(item))
        return Fate.NOT_SENT

    def _note_reactions(self, outbox: Outbox, fates: Fates[Due]) -> None:
        unroutable = [item for item, fate in fates if fate is Fate.UNROUTABLE]
        again = [item for item, fate in fates if fate is Fate.NOT_SENT]
        for item, fate in fates:
            if fate in {Fate.UNSENDABLE, Fate.REFUSED}:
                self._put_aside(item, fate)
        if unroutable:
            log.warning("relay.queue_missing", queues=sorted({item.queue for item in unroutable}))
            broker.ready_for_reactions(outbox.connection)
        if unroutable or again:
            keys = [(item.push_id, item.queue) for item in (*unroutable, *again)]
            with self._engine.begin() as connection:
                due.give_back(connection, keys, now=database_time(connection))

    def _note_events(self, fates: Fates[New]) -> None:
        by_fate: dict[Fate, list[New]] = defaultdict(list)
        for item, fate in fates:
            by_fate[fate].append(item)
        with self._engine.begin() as connection:
            publishing.settle(connection, by_fate[Fate.TAKEN])
            publishing.settle(connection, by_fate[Fate.REFUSED], note=REFUSED)
            if by_fate[Fate.NOT_SENT]:
                publishing.give_back(connection, by_fate[Fate.NOT_SENT], now=database_time(connection))
        if refused := by_fate[Fate.REFUSED]:
            why = "a queue that is bound to the exchange is full"
            self._refusing.warn(log, "subscriber.refuses", times=len(refused), why=why)
        for item, fate in fates:
            if fate in {Fate.UNSENDABLE, Fate.UNKNOWN}:
                self._put_aside(item, fate)

    def _put_aside(self, item: New | Due, fate: Fate) -> None:
        """Write down why one message was not published; it is tried again ever less often."""
        log.error("relay.put_aside", id=item.push_id, why=fate.value)
        with self._engine.begin() as connection:
            if isinstance(item, Due):
                due.park(connection, item, UNSENDABLE if fate is Fate.UNSENDABLE else REFUSED)
            else:
                why = UNSENDABLE if fate is Fate.UNSENDABLE else UNCONFIRMED
                publishing.put_aside(connection, item.push_id, why, now=database_time(connection))

    def _recall(self, stop: threading.Event) -> None:
        """Begin on `memory://` with all that is open: the queue that held it ended with its process."""
        while not stop.is_set():
            try:
                with self._engine.begin() as connection:
                    now = database_time(connection)
                    due.recall(connection, now=now)
                    publishing.recall(connection, now=now)
            except SQLAlchemyError as error:
                log.warning("relay.failed", error=repr(error), again_in=1)
                stop.wait(1)
            else:
                return


def _name(item: New | Due) -> tuple[str, str]:
    """Name a push, or a reaction to it, whenever it was taken."""
    return item.push_id, item.queue if isinstance(item, Due) else ""


def _to_its_queue(item: Due) -> Parcel:
    return Parcel(item.push_id, item.body, "", item.queue)


def _to_the_exchange(new: New) -> Parcel:
    return Parcel(new.push_id, new.body, topology.EXCHANGE.name, new.routing_key)


READY: Mapping[Callable[..., Parcel], Callable[[BrokerConnection], BrokerConnection]] = {
    _to_its_queue: broker.ready_for_reactions,
    _to_the_exchange: broker.ready_for_events,
}
