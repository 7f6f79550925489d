"""`weaudit console`: serves what people look at and click."""

import socket
import threading
from functools import partial

import structlog
from sqlalchemy import Engine

from handlers.listening import listen
from handlers.processes.background import Part, run, stop_on_signals
from handlers.processes.serving import open_when_ready
from handlers.running import Running
from service.pulse import Pulse
from service.settings import Policies
from service.store.opened import engine_of
from service.web.connections import Few
from service.web.server import serve

log = structlog.get_logger(__name__)

CONSOLE_OFF = "CONSOLE_USERNAME and CONSOLE_PASSWORD are not set; weaudit console-password makes the latter"


def console(settings: Policies) -> None:
    """Serve the console; while no account is set there is none, and whoever runs all processes runs this one, too."""
    if not settings.has_console:
        log.warning("console.off", why=CONSOLE_OFF)
        stop_on_signals().wait()
        return
    with listen(*console_at(settings)) as listener, engine_of(settings) as engine:
        running = Running.of(settings, engine, "console")
        part = console_part(settings, engine, listener, running.pulses["console"])
        run({"console": part, "database": partial(open_when_ready, settings, engine, threading.Event(), running)})


def console_part(settings: Policies, engine: Engine, listener: socket.socket, pulse: Pulse | None = None) -> Part:
    """Return the console, for a socket of its own."""
    from handlers.console.app import create_console  # noqa: PLC0415 who has no account loads none of it

    app = create_console(settings, engine, pulse)
    return partial(serve, app, listener, protocol=Few, proxies=settings.console_proxies)


def console_at(settings: Policies) -> tuple[str, int, str]:
    """Say where the console is served, and by which settings."""
    return settings.console_host, settings.console_port, "CONSOLE_HOST and CONSOLE_PORT"
