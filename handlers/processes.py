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
import uvicorn
from starlette.applications import Starlette

from handlers.clock import Clock
from handlers.context import Context, open_context
from handlers.notify import check_urls
from handlers.reactions import REACTIONS
from handlers.worker import Worker
from service import broker, database
from service.app import create_app
from service.credentials import Credentials
from service.relay import Relay
from service.settings import Inbound, Outbound, SettingsError

log = structlog.get_logger(__name__)

# What runs until an event is set.
Part = Callable[[threading.Event], None]
# Ctrl-C to the end of the process, all threads together.
GRACE = 4.0


def refuse_memory_broker(settings: Inbound, process: str) -> None:
    """Refuse to run one process of several on a queue that lives in one.

    Raises SettingsError.
    """
    if settings.broker_url.startswith("memory:"):
        raise SettingsError(
            f"BROKER_URL is memory://, a queue inside one process: what `weaudit {process}` does there, no other "
            "process sees. Set BROKER_URL to amqp://… or redis://…, or run everything in one process: weaudit up"
        )


def web(settings: Inbound) -> None:
    """Serve WeChat's callbacks."""
    engine = database.connect(settings.database_url)
    database.migrate(engine)
    serve(create_app(settings, engine, Credentials(settings.fernet_keys)), settings.host, settings.port)


def relay(settings: Inbound) -> None:
    """Publish what the database holds."""
    engine = database.connect(settings.database_url)
    database.migrate(engine)
    Relay(engine, settings.broker_url).run(stop_on_signals())


def worker(settings: Outbound, threads_per_queue: int) -> None:
    """React to what is on the queues."""
    check_urls(settings)
    with open_context(settings) as context:
        stop = stop_on_signals()
        Worker(context, settings.broker_url, REACTIONS, threads_per_queue=threads_per_queue).run(stop, GRACE)


def clock(settings: Outbound) -> None:
    """Do the periodic jobs."""
    check_urls(settings)
    with open_context(settings) as context:
        Clock(context).run(stop_on_signals())


def up(inbound: Inbound, outbound: Outbound) -> None:
    """Run all four in one process; the web part is given only what it may know."""
    check_urls(outbound)
    probes = {"broker": partial(broker.ping, inbound.broker_url)}
    with open_context(outbound) as context, Background(background(context, inbound)):
        serve(create_app(inbound, context.engine, context.credentials, probes), inbound.host, inbound.port)


def background(context: Context, settings: Inbound) -> Mapping[str, Part]:
    """Name what runs beside the web server, each a function that runs until an event is set."""
    return {
        "relay": Relay(context.engine, settings.broker_url).run,
        "worker": Worker(context, settings.broker_url, REACTIONS).run,
        "clock": Clock(context).run,
    }


class Background:
    """Threads that run while a `with` block does; at its end they have four seconds, together."""

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
        """Tell the threads to stop, and wait."""
        self._stop.set()
        deadline = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def serve(app: Starlette, host: str, port: int) -> None:
    """Serve an app until SIGINT or SIGTERM; open requests then have two seconds.

    Raises SettingsError when nobody can listen there.
    """
    listener = listen(host, port)
    stop_on_signals()  # uvicorn raises the signal again when it has shut down, and then the rest is to be stopped
    log.info("web.listening", url=f"http://{host}:{listener.getsockname()[1]}")
    uvicorn.Server(server_config(app)).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Open the socket to listen on.

    Raises SettingsError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(f"HOST and PORT: cannot listen on {host}:{port}: {error.strerror}") from None


def server_config(app: Starlette) -> uvicorn.Config:
    """Configure uvicorn: our logging, no access log (the query of a push is nobody's business), a quick end."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=30,
    )


def stop_on_signals() -> threading.Event:
    """Give an event that SIGINT or SIGTERM sets."""
    stop = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        log.info("process.stopping", signal=signal.Signals(number).name)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop
