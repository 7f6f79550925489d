import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from kombu import Producer, Queue
from sqlalchemy import select

from handlers.answers import Answer, Done, Skipped
from handlers.context import Context, Reaction
from handlers.worker import Worker
from service import topology
from service.events.message import Message, encode
from service.queue import connection as broker
from service.queue.relay import Relay
from service.store.engine import reading
from service.store.tables import attempts, pushes
from tests.conftest import Wechat
from tests.handlers.test_reacting import QUEUE, answering, failing, ledger
from tests.support.live import running
from tests.support.samples import told
from tests.support.servers import eventually
from tests.test_whole_path import carried_by

MEMORY = "memory://"


def test_a_message_of_another_version_on_the_queue_is_begun_and_not_parked(wechat: Wechat) -> None:
    """The copy on the queue names the reaction; what cannot be read in it is decided by the ledger."""
    message = told(wechat, "weapp_audit_success", SuccTime=1)
    body = encode(message).replace('"succ_time":1', '"succ_time":"soon"')
    with wechat.engine.begin() as connection:
        connection.execute(pushes.update().values(body=body))
    with working(wechat, failing(AssertionError("it ran"))):
        eventually(lambda: ledger(wechat)[0] == "dead", "the end of the reaction")


@contextmanager
def working(wechat: Wechat, reaction: Reaction) -> Iterator[Worker]:
    """Run relay and worker on the queue in memory."""
    worker = Worker(wechat.context, MEMORY, {QUEUE: reaction})
    relay = Relay(wechat.engine, MEMORY)
    with running({"relay": relay.run, "worker": partial(worker.run, grace=2.0)}):
        yield worker


def test_a_long_reaction_keeps_its_lease(wechat: Wechat) -> None:
    """While its worker lives, a reaction longer than the lease is not taken up by another."""
    entered, release, runs = threading.Event(), threading.Event(), []

    def slow(_context: Context, _message: Message) -> Answer:
        runs.append(1)
        entered.set()
        release.wait(10)
        return Skipped("slow")

    told(wechat, "weapp_audit_success")
    with working(wechat, slow):
        assert entered.wait(10)
        first = ledger(wechat)[3]
        for _ in range(4):
            wechat.now += 10
            wechat.heartbeat.beat()
        assert ledger(wechat)[3] == first + 40
        release.set()
        eventually(lambda: ledger(wechat)[0] == "skipped", "the end of the reaction")
    assert runs == [1]


def test_a_message_repeated_by_the_queue_is_done_once(wechat: Wechat) -> None:
    """The same delivery many times over: one reaction."""
    runs: list[str] = []

    def react(_context: Context, message: Message) -> Answer:
        runs.append(message.id)
        return Skipped("once")

    message = told(wechat, "weapp_audit_success")
    with broker.connection(MEMORY) as connection:
        producer = Producer(broker.ready(connection).default_channel)
        for _ in range(5):
            producer.publish(encode(message).encode(), routing_key=QUEUE, content_type="x/y")
    with working(wechat, react):
        eventually(lambda: ledger(wechat)[0] == "skipped", "the end of the reaction")
        eventually(lambda: waiting(QUEUE) == 0, "an empty queue")
    assert runs == [message.id]


def waiting(queue: str) -> int:
    """Count the messages in a queue in memory."""
    with broker.connection(MEMORY) as connection:
        return int(Queue(queue)(broker.ready(connection).default_channel).queue_declare(passive=True).message_count)


@pytest.mark.parametrize("junk", [b"\xff\xfe", b"not json", b"{}"])
def test_what_no_reaction_can_read_is_parked(wechat: Wechat, junk: bytes) -> None:
    """Junk does not vanish and does not stop the queue."""
    with broker.connection(MEMORY) as connection:
        channel = broker.ready(connection).default_channel
        Queue(topology.PARKED)(channel).purge()
        Producer(channel).publish(junk, routing_key=QUEUE, content_type="x/y", content_encoding="binary")
        told(wechat, "weapp_audit_success")
        with working(wechat, answering(Skipped("next"))):
            eventually(lambda: ledger(wechat)[0] == "skipped", "the reaction after the junk")
        parked = Queue(topology.PARKED)(channel).get()
    assert parked
    assert bytes(parked.body) == junk


