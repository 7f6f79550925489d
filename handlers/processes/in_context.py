"""What worker and clock have in common: WeChat's client, the ledger and the numbers, opened around a part."""

import threading
from collections.abc import Callable

from handlers.context import Context, open_context
from handlers.processes.background import Part
from handlers.running import Running
from service.pulse import Pulse
from service.settings import Outbound
from service.store.opened import engine_of
from service.store.presence import Presence


def in_context(settings: Outbound, name: str, part: Callable[[Context, Pulse], Part], stop: threading.Event) -> None:
    """Run a part that is made of a context, and be seen by others meanwhile."""
    with engine_of(settings) as engine:
        running = Running.of(settings, engine, name)
        with open_context(settings, stop, metrics=running.metrics) as context, Presence(engine, running.pulses):
            part(context, running.pulses[name])(stop)
