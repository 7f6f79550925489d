"""`weaudit worker`: reacts to what is on the queues."""

from functools import partial

from handlers.context import Context
from handlers.notifications.notify import check_urls
from handlers.processes.background import GRACE, Part, run
from handlers.processes.in_context import in_context
from handlers.processes.one_cpu import OneCpu
from handlers.reactions import REACTIONS
from handlers.worker import Worker
from service.pulse import Pulse
from service.settings import Outbound


def worker(settings: Outbound) -> None:
    """React to what is on the queues."""
    check_urls(settings)
    run({"worker": partial(in_context, settings, "worker", worker_part)}, OneCpu().look)


def worker_part(context: Context, pulse: Pulse | None = None) -> Part:
    """Return the worker with all its reactions; at the end it waits for them a little less long than we wait for it."""
    working = Worker(context, context.settings.broker_url, REACTIONS, pulse=pulse)
    return partial(working.run, grace=GRACE - 0.5)
