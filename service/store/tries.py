"""The tries of reactions that did not come to a good end, for people; of the others nothing is kept."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, exists, insert, select

from service.store.tables import pushes
from service.store.tables import tries as table

MOST_KEPT = 100


class Try(NamedTuple):
    """A try: into which state it put its reaction, why, and when (Unix seconds)."""

    push_id: str
    queue: str
    fence: int
    state: str
    note: str
    ended_at: float


def keep(connection: Connection, ended: Try) -> None:
    """Keep a try, and of its reaction about so many as people read."""
    connection.execute(insert(table).values(ended._asdict()))
    its = (table.c.push_id == ended.push_id, table.c.queue == ended.queue)
    connection.execute(delete(table).where(*its, table.c.fence < ended.fence - MOST_KEPT))


def of(connection: Connection, push_ids: Collection[str]) -> Mapping[tuple[str, str], Sequence[Try]]:
    """List the tries of each reaction to some pushes, by (push, queue), in their order."""
    found: defaultdict[tuple[str, str], list[Try]] = defaultdict(list)
    for row in connection.execute(select(table).where(table.c.push_id.in_(push_ids)).order_by(table.c.fence)):
        found[row.push_id, row.queue].append(Try(*row))
    return found


def forget(connection: Connection, push_ids: Collection[str], *, before: float) -> None:
    """Forget those of some pushes, and the old ones of pushes that are no longer there."""
    connection.execute(delete(table).where(table.c.push_id.in_(push_ids)))
    has_push = exists().where(pushes.c.id == table.c.push_id)
    connection.execute(delete(table).where(table.c.ended_at < before, ~has_push))
