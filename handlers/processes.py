"""The processes of weaudit: web, relay, worker, clock, alone or all in one, each until it is told to stop."""

import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from types import FrameType
from typing import Self

import structlog
from sqlalchemy import Engine
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from handlers.clock import Clock
from handlers.context import Context, open_context
from handlers.listening import listen
from handlers.notifications.notify import check_urls
from handlers.reactions import REACTIONS
from handlers.running import Running
from handlers.worker import Worker
from service.pulse import Pulse
from service.queue import connection as broker
from service.queue.relay import Relay
from service.settings import Inbound, Outbound, Policies
from service.store.credentials import Credentials, SecretsUnreadable
from service.store.opened import Stopped, engine_of, make_ready, open_database
from service.store.presence import Presence
from service.store.processes import PARTS
from service.told import Told
from service.web.app import create_app
from service.web.connections import Bounded, Few
from service.web.server import serve
from service.wrong_settings import SettingsError

log = structlog.get_logger(__name__)

# What runs until an event is set.
Part = Callable[[threading.Event], None]
# From Ctrl-C to the end of the process, all parts together; what has not ended then is abandoned and taken up later.
GRACE = 3.5
CONSOLE_OFF = "CONSOLE_USERNAME and CONSOLE_PASSWORD are not set; weaudit console-password makes the latter"


ENDED = "{parts} ended; the log says why"


class PartEnded(Told):
    """A part of the process ended by itself; its error is in the log."""


class Background:
    """Parts that run in threads while a `with` block does."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        """Take the parts by name."""
        self._stop = threading.Event()
        self._failed: list[Exception] = []
        self._threads = [
            threading.Thread(target=self._run, args=(part,), name=name, daemon=True) for name, part in parts.items()
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

        Raises PartEnded when a part ends before, or what a person has to do something about.
        """
        while not stop.wait(0.2):
            if ended := [thread.name for thread in self._threads if not thread.is_alive()]:
                raise self._failed[0] if self._failed else PartEnded(ENDED, parts=", ".join(ended))

    def _run(self, part: Part) -> None:
        try:
            part(self._stop)
        except Stopped:
            return
        except (SettingsError, SecretsUnreadable, PartEnded) as error:
            self._failed.append(error)
        except Exception as error:
            name = threading.current_thread().name
            log.exception("part.failed", part=name)
            self._failed.append(PartEnded("{part} ended: {error!r}; the log says where", part=name, error=error))


def web(settings: Inbound) -> None:
    """Serve WeChat's callbacks, from the first moment; until the database is ready they are answered 503."""
    with listen(settings.host, settings.port) as listener, engine_of(settings) as engine:
        is_open, running = threading.Event(), Running.of(settings, engine, "web")
        app = create_app(
            settings,
            engine,
            Credentials(settings.fernet_keys),
            is_open=is_open.is_set,
            metrics=running.metrics,
            serves_metrics=settings.metrics_port is None,
            pulse=running.pulses["web"],
        )
        run({"web": server(app, listener), "database": partial(_open, settings, engine, is_open, running)})


def relay(settings: Inbound) -> None:
    """Publish what the database holds."""
    run({"relay": partial(_relay, settings)})


def worker(settings: Outbound) -> None:
    """React to what is on the queues."""
    check_urls(settings)
    run({"worker": partial(_in_context, settings, "worker", worker_part)})


def clock(settings: Outbound) -> None:
    """Do the periodic jobs."""
    check_urls(settings)
    run({"clock": partial(_in_context, settings, "clock", clock_part)})


def console(settings: Policies) -> None:
    """Serve the console; while no account is set there is none, and whoever runs all processes runs this one, too."""
    if not settings.has_console:
        log.warning("console.off", why=CONSOLE_OFF)
        stop_on_signals().wait()
        return
    with listen(*_console_at(settings)) as listener, engine_of(settings) as engine:
        running = Running.of(settings, engine, "console")
        part = console_part(settings, engine, listener, running.pulses["console"])
        run({"console": part, "database": partial(_open, settings, engine, threading.Event(), running)})


def up(inbound: Inbound, outbound: Outbound) -> None:
    """Run all in one process, the console too if it is set up; the web part is given only what it may know."""
    check_urls(outbound)
    with ExitStack() as opened:
        listener = opened.enter_context(listen(inbound.host, inbound.port))
        engine = opened.enter_context(engine_of(inbound))
        parts = (*PARTS, *(["console"] if outbound.has_console else []))
        is_open, running = threading.Event(), Running.of(outbound, engine, *parts)
        app = create_app(
            inbound,
            engine,
            Credentials(inbound.fernet_keys),
            {**_probes(inbound), **{part: running.pulses[part].check for part in PARTS if part != "web"}},
            is_open=is_open.is_set,
            metrics=running.metrics,
            serves_metrics=inbound.metrics_port is None,
            pulse=running.pulses["web"],
        )
        beside = {}
        if outbound.has_console:
            at = opened.enter_context(listen(*_console_at(outbound)))
            beside["console"] = console_part(outbound, engine, at, running.pulses["console"])
        run({"web": server(app, listener), "work": partial(_work, outbound, is_open, running), **beside})


