"""Connections to the broker, with the time limits without which a frozen broker would hold us for ever."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kombu import Connection, Queue
from kombu.utils.url import url_to_parts

from service import topology
from service.queue import refusals

# Measured: without these a publish, a consumer's close or a heartbeat waits for ever on a frozen server.
# A heartbeat comes every two and a half seconds, and begins each wait for a reply anew, which therefore is shorter.
AMQP: dict[str, Any] = {"read_timeout": 2.0, "write_timeout": 5}
REDIS: dict[str, Any] = {
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    # Longer than any reaction; what is lost on the way the relay publishes again.
    "visibility_timeout": 3600,
    "unacked_restore_throttle": 1,
    "global_keyprefix": "weaudit:",
}
MEMORY: dict[str, Any] = {"polling_interval": 0.01}
OPTIONS = {"amqp": AMQP, "amqps": AMQP, "redis": REDIS, "rediss": REDIS, "memory": MEMORY}
CONNECT_TIMEOUT = 3
# In seconds: who was silent for two of them is taken for dead. RabbitMQ's advice is not to go lower.
HEARTBEAT = 5


def connection(url: str, ca_file: Path | None = None) -> Connection:
    """Make a connection for one thread; nothing is connected yet.

    Over TLS the certificate must be for the host of the URL, signed by the system's authorities or those of `ca_file`.
    """
    options = OPTIONS[url.partition(":")[0]]
    return Connection(
        url,
        heartbeat=HEARTBEAT if options is AMQP else 0,
        connect_timeout=CONNECT_TIMEOUT,
        transport_options=dict(options),
        ssl=_tls(url, ca_file),
    )


def ready(connected: Connection) -> Connection:
    """Connect, and declare our queues and the exchange.

    Raises BrokerRefused, and the transport's errors.
    """
    return ready_for_events(ready_for_reactions(connected))


def ready_for_reactions(connected: Connection) -> Connection:
    """Connect, and declare our queues.

    Raises BrokerRefused when one of them exists with other arguments, or the user may not use them, and the
    transport's errors.
    """
    return _declared(connected, topology.declare_queues)


def ready_for_events(connected: Connection) -> Connection:
    """Connect, and declare the exchange.

    Raises BrokerRefused when it exists with other arguments, or the user may not use it, and the transport's errors.
    """
    return _declared(connected, topology.declare_exchange)


def where(url: str) -> str:
    """Name the host and port of a broker."""
    parts = url_to_parts(url)
    return f"{parts.hostname or parts.scheme}:{parts.port}" if parts.port else str(parts.hostname or parts.scheme)


def ping(url: str, ca_file: Path | None = None) -> None:
    """Connect and disconnect; raises BrokerRefused, and what the transport raises."""
    with connection(url, ca_file) as connected:
        _connect(connected)


def look(url: str, ca_file: Path | None = None) -> None:
    """Connect, and see that our queues are there; raises BrokerRefused, and what the transport raises."""
    with connection(url, ca_file) as connected:
        _connect(connected)
        topology.declare_queues(connected.channel(), passive=True)


def depths(url: str, ca_file: Path | None = None) -> Mapping[str, int]:
    """Count the messages that each of our queues holds; raises BrokerRefused, and what the transport raises."""
    with connection(url, ca_file) as connected:
        _connect(connected)
        channel = connected.channel()
        return {name: _depth(connected, channel, name) for name in (*topology.REACTIONS, topology.PARKED)}


def _depth(connected: Connection, channel: Any, name: str) -> int:
    # kombu does not find a queue on Redis under our prefix; to declare one there, or in memory, makes nothing.
    passive = connected.transport.driver_type == "amqp"
    return int(Queue(name)(channel).queue_declare(passive=passive).message_count)


def _tls(url: str, ca_file: Path | None) -> dict[str, Any] | bool:
    authorities = str(ca_file) if ca_file else None
    if url.startswith("amqps:"):
        host = url_to_parts(url).hostname
        return {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": authorities, "server_hostname": host}
    if url.startswith("rediss:"):
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": authorities, "ssl_check_hostname": True}
    return False


def _connect(connected: Connection) -> None:
    with _understood(connected):
        connected.ensure_connection(max_retries=1, timeout=CONNECT_TIMEOUT)


def _declared(connected: Connection, declare: Callable[..., None]) -> Connection:
    """Declare something; who may not declare may look whether an administrator did."""
    _connect(connected)
    # A refusal ends the channel, and whoever publishes has one of its own.
    with _understood(connected), connected.channel() as channel:
        if not _may_declare(connected, channel, declare):
            _look(connected, channel, declare)
    return connected


def _may_declare(connected: Connection, channel: Any, declare: Callable[..., None]) -> bool:
    try:
        declare(channel)
    except connected.channel_errors as error:
        if not refusals.is_no_right(error):
            raise
        return False
    return True


def _look(connected: Connection, channel: Any, declare: Callable[..., None]) -> None:
    try:
        declare(channel, passive=True)
    except connected.channel_errors as error:
        if refusals.is_missing(error):
            raise refusals.not_declared(error, connected.as_uri()) from error
        raise


@contextmanager
def _understood(connected: Connection) -> Iterator[None]:
    """Turn what a person has to do something about into a sentence."""
    try:
        yield
    except Exception as error:
        if refused := refusals.of(error, connected.as_uri()):
            raise refused from error
        raise
