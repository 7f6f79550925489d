"""The processes of weaudit: web, relay, worker, clock, alone or all in one, each until it is told to stop."""

import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import FrameType
from typing import Self

import structlog
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from handlers.clock import Clock
from handlers.context import Context, open_context
from handlers.notifications.notify import check_urls
from handlers.reactions import REACTIONS
from handlers.worker import Worker
from service.queue import connection as broker
from service.queue.relay import Relay
from service.settings import Inbound, Outbound, SettingsError
from service.store.credentials import Credentials
from service.store.opened import open_database
from service.web.app import create_app
from service.web.server import BoundedHead, serve

log = structlog.get_logger(__name__)

# What runs until an event is set.
Part = Callable[[threading.Event], None]
# From Ctrl-C to the end of the process, all parts together; what has not ended then is abandoned and taken up later.
GRACE = 4.0


class PartEnded(Exception):
    """A part of the process ended by itself; its error is in the log."""


class Background:
    """Parts that run in threads while a `with` block does."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        """Take the parts by name."""
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=part, args=(self._stop,), name=name, daemon=True) for name, part in parts.items()
        ]

    def __enter__(self) -> Self:
        """Start the threads."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all parts to stop, and wait for them as long as the grace lasts."""
        self._stop.set()
        deadline = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def watch(self, stop: threading.Event) -> None:
        """Wait for an event.

        Raises PartEnded when a part ends before.
        """
        while not stop.wait(0.2):
            if ended := [thread.name for thread in self._threads if not thread.is_alive()]:
                raise PartEnded(f"{', '.join(ended)} ended; the log says why")


def web(settings: Inbound) -> None:
    """Serve WeChat's callbacks."""
    with listen(settings.host, settings.port) as listener, open_database(settings) as engine:
        app = create_app(settings, engine, Credentials(settings.fernet_keys))
        run({"web": server(app, listener)})


def relay(settings: Inbound) -> None:
    """Publish what the database holds."""
    with open_database(settings) as engine:
        run({"relay": Relay(engine, settings.broker_url).run})


def worker(settings: Outbound) -> None:
    """React to what is on the queues."""
    check_urls(settings)
    with open_context(settings) as context:
        run({"worker": worker_part(context, settings)})


def clock(settings: Outbound) -> None:
    """Do the periodic jobs."""
    check_urls(settings)
    with open_context(settings) as context:
        run({"clock": Clock(context).run})


def up(inbound: Inbound, outbound: Outbound) -> None:
    """Run all four in one process; the web part is given only what it may know."""
    check_urls(outbound)
    with listen(inbound.host, inbound.port) as listener, open_context(outbound) as context:
        run(all_parts(context, inbound, listener))


def all_parts(context: Context, settings: Inbound, listener: socket.socket) -> Mapping[str, Part]:
    """Return the four parts of weaudit, for one process."""
    if settings.broker_url.startswith("memory:"):
        # kombu's state in memory is shared and not locked: it is declared here, before there are threads.
        with broker.connection(settings.broker_url) as connection:
            broker.ready(connection)
    probes = {"broker": partial(broker.ping, settings.broker_url)}
    return {
        "web": server(create_app(settings, context.engine, context.credentials, probes), listener),
        "relay": Relay(context.engine, settings.broker_url).run,
        "worker": worker_part(context, settings),
        "clock": Clock(context).run,
    }


def worker_part(context: Context, settings: Inbound) -> Part:
    """Return the worker with all its reactions; at the end it waits for them a little less long than we wait for it."""
    working = Worker(context, settings.broker_url, REACTIONS)
    return partial(working.run, grace=GRACE - 0.5)


def server(app: Starlette, listener: socket.socket, protocol: type[HttpToolsProtocol] = BoundedHead) -> Part:
    """Serve an app on a socket."""
    return partial(serve, app, listener, protocol=protocol)


def listen(host: str, port: int) -> socket.socket:
    """Open the socket to listen on.

    Raises SettingsError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(f"HOST and PORT: cannot listen on {host}:{port}: {error.strerror}") from None


def run(parts: Mapping[str, Part]) -> None:
    """Run parts until SIGINT or SIGTERM.

    Raises PartEnded.
    """
    stop = stop_on_signals()
    with Background(parts) as running:
        running.watch(stop)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGINT or SIGTERM sets."""
    stop = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        log.info("process.stopping", signal=signal.Signals(number).name)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop


def refuse_memory_broker(settings: Inbound, process: str) -> None:
    """Refuse to run one process of several on a queue that lives in one.

    Raises SettingsError.
    """
    if settings.broker_url.startswith("memory:"):
        raise SettingsError(
            f"BROKER_URL is memory://, a queue inside one process: what `weaudit {process}` does there, no other "
            "process sees. Set BROKER_URL to amqp://… or redis://…, or run everything in one process: weaudit up"
        )
