import time
from collections.abc import Sequence

import amqp
import kombu
import pytest
from sqlalchemy import ColumnElement, Engine, LargeBinary, cast, select

from service import topology
from service.events.message import decode
from service.queue import connection as broker
from service.queue.outbox import Fate, NotConfirmed, Outbox, Parcel, Published
from service.queue.relay import Relay
from service.store.credentials import Credentials
from service.store.tables import pushes
from tests.service.queue.test_relay import Subscriber, broker_url, keep, subscriber, text, unpublished
from tests.service.store.test_inbox import message
from tests.support.live import running
from tests.support.servers import eventually
from tests.test_whole_path import carried_by

__all__ = ["broker_url", "subscriber"]  # fixtures


def test_a_message_that_no_broker_takes_stops_no_other(
    store: Engine, credentials: Credentials, broker_url: str, subscriber: Subscriber
) -> None:
    """It is put aside, with a note, for longer and longer, and the rest arrives."""
    keep(store, credentials, 1, 2, 3)
    with store.begin() as connection:
        is_bad = pushes.c.id == message(2).id
        connection.execute(pushes.update().where(is_bad).values(routing_key="x" * 300))
    with running({"relay": Relay(store, broker_url).run}):
        eventually(lambda: subscriber.saw(2 if broker_url.startswith("amqp") else 3), "the others")
        if broker_url.startswith("amqp"):
            eventually(lambda: unpublished(store) == 1, "the end of the others")
            eventually(lambda: "cannot be published" in _noted(store, is_bad)[0], "the note")
            assert _noted(store, is_bad)[1] > time.time() + 50


def _noted(store: Engine, which: "ColumnElement[bool]") -> tuple[str, float]:
    """Give the note of a push, and when it is published again."""
    with store.begin() as connection:
        note, until = connection.execute(select(pushes.c.note, pushes.c.publish_at).where(which)).one()
    return note, until


def test_a_batch_that_ends_the_channel_is_split_down_to_who_is_to_blame(
    store: Engine, credentials: Credentials
) -> None:
    """RabbitMQ closes the channel for one message's sake: that one is put aside, and all others arrive."""
    url = carried_by("amqp")
    keep(store, credentials, *range(40))

    class Poisoned(Outbox):
        """Sends one message to an exchange that is not there, which ends a channel."""

        def publish(self, parcels: Sequence[Parcel]) -> Published:
            return super().publish(
                [each._replace(exchange="nowhere") if each.id == message(17).id else each for each in parcels]
            )

    with broker.connection(url) as listening, broker.connection(url) as connection:
        subscriber = Subscriber(listening)
        assert Relay(store, url).publish_events(Poisoned(broker.ready(connection))) == 39
        assert subscriber.saw(39)
        subscriber.saw(100)
    arrived = {decode(text(delivery)).id for delivery in subscriber.seen}
    assert arrived == {message(number).id for number in range(40) if number != 17}
    with store.begin() as connection:
        assert connection.execute(select(pushes.c.id).where(pushes.c.note != "")).scalars().all() == [message(17).id]


def test_a_message_to_an_exchange_that_somebody_deleted_is_not_to_blame(
    store: Engine, credentials: Credentials
) -> None:
    """RabbitMQ closes the channel; the exchange is declared again, and the only message of the batch arrives."""
    url = carried_by("amqp")
    keep(store, credentials, 1)
    with broker.connection(url) as connection:
        outbox = Outbox(broker.ready(connection))
        with broker.connection(url) as other:
            topology.EXCHANGE(other.default_channel).delete()
        assert Relay(store, url).publish_events(outbox) == 1
    with store.begin() as opened:
        assert opened.execute(select(pushes.c.note, pushes.c.publish_at)).one() == ("", None)


class NeverTold(Outbox):
    """A broker one of whose queues confirms nothing."""

    def __init__(self, connected: kombu.Connection) -> None:
        super().__init__(connected)
        self.copies = 0

    def publish(self, parcels: Sequence[Parcel]) -> Published:
        """Count what is sent."""
        self.copies += len(parcels)
        return Published([Fate.UNKNOWN] * len(parcels), NotConfirmed("nothing was confirmed"))


def test_what_a_queue_never_confirms_is_not_sent_to_the_others_again_and_again(
    store: Engine, credentials: Credentials
) -> None:
    """Once more, because a broker may have been away; after that ever less often, with a note."""
    keep(store, credentials, 1)
    with broker.connection("memory://") as connection:
        outbox = NeverTold(broker.ready(connection))
        relay = Relay(store, "memory://")
        for _ in range(2):
            with pytest.raises(NotConfirmed):
                relay.publish_events(outbox)
        assert relay.publish_events(outbox) == 0
    assert outbox.copies == 2
    with store.begin() as opened:
        note, until = opened.execute(select(pushes.c.note, pushes.c.publish_at)).one()
    assert "not confirmed" in note
    assert until > time.time() + 59


def test_what_is_no_text_in_the_database_stops_nothing_else(store: Engine, credentials: Credentials) -> None:
    """SQLite keeps bytes as bytes if another program wrote them."""
    keep(store, credentials, 1, 2)
    with store.begin() as connection:
        is_odd = pushes.c.id == message(1).id
        connection.execute(pushes.update().where(is_odd).values(body=cast(b"{}", LargeBinary)))
    with running({"relay": Relay(store, carried_by("amqp")).run}):
        eventually(lambda: unpublished(store) == 1, "the other one")
        eventually(lambda: "cannot be published" in _noted(store, is_odd)[0], "the note")


def test_a_broker_that_lives_and_confirms_nothing_is_not_waited_for() -> None:
    """Its heartbeats say that it is there, and nothing of the messages."""
    url = carried_by("amqp")
    with broker.connection(url) as connection:
        outbox = Outbox(broker.ready(connection))
        channel = connection.default_channel
        # RabbitMQ ends the channel, and py-amqp opens it anew, in which nothing is confirmed.
        with pytest.raises(amqp.exceptions.NotFound):
            kombu.Queue("nowhere")(channel).queue_declare(passive=True)
        told = outbox.publish([Parcel("1", "{}", "", topology.PARKED)])
        assert told.fates == [Fate.UNKNOWN]
        assert isinstance(told.error, NotConfirmed)
        kombu.Queue(topology.PARKED)(channel).purge()
