import kombu
import pytest

from service.queue import connection as broker
from tests.support.servers import eventually
from tests.test_whole_path import carried_by


@pytest.mark.parametrize("carrier", ["amqp", "redis"])
def test_the_messages_in_our_queues_are_counted(carrier: str) -> None:
    """On every broker that other processes see; an empty queue is there, too."""
    url = carried_by(carrier)
    with broker.connection(url) as connection:
        channel = broker.ready(connection).channel()
        kombu.Producer(channel).publish(b"one", routing_key="weaudit.release")
        eventually(lambda: broker.depths(url)["weaudit.release"] == 1, "the message")
        kombu.Queue("weaudit.release")(channel).purge()
        assert set(broker.depths(url).values()) == {0}
