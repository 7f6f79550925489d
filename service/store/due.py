"""What of the ledger is due: taken by one relay to be published, parked, given back, or recalled."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import BindParameter, Connection, Double, and_, bindparam, case, exists, select, tuple_, update

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
    taken = connection.execute(_TAKE, {"now": now, "most": limit}).all()
    if not taken:
        orphaned = {"state": AttemptState.DEAD.value, "note": ORPHANED, "changed_at": now}
        buried = connection.execute(_BURY, {"now": now, **orphaned}).rowcount
        if buried:
            log.error("reaction.orphaned", reactions=buried, why=ORPHANED)
        return []
    of_them = among(connection, pushes.c.id, {push_id for push_id, _ in taken})
    rows = connection.execute(select(pushes.c.id, pushes.c.body).where(of_them))
    bodies = {row.id: row.body for row in rows}
    return [Due(push_id, queue, bodies[push_id]) for push_id, queue in taken]


# Built once, as each round of a relay asks: to build it takes longer than to run it.
_NOW: BindParameter[float] = bindparam("now", type_=Double())
_IS_WAITING = attempts.c.state == AttemptState.WAITING.value
_WAITED = case((_IS_WAITING, _NOW - attempts.c.changed_at), else_=0.0)
_PAUSE = case((_WAITED > REPUBLISH_AT_LEAST_EVERY, REPUBLISH_AT_LEAST_EVERY), else_=_WAITED + REPUBLISH_AFTER)
_IS_DUE = and_(OPEN, attempts.c.due_at <= _NOW)
_HAS_PUSH = exists().where(pushes.c.id == attempts.c.push_id)
_DUE = (
    select(attempts.c.push_id, attempts.c.queue)
    .where(_IS_DUE, _HAS_PUSH)
    .order_by(attempts.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_TAKE = (
    update(attempts)
    .where(tuple_(attempts.c.push_id, attempts.c.queue).in_(select(_DUE.c.push_id, _DUE.c.queue)))
    .values(
        state=AttemptState.WAITING.value,
        due_at=_NOW + _PAUSE,
        changed_at=case((_IS_WAITING, attempts.c.changed_at), else_=_NOW),
    )
    .returning(attempts.c.push_id, attempts.c.queue)
)
_BURY = update(attempts).where(_IS_DUE, ~_HAS_PUSH)


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
    """Make due again what could not be published: by push and queue."""
    connection.execute(
        update(attempts)
        .where(tuple_(attempts.c.push_id, attempts.c.queue).in_(keys), attempts.c.state == AttemptState.WAITING.value)
        .values(due_at=now)
    )
