"""`weaudit relay`: what the database holds is published."""

import threading
from functools import partial

from handlers.processes.background import run
from handlers.running import Running
from service.queue.relay import Relay
from service.settings import Inbound
from service.store.opened import open_database
from service.store.presence import Presence


def relay(settings: Inbound) -> None:
    """Publish what the database holds."""
    run({"relay": partial(_relay, settings)})


def _relay(settings: Inbound, stop: threading.Event) -> None:
    with open_database(settings, stop) as engine:
        running = Running.of(settings, engine, "relay")
        url, ca_file = settings.broker_url, settings.broker_ca_file
        with Presence(engine, running.pulses):
            Relay(engine, url, ca_file, metrics=running.metrics, pulse=running.pulses["relay"]).run(stop)
