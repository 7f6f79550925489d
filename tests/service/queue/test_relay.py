import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import kombu
import pytest
from sqlalchemy import Engine, select

from service import topology
from service.events.message import decode
from service.queue import connection as broker
from service.queue.outbox import Outbox, Parcel, Published
from service.queue.relay import Relay
from service.store import inbox, publishing
from service.store.credentials import Credentials
from service.store.inbox import Entry
from service.store.publishing import HOLD
from service.store.tables import attempts, pushes
from tests.service.store.test_inbox import message
from tests.support.live import running
from tests.support.servers import eventually
from tests.test_whole_path import carried_by

# Before any time that a relay writes.
BEGINNING = 2.0


@pytest.fixture(params=["memory", "amqp", "redis"])
def broker_url(request: pytest.FixtureRequest) -> str:
    """Give each broker that people use, empty."""
    return carried_by(request.param)


class Subscriber:
    """A queue of a downstream system's own, bound to everything."""

    def __init__(self, connection: kombu.Connection) -> None:
        self.seen: list[kombu.Message] = []
        mine = kombu.Queue("test-subscriber", topology.EXCHANGE, routing_key="#", auto_delete=True)
        channel = broker.ready(connection).default_channel
        mine(channel).declare()
        mine(channel).purge()
        self._connection = connection
        self._consumer = kombu.Consumer(channel, queues=[mine], on_message=self.seen.append, no_ack=True)
        self._consumer.consume()

    def saw(self, number: int) -> bool:
        """Tell whether so many messages have come."""
        with suppress(TimeoutError):
            while len(self.seen) < number:
                self._connection.drain_events(timeout=0.1)
        return len(self.seen) >= number


@pytest.fixture
def subscriber(broker_url: str) -> Iterator[Subscriber]:
    """Give a subscriber."""
    with broker.connection(broker_url) as connection:
        yield Subscriber(connection)


def text(delivery: kombu.Message) -> str:
    """Give the body of a message; transports differ in its type."""
    return delivery.body if isinstance(delivery.body, str) else bytes(delivery.body).decode()


def keep(engine: Engine, credentials: Credentials, *numbers: int) -> None:
    """Let pushes be kept."""
    with engine.begin() as connection:
        inbox.add(connection, [Entry(message(number)) for number in numbers], credentials, BEGINNING)


def unpublished(engine: Engine) -> int:
    """Count what is still to be published."""
    with engine.begin() as connection:
        return len(connection.execute(select(pushes.c.id).where(pushes.c.publish_at.is_not(None))).all())


def test_every_push_is_published_once_in_order(
    store: Engine, credentials: Credentials, broker_url: str, subscriber: Subscriber
) -> None:
    """More than one batch of messages arrives, in the order they were kept, each with the contract's properties."""
    keep(store, credentials, *range(1200))
    with running({"relay": Relay(store, broker_url).run}):
        eventually(lambda: subscriber.saw(1200), "the last message")
        eventually(lambda: unpublished(store) == 0, "the confirmation of the last message")
    seen = [decode(text(delivery)) for delivery in subscriber.seen]
    assert seen == [message(number) for number in range(1200)]
    first = subscriber.seen[0]
    assert (first.content_type, first.content_encoding) == ("application/cloudevents+json", "utf-8")
    assert first.properties["message_id"] == seen[0].id
    assert first.properties["delivery_mode"] == 2
    assert first.delivery_info["routing_key"] == seen[0].routing_key


def test_what_is_due_goes_to_its_own_queue_alone(
    store: Engine, credentials: Credentials, broker_url: str, subscriber: Subscriber
) -> None:
    """A reaction that is tried again does not bother subscribers, or the other reactions."""
    keep(store, credentials, 1)
    with store.begin() as connection:
        connection.execute(pushes.update().values(publish_at=None))
        connection.execute(attempts.delete().where(attempts.c.queue != "weaudit.release"))
    with running({"relay": Relay(store, broker_url).run}), broker.connection(broker_url) as connection:
        release = kombu.Queue("weaudit.release")(broker.ready(connection).default_channel)
        got: list[kombu.Message] = []

        def arrived() -> bool:
            if delivery := release.get(no_ack=True):
                got.append(delivery)
            return bool(got)

        eventually(arrived, "the message that is due")
    assert decode(text(got[0])).id == message(1).id
    assert not subscriber.saw(1)


