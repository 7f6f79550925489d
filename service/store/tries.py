"""The tries of reactions that did not come to a good end, for people; of the others nothing is kept."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from service.store.tables import tries as table


class Try(NamedTuple):
    """A try: into which state it put its reaction, why, and when (Unix seconds)."""

    push_id: str
    queue: str
    fence: int
    state: str
    note: str
    ended_at: float


def keep(connection: Connection, ended: Try) -> None:
    """Keep a try."""
    connection.execute(insert(table).values(ended._asdict()))


def of(connection: Connection, push_ids: Collection[str]) -> Mapping[tuple[str, str], Sequence[Try]]:
    """List the tries of each reaction to some pushes, by (push, queue), in their order."""
    found: defaultdict[tuple[str, str], list[Try]] = defaultdict(list)
    for row in connection.execute(select(table).where(table.c.push_id.in_(push_ids)).order_by(table.c.fence)):
        found[row.push_id, row.queue].append(Try(*row))
    return found


def forget(connection: Connection, push_ids: Collection[str]) -> None:
    """Forget those of some pushes."""
    connection.execute(delete(table).where(table.c.push_id.in_(push_ids)))
