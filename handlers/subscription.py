"""A subscription to one queue; on RabbitMQ over a channel of its own, and begun anew when nothing came for a while."""

import time
from collections.abc import Callable

from kombu import Connection, Consumer, Queue
from kombu import Message as Delivery

# RabbitMQ 3.10, measured: who deletes a quorum queue and declares it again at once leaves its consumers subscribed, but
# none of them gets anything more, and is not told. A new channel gets what the old one was given for nothing.
QUIET = 10.0


class Subscription:
    """Takes what a queue gives, so many at a time."""

    def __init__(self, connected: Connection, name: str, prefetch: int, take: Callable[[str, Delivery], None]) -> None:
        """Subscribe; `take` is called with the queue's name and each delivery, while the connection is drained."""
        self._connected, self._name, self._prefetch, self._take = connected, name, prefetch, take
        self._at_hand = 0
        self._may_be_deaf = connected.transport.driver_type == "amqp"
        self._subscribe()

    def settle(self, delivery: Delivery) -> None:
        """Acknowledge a delivery."""
        delivery.ack()
        self._at_hand -= 1

    def renew_if_quiet(self) -> None:
        """Subscribe anew if nothing came for a while and nothing is at hand; only RabbitMQ needs it."""
        if self._may_be_deaf and not self._at_hand and time.monotonic() - self._since > QUIET:
            self._consumer.channel.close()
            self._subscribe()

    def _subscribe(self) -> None:
        self._since = time.monotonic()
        self._consumer = Consumer(
            # A channel of Redis' is a connection more, and holds what is at hand for all that consume over it.
            self._connected.channel() if self._may_be_deaf else self._connected.default_channel,
            queues=[Queue(self._name, no_declare=True)],
            auto_declare=False,
            on_message=self._arrived,
            # What a stranger packed in another way is looked at, and parked, like any junk.
            on_decode_error=self._arrived,
            prefetch_count=self._prefetch,
        )
        self._consumer.consume()

    def _arrived(self, delivery: Delivery, _: Exception | None = None) -> None:
        self._since = time.monotonic()
        self._at_hand += 1
        self._take(self._name, delivery)