@pytest.mark.parametrize("broker_url", ["amqp", "redis"], indirect=True)
def test_two_relays_publish_each_push_once(
    store: Engine, credentials: Credentials, broker_url: str, subscriber: Subscriber
) -> None:
    """What one has taken the other leaves alone."""
    keep(store, credentials, *range(600))
    with running({"one": Relay(store, broker_url).run, "other": Relay(store, broker_url).run}):
        eventually(lambda: unpublished(store) == 0, "the confirmation of the last message")
        eventually(lambda: subscriber.saw(600), "the last message")
    assert not subscriber.saw(601)


def test_what_a_relay_took_and_did_not_publish_is_published_by_another(store: Engine, credentials: Credentials) -> None:
    """A relay that died holds its batch for half a minute, no longer."""
    url = carried_by("redis")
    keep(store, credentials, 1, 2)
    with store.begin() as connection:
        is_held = pushes.c.id == message(1).id
        connection.execute(pushes.update().where(is_held).values(publish_at=time.time() + HOLD))
    with running({"relay": Relay(store, url).run}):
        eventually(lambda: unpublished(store) == 1, "the publishing of what nobody holds")
        with store.begin() as connection:
            connection.execute(pushes.update().where(is_held).values(publish_at=pushes.c.publish_at - HOLD))
        eventually(lambda: unpublished(store) == 0, "the publishing of what was held")


def test_a_push_that_was_given_the_number_of_another_is_not_taken_for_it(
    store: Engine, credentials: Credentials
) -> None:
    """A database was put back, or its standby took over, while a relay waited for the broker's word."""
    keep(store, credentials, 1)
    with store.begin() as connection:
        taken = publishing.take_new(connection, now=time.time() + 1, limit=10)
    with store.begin() as connection:
        another = {"id": "another", "publish_at": pushes.c.received_at}
        connection.execute(attempts.delete())
        connection.execute(pushes.update().where(pushes.c.seq == taken[0].seq).values(another))
    with store.begin() as connection:
        publishing.settle(connection, taken)
        publishing.give_back(connection, taken, now=9e9)
    with store.begin() as connection:
        again = publishing.take_new(connection, now=time.time() + 1, limit=10)
    assert [each.push_id for each in again] == ["another"]


def test_what_is_taken_is_held_for_half_a_minute(store: Engine, credentials: Credentials) -> None:
    """As long as a batch may take, and a dead relay may delay a verdict."""
    keep(store, credentials, 1)
    taken_until: list[float] = []

    class Watching(Outbox):
        def publish(self, parcels: Sequence[Parcel]) -> Published:
            """Look at what is held."""
            with store.begin() as connection:
                taken_until.extend(connection.execute(select(pushes.c.publish_at)).scalars())
            return super().publish(parcels)

    before = time.time()
    with broker.connection("memory://") as connection:
        Relay(store, "memory://").publish_events(Watching(broker.ready(connection)))
    assert before + HOLD <= taken_until[0] <= time.time() + HOLD


