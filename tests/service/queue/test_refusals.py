"""Brokers whose users may do less than everything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kombu
import pytest
import redis
from sqlalchemy import Engine

from service import topology
from service.queue import connection as broker
from service.queue.outbox import Fate, Outbox, Parcel
from service.queue.refusals import REDIS_RIGHTS, BrokerRefused
from service.queue.relay import Relay
from service.store.credentials import Credentials
from tests.service.queue.test_relay import keep
from tests.support.live import running
from tests.support.servers import Server, eventually, own_rabbitmq, own_redis, rabbitmqctl

ALL = ".*"
NOTHING = "^$"


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a RabbitMQ of our own."""
    with own_rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture
def vhost(rabbitmq: Server, request: pytest.FixtureRequest) -> str:
    """Make a virtual host, and give its name."""
    name = request.node.originalname
    rabbitmqctl(rabbitmq, "add_vhost", name)
    rabbitmqctl(rabbitmq, "set_permissions", "-p", name, "guest", ALL, ALL, ALL)
    return str(name)


def user(rabbitmq: Server, vhost: str, *rights: str) -> str:
    """Make a user with those rights to configure, write and read, and give its URL."""
    rabbitmqctl(rabbitmq, "add_user", vhost, "hush")
    if rights:
        rabbitmqctl(rabbitmq, "set_permissions", "-p", vhost, vhost, *rights)
    return f"amqp://{vhost}:hush@127.0.0.1:{rabbitmq.port}/{vhost}"


def administrator(rabbitmq: Server, vhost: str) -> str:
    """Give the URL of who may everything."""
    return f"amqp://guest:guest@127.0.0.1:{rabbitmq.port}/{vhost}"


def test_who_may_not_configure_works_where_all_is_declared(
    rabbitmq: Server, vhost: str, store: Engine, credentials: Credentials
) -> None:
    """Messages go to their queues and to subscribers; nothing is declared."""
    with broker.connection(administrator(rabbitmq, vhost)) as connected:
        broker.ready(connected)
        mine = kombu.Queue("mine", topology.EXCHANGE, routing_key="#")(connected.default_channel)
        mine.declare()
        url = user(rabbitmq, vhost, NOTHING, ALL, ALL)
        keep(store, credentials, 1)
        with running({"relay": Relay(store, url).run}):
            eventually(lambda: mine.get(no_ack=True), "the event")
            release = kombu.Queue(topology.RELEASE)(connected.default_channel)
            eventually(lambda: release.get(no_ack=True), "the reaction")
        with broker.connection(url) as limited:
            outbox = Outbox(broker.ready(limited))
            # As the relay does every minute; what is refused then ends no channel that somebody publishes over.
            broker.ready(limited)
            assert outbox.publish([Parcel("1", "{}", "", topology.RELEASE)]) == ([Fate.TAKEN], None)


def test_who_may_not_configure_is_told_the_right_and_on_what(rabbitmq: Server, vhost: str) -> None:
    """And not to delete a queue: there is none."""
    url = user(rabbitmq, vhost, NOTHING, ALL, ALL)
    for ready, what in (
        (broker.ready_for_reactions, "queue weaudit.release"),
        (broker.ready_for_events, "exchange wechat"),
    ):
        with (
            broker.connection(url) as connected,
            pytest.raises(BrokerRefused, match=f"no {what}.*may not configure it") as said,
        ):
            ready(connected)
        assert "set_permissions" in str(said.value)
        assert "delete" not in str(said.value)
        assert "hush" not in str(said.value)


def test_the_rights_that_the_readme_names_are_enough(
    rabbitmq: Server, vhost: str, store: Engine, credentials: Credentials
) -> None:
    """As the sentence and the README have them."""
    url = user(rabbitmq, vhost, r"^(weaudit|wechat)\.", r"^(weaudit|wechat)\.|^amq\.default$", r"^(weaudit|wechat)\.")
    keep(store, credentials, 1)
    with running({"relay": Relay(store, url).run}), broker.connection(url) as connected:
        release = kombu.Queue(topology.RELEASE)(broker.ready(connected).default_channel)
        eventually(lambda: release.get(no_ack=True), "the reaction")


def test_a_virtual_host_that_the_user_may_not_enter_is_named(rabbitmq: Server, vhost: str) -> None:
    """With what to type."""
    with (
        broker.connection(user(rabbitmq, vhost)) as connected,
        pytest.raises(BrokerRefused, match=f"vhost '{vhost}' refused.*set_permissions"),
    ):
        broker.ready(connected)


def test_a_wrong_password_is_called_so(rabbitmq: Server) -> None:
    """And is not shown."""
    url = f"amqp://guest:wrong@127.0.0.1:{rabbitmq.port}//"
    with pytest.raises(BrokerRefused, match="refuses this user or its password") as said:
        broker.ping(url)
    assert "wrong" not in str(said.value)


def test_redis_users_need_what_the_readme_names(tmp_path: Path, store: Engine, credentials: Credentials) -> None:
    """With less they are told so; with that they work."""
    with own_redis(tmp_path) as server:
        client: Any = redis.Redis(port=server.port)
        url = f"redis://weaudit:hush@127.0.0.1:{server.port}/0"
        with pytest.raises(BrokerRefused, match="refuses this user"), broker.connection(url) as connected:
            broker.ready(connected)
        client.execute_command("ACL", "SETUSER", "weaudit", "on", ">hush", "~other:*", "+@all")
        with pytest.raises(BrokerRefused, match="may not do what weaudit needs"), broker.connection(url) as connected:
            broker.ready(connected)
        client.execute_command("ACL", "SETUSER", "weaudit", "reset", "on", ">hush", *REDIS_RIGHTS.split())
        keep(store, credentials, 1)
        with running({"relay": Relay(store, url).run}), broker.connection(url) as connected:
            release = kombu.Queue(topology.RELEASE)(broker.ready(connected).default_channel)
            eventually(lambda: release.get(no_ack=True), "the reaction")
        client.close()
