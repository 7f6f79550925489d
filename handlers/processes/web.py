"""`weaudit web`: WeChat's callbacks, served from the first moment, and stored when the database is ready."""

import threading
from functools import partial

from handlers.listening import listen
from handlers.processes.background import run
from handlers.processes.serving import open_when_ready, server
from handlers.running import Running
from service.settings import Inbound
from service.store.credentials import Credentials
from service.store.opened import engine_of
from service.web.app import create_app


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
