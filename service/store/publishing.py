"""What of the pushes subscribers have not seen yet: taken by one relay, settled, put aside, or given back."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, select, update

from service.store.bulk import among
from service.store.tables import NOTED, TO_PUBLISH, pushes

# A relay that dies holds what it took for this long, in seconds; then another publishes it.
HOLD = 15.0
# What cannot be published is tried again after as long as it is old, in these limits.
SHORTEST_ASIDE, LONGEST_ASIDE = 60.0, 3600.0
REFUSED = "refused by a queue that is full"


class New(NamedTuple):
    """A push that no subscriber has seen yet, the number of its row, and until when a relay holds it."""

    seq: int
    push_id: str
    routing_key: str
    body: str
    held_until: float = 0.0


def take_new(connection: Connection, *, now: float, limit: int) -> Sequence[New]:
    """Take what is to be published, so that no other relay takes it for HOLD seconds; the oldest first."""
    held_until = now + HOLD
    rows = connection.execute(_TAKE, {"now": now, "most": limit, "held_until": held_until}).all()
    in_order = sorted(rows, key=lambda row: row.received_at)
    return [New(row.seq, row.id, row.routing_key, row.body, held_until) for row in in_order]


# Built once, as each round of a relay asks: to build it takes longer than to run it.
_UNPUBLISHED = (
    select(pushes.c.seq)
    .where(TO_PUBLISH, pushes.c.publish_at <= bindparam("now"))
    .order_by(pushes.c.publish_at, pushes.c.received_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("unpublished")
)
_TAKE = (
    update(pushes)
    .where(pushes.c.seq.in_(select(_UNPUBLISHED.c.seq)))
    .values(publish_at=bindparam("held_until"))
    .returning(pushes.c.seq, pushes.c.id, pushes.c.received_at, pushes.c.routing_key, pushes.c.body)
)


def settle(connection: Connection, those: Collection[New], *, note: str = "") -> None:
    """Write down that subscribers have them, or why they have not and shall not."""
    if those:
        connection.execute(update(pushes).where(*_are(connection, those)).values(publish_at=None, note=note))


def put_aside(connection: Connection, push_id: str, note: str, *, now: float) -> None:
    """Say why one cannot be published, and let it wait ever longer before it is tried again."""
    age = now - pushes.c.received_at
    pause = case((age < SHORTEST_ASIDE, SHORTEST_ASIDE), (age > LONGEST_ASIDE, LONGEST_ASIDE), else_=age)
    mine = (pushes.c.id == push_id) & TO_PUBLISH
    connection.execute(update(pushes).where(mine).values(publish_at=now + pause, note=note))


def give_back(connection: Connection, those: Collection[New], *, now: float) -> None:
    """Let them be published at once by whoever can."""
    connection.execute(update(pushes).where(*_are(connection, those), TO_PUBLISH).values(publish_at=now))


def _are(connection: Connection, those: Collection[New]) -> Sequence[ColumnElement[bool]]:
    """Choose those that are still held: by their numbers, as by their ids, of five million, SQLite took a sixth longer.

    A database that was replaced, or whose standby took over, may have given a number to another push.
    """
    held = pushes.c.publish_at.in_({each.held_until for each in those})
    return among(connection, pushes.c.seq, [each.seq for each in those]), held


def recall(connection: Connection, *, now: float) -> None:
    """Give back what any relay holds, because there is only this one."""
    connection.execute(update(pushes).where(TO_PUBLISH).values(publish_at=now))


def unpublished(connection: Connection) -> tuple[int, float | None]:
    """Count what is unpublished, and say since when the oldest is."""
    count, since = connection.execute(select(func.count(), func.min(pushes.c.received_at)).where(TO_PUBLISH)).one()
    return count, since


def notes(connection: Connection) -> dict[str, int]:
    """Count what subscribers did not get, by why."""
    counted = select(pushes.c.note, func.count()).where(NOTED).group_by(pushes.c.note)
    return {row.note: row[1] for row in connection.execute(counted)}
