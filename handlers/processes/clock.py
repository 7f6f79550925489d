"""`weaudit clock`: does the periodic jobs."""

from functools import partial

from handlers.clock import Clock
from handlers.context import Context
from handlers.notifications.notify import check_urls
from handlers.processes.background import Part, run
from handlers.processes.in_context import in_context
from service.pulse import Pulse
from service.settings import Outbound


def clock(settings: Outbound) -> None:
    """Do the periodic jobs."""
    check_urls(settings)
    run({"clock": partial(in_context, settings, "clock", clock_part)})


def clock_part(context: Context, pulse: Pulse | None = None) -> Part:
    """Return the clock with all its jobs."""
    return Clock(context, pulse=pulse).run
