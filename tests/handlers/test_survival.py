import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pytest
from kombu import Producer
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from handlers.answers import Answer, Skipped
from handlers.context import Context
from handlers.worker import Worker
from service.events.message import Message, encode
from service.queue import connection as broker
from service.queue.relay import Relay
from service.store.credentials import Credentials
from tests.conftest import Wechat, migrated, outbound, postgresql
from tests.handlers.test_reacting import QUEUE, answering, ledger
from tests.handlers.test_worker import MEMORY, ended
from tests.support.live import running
from tests.support.samples import told
from tests.support.servers import eventually


@pytest.fixture
def own() -> Iterator[Engine]:
    """Give a PostgreSQL database of the test's own, whose sessions it may end."""
    with postgresql() as url:
        made = migrated(url)
        yield made
        made.dispose()


@pytest.fixture
def wechat(own: Engine, credentials: Credentials) -> Wechat:
    """Give WeChat's servers."""
    return Wechat(own, credentials, outbound())


def take_writes(engine: Engine, *, allowed: bool) -> None:
    """Let the server take writes or not, and end all sessions, as a switch to a standby does."""
    admin = create_engine(engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    name = engine.url.database
    with admin.connect() as connection:
        setting = "off" if allowed else "on"
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = {setting}"))
        if not allowed:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
            )
    admin.dispose()


def waits(wechat: Wechat) -> bool:
    """Tell whether the reaction has not ended; whoever asks uses one of the sessions that were ended."""
    with suppress(OperationalError):
        return ledger(wechat)[0] == "running"
    return False


def test_what_the_ledger_does_not_take_is_parked_and_ends_no_thread(wechat: Wechat) -> None:
    """A message of a stranger's with a NUL in its id; the next one is worked on by the only thread that there is."""
    foreign = encode(told(wechat, "weapp_audit_success", SuccTime=1)).replace('"id":"', '"id":"\\u0000')
    worker = Worker(wechat.context, MEMORY, {QUEUE: answering(Skipped("seen"))}, threads=1)
    with broker.connection(MEMORY) as connection:
        producer = Producer(broker.ready(connection).default_channel)
        for _ in range(3):
            producer.publish(foreign.encode(), routing_key=QUEUE, content_type="x/y")
    with running({"relay": Relay(wechat.engine, MEMORY).run, "worker": partial(worker.run, grace=2.0)}):
        message = told(wechat, "weapp_audit_success", SuccTime=2)
        eventually(lambda: ended(wechat, message.id), "the reaction of the only thread")


def test_a_reaction_that_ends_while_nothing_can_be_written_ends_as_it_did(wechat: Wechat) -> None:
    """A server that became read-only is waited for: the reaction is not dead, and the next one is not forgotten."""
    entered, go_on = threading.Event(), threading.Event()

    def react(_context: Context, _message: Message) -> Answer:
        entered.set()
        go_on.wait(20)
        return Skipped("seen")

    first = told(wechat, "weapp_audit_success", SuccTime=1)
    worker = Worker(wechat.context, MEMORY, {QUEUE: react}, threads=1)
    with running({"relay": Relay(wechat.engine, MEMORY).run, "worker": partial(worker.run, grace=2.0)}):
        assert entered.wait(20)
        take_writes(wechat.engine, allowed=False)
        with broker.connection(MEMORY) as connection:
            other = encode(first).replace(first.id, "f" * 32)
            Producer(broker.ready(connection).default_channel).publish(
                other.encode(), routing_key=QUEUE, content_type="x/y"
            )
        go_on.set()
        eventually(lambda: waits(wechat), "the wait")
        take_writes(wechat.engine, allowed=True)
        eventually(lambda: ended(wechat, first.id), "the end of the reaction")
        second = told(wechat, "weapp_audit_success", SuccTime=2)
        eventually(lambda: ended(wechat, second.id), "the next reaction")