def all_parts(context: Context, settings: Inbound, listener: socket.socket) -> Mapping[str, Part]:
    """Return the four parts of weaudit, for one process whose database is ready."""
    pulses = {part: Pulse() for part in PARTS}
    app = create_app(settings, context.engine, context.credentials, _probes(settings), pulse=pulses["web"])
    presence = partial(_be_seen, context.engine, pulses)
    return {"web": server(app, listener), "presence": presence, **_working_parts(context, pulses)}


def worker_part(context: Context, pulse: Pulse | None = None) -> Part:
    """Return the worker with all its reactions; at the end it waits for them a little less long than we wait for it."""
    working = Worker(context, context.settings.broker_url, REACTIONS, pulse=pulse)
    return partial(working.run, grace=GRACE - 0.5)


def clock_part(context: Context, pulse: Pulse | None = None) -> Part:
    """Return the clock with all its jobs."""
    return Clock(context, pulse=pulse).run


def console_part(settings: Policies, engine: Engine, listener: socket.socket, pulse: Pulse | None = None) -> Part:
    """Return the console, for a socket of its own."""
    from handlers.console.app import create_console  # noqa: PLC0415 who has no console loads none of it

    app = create_console(settings, engine, pulse)
    return partial(serve, app, listener, protocol=Few, proxies=settings.console_proxies)


def server(app: Starlette, listener: socket.socket, protocol: type[HttpToolsProtocol] = Bounded) -> Part:
    """Serve an app on a socket."""
    return partial(serve, app, listener, protocol=protocol)


def _open(settings: Inbound, engine: Engine, is_open: threading.Event, running: Running, stop: threading.Event) -> None:
    make_ready(engine, settings.fernet_keys, stop)
    is_open.set()
    _be_seen(engine, running.pulses, stop)


def _relay(settings: Inbound, stop: threading.Event) -> None:
    with open_database(settings, stop) as engine:
        running = Running.of(settings, engine, "relay")
        url, ca_file = settings.broker_url, settings.broker_ca_file
        with Presence(engine, running.pulses):
            Relay(engine, url, ca_file, metrics=running.metrics, pulse=running.pulses["relay"]).run(stop)


def _in_context(settings: Outbound, name: str, part: Callable[[Context, Pulse], Part], stop: threading.Event) -> None:
    with engine_of(settings) as engine:
        running = Running.of(settings, engine, name)
        with open_context(settings, stop, metrics=running.metrics) as context, Presence(engine, running.pulses):
            part(context, running.pulses[name])(stop)


def _work(settings: Outbound, is_open: threading.Event, running: Running, stop: threading.Event) -> None:
    with open_context(settings, stop, metrics=running.metrics) as context:
        is_open.set()
        parts = _working_parts(context, running.pulses)
        with Presence(context.engine, running.pulses), Background(parts) as working:
            working.watch(stop)


def _working_parts(context: Context, pulses: Mapping[str, Pulse]) -> Mapping[str, Part]:
    url, ca_file = context.settings.broker_url, context.settings.broker_ca_file
    publishing = Relay(context.engine, url, ca_file, metrics=context.metrics, pulse=pulses["relay"])
    if url.startswith("memory:"):
        # kombu's state in memory is shared and not locked: it is declared here, before there are threads.
        with broker.connection(url) as connection:
            broker.ready(connection)
    return {
        "relay": publishing.run,
        "worker": worker_part(context, pulses["worker"]),
        "clock": clock_part(context, pulses["clock"]),
    }


def _probes(settings: Inbound) -> Mapping[str, Callable[[], None]]:
    return {"broker": partial(broker.ping, settings.broker_url, settings.broker_ca_file)}


def _be_seen(engine: Engine, pulses: Mapping[str, Pulse], stop: threading.Event) -> None:
    with Presence(engine, pulses):
        stop.wait()


def _console_at(settings: Policies) -> tuple[str, int, str]:
    return settings.console_host, settings.console_port, "CONSOLE_HOST and CONSOLE_PORT"


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
            "BROKER_URL is memory://, a queue inside one process: what `weaudit {process}` does there, no other "
            "process sees. Set BROKER_URL to amqp://… or redis://…, or run everything in one process: weaudit up",
            process=process,
        )
