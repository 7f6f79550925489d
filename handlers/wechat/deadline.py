"""A limit on the time of a request as a whole; the HTTP library limits only each of its phases."""

import ssl
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from httpcore2 import (
    ConnectTimeout,
    NetworkBackend,
    NetworkStream,
    ReadTimeout,
    TimeoutException,
    WriteError,
    WriteTimeout,
)

from service.threads import begin

# What is sent is looked after between two pieces of so many bytes.
PIECE = 64 * 1024
# In seconds, of each wait of who set no deadline.
LONGEST = 10.0
_until: ContextVar[float | None] = ContextVar("until", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all that is sent and received in the block take so many seconds together."""
    deadline = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(deadline)


def _left(timeout: float | None, too_late: type[TimeoutException]) -> float:
    """Return for how many seconds may be waited in a phase that has a limit of its own, too. Raises `too_late`."""
    until = _until.get()
    left = LONGEST if until is None else until - time.monotonic()
    seconds = left if timeout is None else min(left, timeout)
    if seconds <= 0:
        raise too_late
    return seconds


class Hasty(NetworkBackend):
    """Connects, sends and receives as the HTTP library does, and until the deadline at most."""

    def __init__(self, backend: NetworkBackend) -> None:
        """Take what really does it."""
        self._backend = backend

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **options: Any
    ) -> NetworkStream:
        """Connect, in a thread that is left alone if it takes too long: nothing limits how long a name is looked up.

        `timeout` is that of each address. Raises httpcore2.ConnectTimeout and what the library does.
        """
        seconds, left = _left(timeout, ConnectTimeout), _left(None, ConnectTimeout)
        connecting = begin(lambda: self._backend.connect_tcp(host, port, seconds, *args, **options), "wechat-connect")
        try:
            return _Stream(connecting.result(timeout=left))
        except TimeoutError:
            connecting.add_done_callback(_close)
            raise ConnectTimeout from None

    def connect_unix_socket(self, *args: Any, **options: Any) -> NetworkStream:
        """Connect to a socket of this machine."""
        return _Stream(self._backend.connect_unix_socket(*args, **options))

    def sleep(self, seconds: float) -> None:
        """Wait between two tries to connect, of which there are none."""
        self._backend.sleep(seconds)


class _Stream(NetworkStream):
    """A connection."""

    def __init__(self, stream: NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not self._stream.get_extra_info("ssl_object"):
            self._send(memoryview(buffer), timeout)
            return
        # Of TLS a piece is sent within its limit, and not each of its packets.
        for start in range(0, len(buffer), PIECE):
            self._stream.write(buffer[start : start + PIECE], _left(timeout, WriteTimeout))

    def _send(self, unsent: memoryview, timeout: float | None) -> None:
        connected = self._stream.get_extra_info("socket")
        while unsent:
            seconds = _left(timeout, WriteTimeout)
            try:
                connected.settimeout(seconds)
                unsent = unsent[connected.send(unsent) :]
            except TimeoutError as error:
                raise WriteTimeout from error
            except OSError as error:
                raise WriteError(str(error)) from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        try:
            seconds = _left(timeout, ConnectTimeout)
        except ConnectTimeout:
            self.close()
            raise
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _close(connecting: "Future[NetworkStream]") -> None:
    """Close what was connected when nobody waited any more."""
    if not connecting.exception():
        connecting.result().close()
