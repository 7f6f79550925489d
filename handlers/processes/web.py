"""`weaudit web`: WeChat's callbacks, served from the first moment, and stored when the database is ready."""

import socket
import threading
from functools import partial

from sqlalchemy import Engine
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from handlers.listening import listen
from handlers.processes.background import Part, run
from handlers.running import Running
from service.settings import Inbound
from service.store.credentials import Credentials
from service.store.opened import engine_of, make_ready
from service.store.presence import Presence
from service.web.app import create_app
from service.web.connections import Bounded
from service.web.server import serve


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
        run({"web": server(app, listener), "database": partial(open_when_ready, settings, engine, is_open, running)})


def server(app: Starlette, listener: socket.socket, protocol: type[HttpToolsProtocol] = Bounded) -> Part:
    """Serve an app on a socket."""
    return partial(serve, app, listener, protocol=protocol)


def open_when_ready(
    settings: Inbound, engine: Engine, is_open: threading.Event, running: Running, stop: threading.Event
) -> None:
    """Make the database ready, say so, and be seen by others from then on."""
    make_ready(engine, settings.fernet_keys, stop)
    is_open.set()
    with Presence(engine, running.pulses):
        stop.wait()
