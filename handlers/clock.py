"""The clock: a table of periodic jobs; any number of clocks share it, and each job is done once each time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import or_, select, update

from handlers.authorizers.import_authorizers import learn_authorizers
from handlers.authorizers.renew_tokens import TicketWatch, renew_tokens
from handlers.context import Context
from handlers.reviews.reconcile import discover, reconcile
from service.settings import Outbound
from service.store import retention
from service.store.engine import reading, upsert
from service.store.tables import jobs as table

log = structlog.get_logger(__name__)

TICK = 1.0
DAY = 86_400.0
# The clocks of several machines may be so many seconds apart.
CLOCKS_DIFFER = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """What to do, and every how many seconds."""

    name: str
    every: Callable[[Outbound], float]
    do: Callable[[Context], None]


def prune(context: Context) -> None:
    """Forget what was handled more than RETENTION_DAYS ago, a thousand pushes a commit."""
    before = context.clock() - context.settings.retention_days * DAY
    while True:
        with context.engine.begin() as connection:
            forgotten = retention.forget_handled(connection, before=before)
        if not forgotten:
            return
        log.info("pushes.pruned", pushes=forgotten)


def jobs() -> tuple[Job, ...]:
    """Give the jobs, for one process."""
    return (
        Job("reconcile", lambda settings: settings.reconcile_every, reconcile),
        Job("discover", lambda settings: settings.reconcile_after, discover),
        Job("learn authorizers", lambda _: 3600.0, learn_authorizers),
        Job("renew tokens", lambda _: 300.0, renew_tokens),
        Job("watch the ticket", lambda _: 300.0, TicketWatch()),
        Job("prune", lambda _: 3600.0, prune),
    )


class Clock:
    """Does each job when its time has come."""

    def __init__(self, context: Context, those: tuple[Job, ...] | None = None) -> None:
        """Take what the jobs need, and the table of jobs."""
        self._context = context
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
        """Do a job whenever its time comes; one that fails is done again when its time comes again."""
        while not stop.is_set():
            try:
                if self._claim(job):
                    job.do(self._context)
            except Exception as error:  # noqa: BLE001 one failure must not stop the clock
                log.error("job.failed", job=job.name, error=repr(error))  # noqa: TRY400
            stop.wait(TICK)

    def _claim(self, job: Job) -> bool:
        """Take the job's next time off the list; False if it has not come, or another clock was first."""
        now, every = self._context.clock(), job.every(self._context.settings)
        with reading(self._context.engine) as connection:
            next_at = connection.execute(select(table.c.next_at).where(table.c.name == job.name)).scalar()
        # One that is much further off than its period was put there by another setting.
        too_far = now + every + max(every, CLOCKS_DIFFER)
        if next_at is not None and now < next_at <= too_far:
            return False
        with self._context.engine.begin() as connection:
            connection.execute(upsert(connection, table).values(name=job.name, next_at=0.0).on_conflict_do_nothing())
            claimed = connection.execute(
                update(table)
                .where(table.c.name == job.name, or_(table.c.next_at <= now, table.c.next_at > too_far))
                .values(next_at=now + every)
            )
            return claimed.rowcount == 1
