"""Who was told of which push, so that a target that failed is told again, and the others are not."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from sqlalchemy import Connection, delete, exists, select

from service.attempts import State
from service.database import upsert
from service.tables import attempts, pushes
from service.tables import told as table


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
    is_open = attempts.c.state.in_((State.WAITING.value, State.RUNNING.value, State.RETRYING.value))
    rows = connection.execute(
        select(pushes.c.body)
        .join(attempts, attempts.c.push_id == pushes.c.id)
        .where(attempts.c.queue == queue, is_open)
        .order_by(pushes.c.seq)
        .limit(limit)
    )
    return list(rows.scalars())


def forget(connection: Connection) -> None:
    """Forget who was told of pushes that are forgotten themselves."""
    connection.execute(delete(table).where(~exists().where(pushes.c.id == table.c.push_id)))
