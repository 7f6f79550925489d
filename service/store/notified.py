"""Who was told of which push, so that a target that failed is told again, and the others are not."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from sqlalchemy import Connection, select

from service.store.engine import upsert
from service.store.tables import OPEN, attempts, pushes
from service.store.tables import told as table

# Beside the targets: somebody was to be told, and could not be.
TRIED = "tried"


def name(url: str) -> str:
    """Name a target without saying its address, which often is a secret."""
    return sha256(url.encode()).hexdigest()


def who(connection: Connection, push_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Give the targets that were told of each push."""
    ids = tuple(push_ids)
    told: dict[str, set[str]] = {id: set() for id in ids}
    for row in connection.execute(select(table).where(table.c.push_id.in_(ids))):
        told[row.push_id].add(row.target)
    return {id: frozenset(targets) for id, targets in told.items()}


def keep(connection: Connection, push_ids: Iterable[str], target: str, *, now: float) -> None:
    """Keep that a target was told of pushes."""
    rows = [{"push_id": id, "target": target, "told_at": now} for id in push_ids]
    if rows:
        connection.execute(upsert(connection, table).on_conflict_do_nothing(), rows)


def waiting(connection: Connection, queue: str, *, limit: int = 100) -> list[str]:
    """List the messages, as JSON, that people are still to be told of, the oldest first."""
    rows = connection.execute(
        select(pushes.c.body)
        .join(attempts, attempts.c.push_id == pushes.c.id)
        .where(OPEN, attempts.c.queue == queue)
        .order_by(pushes.c.seq)
        .limit(limit)
    )
    return list(rows.scalars())
