"""`weaudit up`: all in one process."""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

from sqlalchemy import Engine

from handlers.context import Context, open_context
from handlers.listening import listen
from handlers.notifications.notify import check_urls
from handlers.processes.background import Background, Part, run
from handlers.processes.clock import clock_part
from handlers.processes.console import console_at, console_part
from handlers.processes.one_cpu import OneCpu
from handlers.processes.serving import server
from handlers.processes.worker import worker_part
from handlers.running import Running
from service.pulse import Pulse
from service.queue import connection as broker
from service.queue.relay import Relay
from service.settings import Inbound, Outbound
from service.store.credentials import Credentials
from service.store.opened import engine_of
from service.store.presence import Presence
from service.store.processes import PARTS
from service.web.app import create_app


def up(inbound: Inbound, outbound: Outbound) -> None:
    """Run all in one process, the console too if it is set up; the web part is given only what it may know."""
    check_urls(outbound)
    with ExitStack() as opened:
        listener = opened.enter_context(listen(inbound.host, inbound.port))
        console = opened.enter_context(listen(*console_at(outbound))) if outbound.has_console else None
        engine = opened.enter_context(engine_of(inbound))
        parts = (*PARTS, *(["console"] if console else []))
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
        beside = {"console": console_part(outbound, engine, console, running.pulses["console"])} if console else {}
        run({"web": server(app, listener), "work": partial(_work, outbound, is_open, running), **beside}, OneCpu().look)


def all_parts(context: Context, settings: Inbound, listener: socket.socket) -> Mapping[str, Part]:
    """Return the four parts of weaudit, for one process whose database is ready."""
    pulses = {part: Pulse() for part in PARTS}
    app = create_app(settings, context.engine, context.credentials, _probes(settings), pulse=pulses["web"])
    presence = partial(_be_seen, context.engine, pulses)
    return {"web": server(app, listener), "presence": presence, **_working_parts(context, pulses)}


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


def _be_seen(engine: Engine, pulses: Mapping[str, Pulse], stop: threading.Event) -> None:
    with Presence(engine, pulses):
        stop.wait()


def _probes(settings: Inbound) -> Mapping[str, Callable[[], None]]:
    return {"broker": partial(broker.ping, settings.broker_url, settings.broker_ca_file)}