@pytest.mark.parametrize("broker_url", ["amqp", "redis"])
def test_what_is_packed_in_another_way_is_parked(wechat: Wechat, broker_url: str) -> None:
    """It ends no connection."""
    url = carried_by(broker_url)
    with broker.connection(url) as connection:
        channel = broker.ready(connection).default_channel
        Queue(topology.PARKED)(channel).purge()
        headers = {"compression": "application/x-gzip"}
        Producer(channel).publish(
            b"x", routing_key=QUEUE, content_type="x/y", content_encoding="binary", headers=headers
        )
        worker = Worker(wechat.context, url, {QUEUE: answering(Skipped("seen"))}, threads=2)
        with running({"worker": partial(worker.run, grace=2.0)}):
            eventually(lambda: Queue(topology.PARKED)(channel).get(no_ack=True), "what was parked")


def test_a_mini_program_that_hangs_keeps_nobody_elses_reaction_waiting(wechat: Wechat) -> None:
    """Nor does its own second reaction take another thread: with two threads, one is left for all others."""
    entered, release, ended = threading.Event(), threading.Event(), []

    def react(_context: Context, message: Message) -> Answer:
        if message.subject == "wxhangs":
            entered.set()
            release.wait(20)
        ended.append(message.subject)
        return Skipped("seen")

    for number in range(3):
        told(wechat, "weapp_audit_success", appid="wxhangs", SuccTime=number + 1)
    worker = Worker(wechat.context, MEMORY, {QUEUE: react}, threads=2)
    with running({"relay": Relay(wechat.engine, MEMORY).run, "worker": partial(worker.run, grace=2.0)}):
        assert entered.wait(20)
        for number in range(20):
            told(wechat, "weapp_audit_success", appid=f"wx{number}")
        eventually(lambda: len(ended) == 20, "the end of the others")
        release.set()
        eventually(lambda: len(ended) == 23, "the end of those that waited", patience=10)


def test_a_chat_that_hangs_keeps_no_release_waiting(wechat: Wechat) -> None:
    """Who talks to people has threads of his own."""
    release, ended = threading.Event(), []

    def notify(_context: Context, _message: Message) -> Answer:
        release.wait(20)
        return Done("told")

    def react(_context: Context, message: Message) -> Answer:
        ended.append(message.subject)
        return Skipped("seen")

    worker = Worker(wechat.context, MEMORY, {QUEUE: react, topology.NOTIFY: notify}, threads=4)
    with running({"relay": Relay(wechat.engine, MEMORY).run, "worker": partial(worker.run, grace=0.5)}):
        for number in range(30):
            told(wechat, "weapp_audit_success", appid=f"wx{number}")
        eventually(lambda: len(ended) == 30, "all releases")
        release.set()


@pytest.mark.parametrize(("broker_url", "at_once"), [("amqp", False), ("amqp", True), ("redis", False)])
def test_a_queue_that_was_deleted_under_a_worker_is_worked_on_again(
    wechat: Wechat, broker_url: str, *, at_once: bool
) -> None:
    """RabbitMQ ends the consumer, or if the queue is there again at once keeps it and gives it nothing more."""
    url = carried_by(broker_url)
    worker = Worker(wechat.context, url, {QUEUE: answering(Skipped("seen"))}, threads=2)
    with running({"relay": Relay(wechat.engine, url).run, "worker": partial(worker.run, grace=2.0)}):
        first = told(wechat, "weapp_audit_success", SuccTime=1)
        eventually(lambda: ended(wechat, first.id), "the first reaction")
        with broker.connection(url) as connection:
            Queue(QUEUE)(connection.default_channel).delete()
            if at_once:
                topology.declare_queues(connection.default_channel)
        second = told(wechat, "weapp_audit_success", SuccTime=2)
        # What was on its way is published again after 15 s.
        eventually(lambda: ended(wechat, second.id), "the second reaction", patience=30)


def ended(wechat: Wechat, id: str) -> bool:
    """Tell whether the release reaction to a message has ended."""
    mine = (attempts.c.push_id == id) & (attempts.c.queue == QUEUE)
    with reading(wechat.engine) as connection:
        return connection.execute(select(attempts.c.state).where(mine)).scalar() == "skipped"
