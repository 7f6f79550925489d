"""What goes by at the exchange: a queue of one's own for as long as one looks, which leaves nothing behind."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kombu import Consumer, Queue

from service import topology
from service.queue import connection as broker

LOOK = 1.0


@contextmanager
def passing(url: str, ca_file: Path | None, pattern: str) -> Iterator[Iterator[bytes | None]]:
    """Give the messages whose routing key fits a pattern as they come, and None when none has come for a second.

    Raises BrokerRefused, and what the transport raises.
    """
    with broker.connection(url, ca_file) as connected:
        channel = broker.ready_for_events(connected).channel()
        name = f"weaudit.tail.{secrets.token_hex(8)}"
        queue = Queue(name, topology.EXCHANGE, pattern, durable=False, exclusive=True, auto_delete=True)(channel)
        queue.declare()
        arrived: list[bytes] = []

        def bodies() -> Iterator[bytes | None]:
            while True:
                try:
                    connected.drain_events(timeout=LOOK)
                except TimeoutError:
                    connected.heartbeat_check()
                    yield None
                yield from arrived
                arrived.clear()

        def keep(message: object) -> None:
            body = getattr(message, "body", b"")
            arrived.append(body.encode() if isinstance(body, str) else bytes(body))

        try:
            with Consumer(channel, queues=[queue], on_message=keep, no_ack=True):
                yield bodies()
        finally:
            # On Redis nothing of it would end by itself, and the exchange would go on to fill it.
            topology.unbind(channel, queue, pattern)
            queue.delete()
