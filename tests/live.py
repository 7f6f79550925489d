"""Servers and parts of ours that run beside a test, on real sockets and in threads of their own."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from handlers import processes
from handlers.processes import Background, Part
from tests.servers import eventually


@contextmanager
def serving(app: Starlette, port: int = 0) -> Iterator[str]:
    """Serve an app on 127.0.0.1; gives its URL."""
    listener = processes.listen("127.0.0.1", port)
    server = uvicorn.Server(processes.server_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    eventually(lambda: server.started, "the start of the server")
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@contextmanager
def running(parts: Mapping[str, Part]) -> Iterator[None]:
    """Run parts of weaudit in threads, until the block ends."""
    with Background(parts):
        yield
