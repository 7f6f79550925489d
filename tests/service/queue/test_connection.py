import kombu
import pytest
from sqlalchemy import Engine

from service import topology
from service.queue import connection as broker
from service.queue.refusals import BrokerRefused
from service.queue.relay import Relay
from service.store.credentials import Credentials
from tests.service.queue.test_relay import keep
from tests.support.live import running
from tests.support.servers import eventually
from tests.test_whole_path import carried_by


def test_reactions_go_on_though_the_exchange_is_another_one(store: Engine, credentials: Credentials) -> None:
    """It is the subscribers'; who runs weaudit reads what to do about it."""
    url = carried_by("amqp")
    with kombu.Connection(url) as connection:
        topology.EXCHANGE(connection.default_channel).delete()
        kombu.Exchange(topology.EXCHANGE.name, type="fanout")(connection.default_channel).declare()
    keep(store, credentials, 1)
    with running({"relay": Relay(store, url).run}), broker.connection(url) as connection:
        release = kombu.Queue("weaudit.release")(broker.ready_for_reactions(connection).default_channel)
        eventually(lambda: release.get(no_ack=True), "the reaction")
        with pytest.raises(BrokerRefused, match=r"delete exchange name=wechat\.events"):
            broker.ready_for_events(connection)
    with kombu.Connection(url) as connection:
        topology.EXCHANGE(connection.default_channel).delete()


def test_a_queue_that_exists_with_other_arguments_is_named_with_the_way_out() -> None:
    """RabbitMQ's 406 becomes a sentence that says what to do."""
    url = carried_by("amqp")
    with kombu.Connection(url) as connection:
        kombu.Queue("weaudit.release", durable=True)(connection.default_channel).queue_declare()
    with broker.connection(url) as connection, pytest.raises(BrokerRefused, match="delete it"):
        broker.ready(connection)
    carried_by("amqp")
