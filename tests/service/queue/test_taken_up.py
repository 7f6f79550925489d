import time

import kombu
from sqlalchemy import Engine

from service import topology
from service.queue import connection as broker
from service.queue.outbox import Outbox
from service.queue.relay import Relay
from service.store.credentials import Credentials
from service.store.tables import attempts
from tests.service.queue.test_relay import broker_url, keep  # noqa: F401 a fixture
from tests.support.servers import eventually


def test_the_messages_in_our_queues_are_counted(broker_url: str) -> None:  # noqa: F811
    """On every broker, and a queue that is not there holds none."""
    with broker.connection(broker_url) as connection:
        channel = broker.ready(connection).channel()
        kombu.Producer(channel).publish(b"one", routing_key="weaudit.release")
        eventually(lambda: broker.not_empty(connection, ["weaudit.release", "nobody's"]) == ["weaudit.release"])
        kombu.Queue("weaudit.release")(channel).purge()
        assert broker.not_empty(connection, topology.REACTIONS) == []
    if not broker_url.startswith("memory"):
        assert set(broker.depths(broker_url).values()) == {0}


def test_what_nobody_took_up_is_published_again_only_if_its_queue_is_empty(
    store: Engine,
    credentials: Credentials,
    broker_url: str,  # noqa: F811
) -> None:
    """Workers that are busy come to it; a copy that was lost is replaced."""
    keep(store, credentials, 1)
    relay = Relay(store, broker_url)
    with broker.connection(broker_url) as connection:
        outbox = Outbox(broker.ready(connection))
        with store.begin() as written:
            written.execute(attempts.delete().where(attempts.c.queue != "weaudit.release"))
        release = kombu.Queue("weaudit.release")(connection.channel())

        def publish_what_waited(due: float) -> int:
            """Let it have waited for a while, and have become due."""
            with store.begin() as written:
                written.execute(attempts.update().values(changed_at=time.time() - 20, due_at=time.time() - due))
            return relay.publish_reactions(outbox)

        assert publish_what_waited(due=20) == 1
        eventually(lambda: broker.not_empty(connection, ["weaudit.release"]), "the copy in the queue")
        assert publish_what_waited(due=1) == 0
        release.purge()
        assert publish_what_waited(due=1) == 1
