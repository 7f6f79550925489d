"""Connections to the broker, with the time limits without which a frozen broker would hold us for ever."""

from typing import Any

from kombu import Connection

from service import topology

# Measured: without these a publish, a consumer's close or a heartbeat waits for ever on a frozen server.
AMQP: dict[str, Any] = {"read_timeout": 5, "write_timeout": 5}
REDIS: dict[str, Any] = {
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    # Longer than any reaction; what is lost on the way the relay publishes again.
    "visibility_timeout": 3600,
    "unacked_restore_throttle": 1,
    "global_keyprefix": "weaudit:",
}
MEMORY: dict[str, Any] = {"polling_interval": 0.05}
OPTIONS = {"amqp": AMQP, "amqps": AMQP, "redis": REDIS, "rediss": REDIS, "memory": MEMORY}
CONNECT_TIMEOUT = 3
# In seconds: who was silent for two of them is taken for dead.
HEARTBEAT = 6


class BrokerRefused(Exception):
    """The broker answers, but not as weaudit needs it; the text says what to do."""


def connection(url: str) -> Connection:
    """Make a connection for one thread; nothing is connected yet."""
    options = OPTIONS[url.partition(":")[0]]
    return Connection(
        url,
        heartbeat=HEARTBEAT if options is AMQP else 0,
        connect_timeout=CONNECT_TIMEOUT,
        transport_options=dict(options),
    )


def ready(connected: Connection) -> Connection:
    """Connect, and declare our queues and the exchange.

    Raises BrokerRefused when one exists with other arguments, and the transport's errors.
    """
    return ready_for_events(ready_for_reactions(connected))


def ready_for_reactions(connected: Connection) -> Connection:
    """Connect, and declare our queues.

    Raises BrokerRefused when a queue of ours exists with other arguments, and the transport's errors.
    """
    connected.ensure_connection(max_retries=1, timeout=CONNECT_TIMEOUT)
    try:
        topology.declare_queues(connected)
    except connected.channel_errors as error:
        raise BrokerRefused(
            f"{error}. A queue of weaudit exists with other arguments; delete it (nothing is lost: what it held is in "
            "the database and is published again) and start again: rabbitmqadmin delete queue name=…"
        ) from error
    return connected


def ready_for_events(connected: Connection) -> Connection:
    """Connect, and declare the exchange.

    Raises BrokerRefused when it exists with other arguments, and the transport's errors.
    """
    connected.ensure_connection(max_retries=1, timeout=CONNECT_TIMEOUT)
    try:
        topology.declare_exchange(connected)
    except connected.channel_errors as error:
        name = topology.EXCHANGE.name
        raise BrokerRefused(
            f"{error}. The exchange {name} exists with other arguments; delete it, and let subscribers bind their "
            f"queues again. Reactions go on meanwhile: rabbitmqadmin delete exchange name={name}"
        ) from error
    return connected


def ping(url: str) -> None:
    """Connect and disconnect; raises what the transport raises."""
    with connection(url) as connected:
        connected.ensure_connection(max_retries=1, timeout=CONNECT_TIMEOUT)
