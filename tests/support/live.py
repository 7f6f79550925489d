"""Servers and parts of ours that run beside a test, on real sockets and in threads of their own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx2
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from handlers.listening import listen
from handlers.processes.background import Background, Part
from handlers.processes.serving import server
from service.web.connections import Bounded
from tests.support.servers import eventually


@contextmanager
def serving(app: Starlette, port: int = 0, protocol: type[HttpToolsProtocol] = Bounded) -> Iterator[str]:
    """Serve an app on 127.0.0.1; gives its URL."""
    listener = listen("127.0.0.1", port)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with running({"server": server(app, listener, protocol)}):
        eventually(lambda: answers(url), "the start of the server")
        yield url


def answers(url: str) -> bool:
    """Tell whether a server answers anything at all; its socket listens before it does."""
    try:
        httpx2.get(url, timeout=1)
    except httpx2.HTTPError:
        return False
    return True


def is_ready(url: str) -> bool:
    """Tell whether weaudit says that it is ready."""
    try:
        return httpx2.get(f"{url}/readyz").status_code == 200
    except httpx2.HTTPError:
        return False


@contextmanager
def running(parts: Mapping[str, Part]) -> Iterator[None]:
    """Run parts of weaudit in threads, until the block ends."""
    with Background(parts):
        yield