def test_a_full_queue_of_a_subscriber_holds_up_nothing_and_nobody_gets_a_second_copy(
    store: Engine, credentials: Credentials
) -> None:
    """What one queue refuses is noted and not sent again; our own reactions are on their queues meanwhile."""
    url = carried_by("amqp")
    full = {"x-max-length": 1, "x-overflow": "reject-publish"}
    with broker.connection(url) as connection:
        subscriber = Subscriber(connection)
        channel = connection.default_channel
        refusing = kombu.Queue("test-full", topology.EXCHANGE, routing_key="#", auto_delete=True, queue_arguments=full)(
            channel
        )
        refusing.declare()
        keep(store, credentials, *range(100))
        with running({"relay": Relay(store, url).run}):
            eventually(lambda: unpublished(store) == 0, "the end of publishing")
            eventually(lambda: subscriber.saw(100), "the last message")
            assert not subscriber.saw(101)
        release = kombu.Queue("weaudit.release")(channel).queue_declare(passive=True)
        refusing.delete()
    assert release.message_count == 100
    with store.begin() as connection:
        assert publishing.notes(connection).keys() == {publishing.REFUSED}
    carried_by("amqp")


def test_a_queue_of_ours_that_was_deleted_is_made_again_and_filled(store: Engine, credentials: Credentials) -> None:
    """The broker gives back what has no queue, so that it does not wait for a minute."""
    url = carried_by("amqp")
    with broker.connection(url) as connection:
        release = kombu.Queue("weaudit.release")(broker.ready(connection).default_channel)
        with running({"relay": Relay(store, url).run}):
            keep(store, credentials, 1)
            eventually(lambda: unpublished(store) == 0, "the first message")
            release.delete()
            keep(store, credentials, 2)
            eventually(lambda: has(url, "weaudit.release", message(2).id), "the second message", patience=10)


def has(url: str, queue: str, id: str) -> bool:
    """Take a message off a queue that may just be made, and tell whether it is that one."""
    with broker.connection(url) as connection:
        try:
            delivery = kombu.Queue(queue)(connection.default_channel).get(no_ack=True)
        # RabbitMQ ends a whole connection (541) that asks for a quorum queue while it is being deleted or made.
        except (*connection.channel_errors, *connection.connection_errors):
            return False
        return delivery is not None and decode(text(delivery)).id == id


@pytest.mark.parametrize("broker_url", ["amqp", "redis"], indirect=True)
def test_our_queues_get_no_copy_by_the_exchange(store: Engine, credentials: Credentials, broker_url: str) -> None:
    """A former version of weaudit bound them; a message would come twice."""
    with broker.connection(broker_url) as connection:
        release = kombu.Queue("weaudit.release")(broker.ready(connection).default_channel)
        release.bind_to(topology.EXCHANGE, routing_key="weapp_audit_success.*")
        keep(store, credentials, 1)
        with running({"relay": Relay(store, broker_url).run}):
            eventually(lambda: unpublished(store) == 0, "the message to the exchange")
            eventually(lambda: release.get(no_ack=True), "the message straight to the queue")
        assert not release.get(no_ack=True)


@pytest.mark.parametrize("broker_url", ["amqp", "redis"], indirect=True)
def test_reactions_do_not_wait_while_subscribers_are_served(
    store: Engine, credentials: Credentials, broker_url: str
) -> None:
    """A broker that is slow to confirm what a subscriber's queue has to take delays no release."""
    subscribers_have_it = threading.Event()

    class SlowForSubscribers(Relay):
        """Publishes an event when it is allowed to."""

        def publish_events(self, outbox: Outbox) -> int:
            subscribers_have_it.wait()
            return super().publish_events(outbox)

    keep(store, credentials, 1)
    with broker.connection(broker_url) as connection:
        release = kombu.Queue("weaudit.release")(broker.ready(connection).default_channel)
        with running({"relay": SlowForSubscribers(store, broker_url).run}):
            eventually(lambda: release.get(no_ack=True), "the reaction")
            assert unpublished(store) == 1
            subscribers_have_it.set()


def test_stopping_is_not_kept_waiting_by_a_broker_that_is_away(store: Engine) -> None:
    """A relay without a broker ends as soon as it is told to."""
    stop = threading.Event()
    thread = threading.Thread(target=Relay(store, "amqp://127.0.0.1:1//").run, args=(stop,))
    thread.start()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
