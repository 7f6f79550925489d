"""Who was notified of what, so that a target that failed is told again, and the others are not.

A verdict is one thing whichever way it came: a push, its repeats, an answer of WeChat's. Anything else is its message.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from sqlalchemy import Connection, select

from service.store.engine import upsert
from service.store.reviews import Review, State
from service.store.tables import OPEN, attempts, pushes
from service.store.tables import notified as table

# Beside the targets: somebody was to be told, and could not be.
TRIED = "tried"


def name(url: str) -> str:
    """Name a target without saying its address, which often is a secret."""
    return sha256(url.encode()).hexdigest()


def of_verdict(review: Review, verdict: State) -> str:
    """Name a verdict on a review."""
    return f"{review.appid}:{review.auditid}:{verdict}"


def who(connection: Connection, what: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return the targets that were told of each."""
    names = tuple(what)
    told: dict[str, set[str]] = {each: set() for each in names}
    for row in connection.execute(select(table).where(table.c.what.in_(names))):
        told[row.what].add(row.target)
    return {each: frozenset(targets) for each, targets in told.items()}


def who_without_review(connection: Connection, review: Review, kind: str) -> frozenset[str]:
    """Return the targets that were told of a verdict, of a type, before it was known that it was this review's."""
    told = select(table.c.target).join(pushes, pushes.c.id == table.c.what)
    same = (pushes.c.appid == review.appid) & (pushes.c.type == kind) & (pushes.c.received_at >= review.submitted_at)
    return frozenset(connection.execute(told.where(same)).scalars())


def keep(connection: Connection, what: Iterable[str], target: str, *, now: float) -> None:
    """Keep that a target was told."""
    rows = [{"what": each, "target": target, "notified_at": now} for each in sorted(set(what))]
    if rows:
        insert = upsert(connection.dialect.name, table)
        newest = {"notified_at": insert.excluded.notified_at}
        connection.execute(insert.on_conflict_do_update(index_elements=["what", "target"], set_=newest), rows)


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
