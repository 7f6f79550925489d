"""Servers that the lines of one process share, each started when the first line asks for it."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.servers import Server, own_postgresql, own_rabbitmq, own_redis


@dataclass
class Servers:
    """Servers that the lines share, started when the first line asks for them."""

    folder: Path
    stack: ExitStack
    _running: dict[str, Server] = field(default_factory=dict)

    def get(self, kind: str) -> Server:
        """Give a server of ours."""
        if kind not in self._running:
            place = self.folder / kind
            place.mkdir()
            make = {"postgresql": own_postgresql, "amqp": own_rabbitmq, "redis": own_redis}[kind]
            self._running[kind] = self.stack.enter_context(make(place))
        return self._running[kind]


@contextmanager
def servers() -> Iterator[Servers]:
    """Keep servers until the block ends."""
    with tempfile.TemporaryDirectory(prefix="weaudit-chaos-") as folder, ExitStack() as stack:
        yield Servers(Path(folder), stack)
