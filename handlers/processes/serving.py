"""What serves pages and callbacks has in common: an app on a socket, and a database that is made ready meanwhile."""

import socket
import threading
from functools import partial

from sqlalchemy import Engine
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from handlers.processes.background import Part
from handlers.running import Running
from service.settings import Inbound
from service.store.opened import make_ready
from service.store.presence import Presence
from service.web.connections import Bounded
from service.web.server import serve


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
