"""HTTP connections of strangers: heads have a size and a time, and there are never more than the files allow."""

import asyncio
import resource
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.seldom import Seldom

log = structlog.get_logger(__name__)

CROWDED = Seldom()

# httptools reads a request's head for as long as it comes.
LARGEST_HEAD = 64 * 1024
# In seconds, for a whole head. WeChat sends a push in one piece.
HEAD_WITHIN = 5.0
MOST_CONNECTIONS = 4096
# Files that are not for connections of strangers: of `weaudit up` on SQLite, 64 threads with a database and its log
# open each, and their calls to WeChat.
OTHER_FILES = 256


def raise_the_limit() -> int:
    """Let this process have more files if it may, and return how many connections it can then hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, max(soft - OTHER_FILES, soft // 2))


class Bounded(HttpToolsProtocol):
    """HTTP that hangs up on a head of more than 64 KiB or five seconds, and on who is idle when others come."""

    most = MOST_CONNECTIONS
    head_within = HEAD_WITHIN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what uvicorn gives."""
        super().__init__(*args, **kwargs)
        self._head = 0
        self._in_head = True
        self.idle_since = 0.0
        self.was_answered = False
        self._too_late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a head; if there are too many connections, the one that is idle for longest ends."""
        super().connection_made(transport)
        self.idle_since = self.loop.time()
        self._hang_up_soon()
        if len(self.connections) > self.most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._do_not_hang_up()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes before the end of the headers."""
        if self._in_head and self._too_late is None:
            self._hang_up_soon()
        self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > LARGEST_HEAD:
            self.transport.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what comes behind a body in chunks is kept nowhere, and who sends that is hung up on."""
        if self._in_head:
            super().on_header(name, value)
        else:
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Note that the rest is body, which has limits of its own."""
        self._in_head = False
        self._do_not_hang_up()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that another request may begin."""
        super().on_message_complete()
        self._head, self._in_head = 0, True
        self._do_not_hang_up()
        self.idle_since = self.loop.time()

    def on_response_complete(self) -> None:
        """Wait only for a moment for the rest of a body that nobody needs any more."""
        super().on_response_complete()
        self.was_answered = True
        if not self._in_head and self._too_late is None:
            self.idle_since = self.loop.time()
            self._hang_up_soon()

    @property
    def is_idle(self) -> bool:
        """Return whether nobody here waits for an answer."""
        return self.cycle is None or self.cycle.response_complete

    def _make_room(self) -> None:
        idle = (each for each in self.connections if isinstance(each, Bounded) and each.is_idle and each is not self)
        # First who never asked anything.
        oldest = min(idle, key=lambda each: (each.was_answered, each.idle_since), default=self)
        CROWDED.warn(log, "web.connections", most=self.most, why="the one that was idle for longest was closed")
        self.connections.discard(oldest)
        oldest.transport.abort()

    def _hang_up_soon(self) -> None:
        self._too_late = self.loop.call_later(self.head_within, self.transport.close)

    def _do_not_hang_up(self) -> None:
        if self._too_late:
            self._too_late.cancel()
            self._too_late = None


class Few(Bounded):
    """The same for people, who are few: what they hold open takes no file from others of this process."""

    most = 128
