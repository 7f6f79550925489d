"""Brokers that are stopped, frozen, emptied, cut off, or refuse."""

import shutil
import signal
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial

import kombu
import redis

from service import topology
from service.simulator.faults import Fault
from tests.chaos.outages import LONG, broken_by, outage
from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.support.servers import rabbitmqctl

Line = Callable[[Servers], Row]


def ctl(shared: Servers, *command: str) -> None:
    """Tell RabbitMQ to do something."""
    rabbitmqctl(shared.get("amqp"), *command)


def empty(rig: Rig) -> None:
    """Take from a stopped RabbitMQ all that it kept."""
    rig.server.kill()
    shutil.rmtree(rig.shared.folder / "amqp" / "mnesia")


def redis_of(rig: Rig) -> "redis.Redis":
    """Connect to Redis."""
    return redis.Redis(port=rig.server.port)


@contextmanager
def policy(rig: Rig) -> Generator[None]:
    """Let an administrator's policy keep one message a queue, and for a tenth of a second."""
    keep = '{"message-ttl": 100, "max-length": 1}'
    ctl(rig.shared, "set_policy", "--apply-to", "queues", "chaos", "^weaudit", keep)
    yield
    ctl(rig.shared, "clear_policy", "chaos")


@contextmanager
def short_consumer_timeout(rig: Rig) -> Generator[None]:
    """Let RabbitMQ close the channel of who acknowledges later than after two seconds, while WeChat takes eight."""
    ctl(rig.shared, "eval", "application:set_env(rabbit, consumer_timeout, 2000).")
    slow = Fault("release", times=2, delay=8.0)
    rig.wechat.api.faults.append(slow)
    yield
    ctl(rig.shared, "eval", "application:set_env(rabbit, consumer_timeout, 1800000).")


def delete_queues(rig: Rig) -> None:
    """Delete our queues."""
    with kombu.Connection(rig.broker_url) as connection:
        for queue in topology.REACTIONS:
            connection.default_channel.queue_delete(queue)


@contextmanager
def full_queue_of_a_subscriber(rig: Rig) -> Generator[None]:
    """Let a subscriber's queue refuse all but one message."""
    arguments = {"x-max-length": 1, "x-overflow": "reject-publish"}
    with kombu.Connection(rig.broker_url) as connection:
        queue = kombu.Queue("full", topology.EXCHANGE, routing_key="#", queue_arguments=arguments)
        bound = queue(connection.default_channel)
        bound.declare()
        try:
            yield
            held = bound.queue_declare(passive=True).message_count
            if held != 1:
                raise AssertionError(f"the queue holds {held} messages and refused none")
        finally:
            bound.delete()


stopped = broken_by(lambda rig: rig.server.kill(), lambda rig: rig.server.start())
frozen = broken_by(lambda rig: rig.server.signal(signal.SIGSTOP), lambda rig: rig.server.signal(signal.SIGCONT))
RABBITMQ = "postgresql+amqp"
REDIS = "postgresql+redis"
LINES: Mapping[str, Line] = {
    "RabbitMQ stopped": partial(outage, setting=RABBITMQ, name="RabbitMQ stopped", fault=stopped),
    "RabbitMQ frozen": partial(outage, setting=RABBITMQ, name="RabbitMQ frozen", fault=frozen, seconds=LONG),
    "RabbitMQ restarted empty": partial(
        outage,
        setting=RABBITMQ,
        name="RabbitMQ restarted empty",
        fault=broken_by(empty, lambda rig: rig.server.start()),
    ),
    "RabbitMQ connections cut": partial(
        outage,
        setting=RABBITMQ,
        name="RabbitMQ connections cut",
        fault=broken_by(lambda rig: ctl(rig.shared, "close_all_connections", "chaos")),
    ),
    "RabbitMQ disk alarm": partial(
        outage,
        setting=RABBITMQ,
        name="RabbitMQ disk alarm",
        fault=broken_by(
            lambda rig: ctl(rig.shared, "set_disk_free_limit", "mem_relative", "999999.0"),
            lambda rig: ctl(rig.shared, "set_disk_free_limit", "1MB"),
        ),
    ),
    "RabbitMQ queues deleted": partial(
        outage, setting=RABBITMQ, name="RabbitMQ queues deleted", fault=broken_by(delete_queues)
    ),
    "RabbitMQ policy: one message, 0.1 s": partial(
        outage, setting=RABBITMQ, name="RabbitMQ policy", fault=policy, limit=20.0
    ),
    "RabbitMQ consumer_timeout of 2 s": partial(
        outage,
        setting=RABBITMQ,
        name="RabbitMQ consumer_timeout",
        fault=short_consumer_timeout,
        seconds=8.0,
        limit=20.0,
    ),
    "a subscriber's queue is full": partial(
        outage, setting=RABBITMQ, name="a subscriber's queue is full", fault=full_queue_of_a_subscriber, limit=5.0
    ),
    "Redis stopped": partial(outage, setting=REDIS, name="Redis stopped", fault=stopped),
    "Redis frozen": partial(outage, setting=REDIS, name="Redis frozen", fault=frozen, seconds=LONG),
    "Redis FLUSHALL": partial(
        outage,
        setting=REDIS,
        name="Redis FLUSHALL",
        fault=broken_by(lambda rig: redis_of(rig).flushall()),
        seconds=1.0,
        limit=5.0,
    ),
    "Redis connections cut": partial(
        outage,
        setting=REDIS,
        name="Redis connections cut",
        fault=broken_by(lambda rig: redis_of(rig).client_kill_filter(_type="normal", skipme=True)),
    ),
}
