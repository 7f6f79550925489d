"""What of the ledger is due: taken by one relay to be published, parked, given back, or recalled."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, case, exists, select, tuple_, update

from service.store.attempts import AttemptState
from service.store.bulk import among
from service.store.tables import OPEN, attempts, pushes

log = structlog.get_logger(__name__)

# What was published and not taken up, because its copy was lost or the workers are busy, is published again after the
# first of these, then ever less often, at least once an hour.
REPUBLISH_AFTER = 15.0
REPUBLISH_AT_LEAST_EVERY = 3600.0
ORPHANED = "its push is no longer there: somebody deleted it"


class Due(NamedTuple):
    """A reaction to publish, to its own queue alone."""

    push_id: str
    queue: str
    body: str


def take(connection: Connection, *, now: float, limit: int) -> Sequence[Due]:
    """Take what is to be published, so that no other relay takes it: what is new, times that came, lost leases.

    A reaction without its push, which somebody deleted by hand, is dead, as is seen when there is nothing else to do.
    """
    waited = case((attempts.c.state == AttemptState.WAITING.value, now - attempts.c.changed_at), else_=0.0)
    pause = case((waited > REPUBLISH_AT_LEAST_EVERY, REPUBLISH_AT_LEAST_EVERY), else_=waited + REPUBLISH_AFTER)
    changed = case((attempts.c.state == AttemptState.WAITING.value, attempts.c.changed_at), else_=now)
    is_due = (OPEN, attempts.c.due_at <= now)
    has_push = exists().where(pushes.c.id == attempts.c.push_id)
    due = (
        select(attempts.c.push_id, attempts.c.queue)
        .where(*is_due, has_push)
        .order_by(attempts.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = connection.execute(
        update(attempts)
        .where(tuple_(attempts.c.push_id, attempts.c.queue).in_(select(due.c.push_id, due.c.queue)))
        .values(state=AttemptState.WAITING.value, due_at=now + pause, changed_at=changed)
        .returning(attempts.c.push_id, attempts.c.queue)
    ).all()
    if not taken:
        orphaned = {"state": AttemptState.DEAD.value, "note": ORPHANED, "changed_at": now}
        buried = connection.execute(update(attempts).where(*is_due, ~has_push).values(orphaned)).rowcount
        if buried:
            log.error("reaction.orphaned", reactions=buried, why=ORPHANED)
        return []
    of_them = among(connection, pushes.c.id, {push_id for push_id, _ in taken})
    rows = connection.execute(select(pushes.c.id, pushes.c.body).where(of_them))
    bodies = {row.id: row.body for row in rows}
    return [Due(push_id, queue, bodies[push_id]) for push_id, queue in taken]


def park(connection: Connection, item: Due, note: str) -> None:
    """Say why a reaction could not be published; it is tried again at the time that `take` gave it."""
    mine = (attempts.c.push_id == item.push_id) & (attempts.c.queue == item.queue)
    connection.execute(update(attempts).where(mine, OPEN).values(note=note))


def recall(connection: Connection, *, now: float) -> None:
    """Make all that is open due, because the queue was in a process that ended, and what it held and did with it."""
    connection.execute(
        update(attempts).where(OPEN, attempts.c.state != AttemptState.RETRYING.value).values(due_at=now, changed_at=now)
    )


def give_back(connection: Connection, keys: Collection[tuple[str, str]], *, now: float) -> None:
    """Make due again what could not be published, or had to wait for another reaction: by push and queue."""
    connection.execute(
        update(attempts)
        .where(tuple_(attempts.c.push_id, attempts.c.queue).in_(keys), attempts.c.state == AttemptState.WAITING.value)
        .values(due_at=now)
    )
