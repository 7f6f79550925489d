"""The clock: a table of periodic jobs; any number of clocks share it, and each job is done once each time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from handlers.authorizers.import_authorizers import learn_authorizers
from handlers.authorizers.renew_tokens import TicketWatch, renew_tokens
from handlers.causes.watch import CauseWatch
from handlers.context import Context
from handlers.reviews.reconcile import discover, reconcile
from handlers.wechat.errors import WeChatError
from service.pulse import Pulse
from service.seldom import Seldom
from service.settings import Outbound
from service.store import retention, standstill
from service.store.leases import Lease
from service.store.patience import within

log = structlog.get_logger(__name__)

TICK = 1.0
# In seconds; what could not be done, such as before the first ticket, is tried again soon.
FAILED_AGAIN_AFTER = 5.0
# Thousands of mini programs are asked about one after another, and a slow WeChat takes seconds for each.
LONGEST_ROUND = 6 * 3600.0
DAY = 86_400.0
LONGEST_BREATH = 1.0
# In seconds, of a thousand pushes that are forgotten.
LONGEST_BATCH = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """What to do, and every how many seconds."""

    name: str
    every: Callable[[Outbound], float]
    do: Callable[[Context], None]


def prune(context: Context) -> None:
    """Forget what was handled more than RETENTION_DAYS ago, a thousand pushes a commit, half of the time."""
    kept = context.settings.retention_days * DAY
    forgotten = 0
    while True:
        began = context.monotonic()
        with within(LONGEST_BATCH), context.engine.begin() as connection:
            more = retention.forget_handled(connection, before=context.now(connection) - kept)
        if not more:
            break
        forgotten += more
        # Whoever has something to write comes between.
        time.sleep(min(context.monotonic() - began, LONGEST_BREATH))
    if forgotten:
        log.info("pushes.pruned", pushes=forgotten)


def settle(context: Context) -> None:
    """Settle what gave up a release that came about all the same, so that nobody is called to it any more."""
    with context.engine.begin() as connection:
        settled = standstill.settle_what_is_online(connection, now=context.now(connection))
    if settled:
        log.info("reactions.settled", reactions=settled, why=standstill.ONLINE_SINCE)


def jobs() -> tuple[Job, ...]:
    """Return the jobs, for one process."""
    return (
        Job("reconcile", lambda settings: settings.reconcile_every, reconcile),
        Job("discover", lambda settings: settings.reconcile_after, discover),
        Job("learn authorizers", lambda _: 3600.0, learn_authorizers),
        Job("renew tokens", lambda _: 300.0, renew_tokens),
        Job("watch the ticket", lambda _: 300.0, TicketWatch()),
        Job("look after causes", lambda _: 5.0, CauseWatch()),
        Job("settle", lambda _: 60.0, settle),
        Job("prune", lambda _: 3600.0, prune),
    )


class _NotTaken(Exception):
    """The database cannot be asked whether a job is due; each of them finds that out every second."""


class Clock:
    """Does each job when its time has come."""

    def __init__(self, context: Context, those: tuple[Job, ...] | None = None, *, pulse: Pulse | None = None) -> None:
        """Take what the jobs need, and the table of jobs."""
        self._context = context
        self._pulse = pulse or Pulse()
        self._jobs = jobs() if those is None else those

    def run(self, stop: threading.Event) -> None:
        """Do the jobs until `stop` is set, each in a thread of its own: a long one does not delay the others."""
        threads = [
            threading.Thread(target=self._tick, args=(job, stop), name=f"clock-{job.name}", daemon=True)
            for job in self._jobs
        ]
        for thread in threads:
            thread.start()
        log.info("clock.started", jobs=[job.name for job in self._jobs])
        for thread in threads:
            thread.join()

    def _tick(self, job: Job, stop: threading.Event) -> None:
        """Do a job whenever its time comes; one that fails is done again soon."""
        away = Seldom()
        while not stop.is_set():
            # A job may take long, and another one shows that the clock goes.
            self._pulse.beat()
            try:
                if lease := self._take(job):
                    self._do(job, lease)
            except _NotTaken as error:
                away.warn(log, "job.not_begun", job=job.name, error=str(error))
            except WeChatError as error:
                log.warning("job.put_off", job=job.name, error=str(error))
            except Exception as error:  # noqa: BLE001 one failure must not stop the clock
                log.error("job.failed", job=job.name, error=repr(error))  # noqa: TRY400
            stop.wait(TICK)

    def do_if_due(self, job: Job) -> bool:
        """Do a job if its time has come; False if it has not, or another clock is at it.

        The lease of a job rests until its next time; a longer rest was that of another setting.
        """
        lease = self._take(job)
        if lease:
            self._do(job, lease)
        return lease is not None

    def _take(self, job: Job) -> Lease | None:
        every = job.every(self._context.settings)
        try:
            return self._context.heartbeat.take_if_free(f"job: {job.name}", longest_rest=every, longest=LONGEST_ROUND)
        except (DBAPIError, PoolTimeout) as error:
            raise _NotTaken(str(getattr(error, "orig", error))) from None

    def _do(self, job: Job, lease: Lease) -> None:
        every, began, rest = job.every(self._context.settings), time.monotonic(), FAILED_AGAIN_AFTER
        try:
            job.do(self._context)
            rest = every
        finally:
            self._context.heartbeat.end(lease, rest=max(0.0, min(rest, every) - (time.monotonic() - began)))
