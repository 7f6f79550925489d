"""What is waited for outside: one row a cause, from the first reaction that it blocks until it is seen to be gone."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from service.store.attempts import AttemptState
from service.store.engine import upsert
from service.store.tables import BLOCKED, attempts, causes, pushes

# Of those that a cause held up, so many a second go on when it has ended: 3,000 within a minute, and about as many as
# one worker does. At 100 half of them waited so long in their queue that they were published twice.
WAKE_RATE = 60.0
FIRST_PROBE = 60.0
# A person's word that nothing is done by policy; behind a colon of whom, or for all.
PAUSED = PAUSED_ALL = "paused"


class Cause(NamedTuple):
    """A cause, and what WeChat said when it began; times in Unix seconds.

    `name` is its kind, and behind colons what it is about, such as `permission:wx…:18`. `until`: when time ends it.
    `told_at`: when people were told of it last.
    """

    name: str
    since: float
    probe_at: float
    told_at: float | None
    until: float | None
    errcode: int | None
    endpoint: str
    reason: str

    @property
    def kind(self) -> str:
        """Return what kind of cause it is."""
        return self.name.partition(":")[0]

    @property
    def about(self) -> str:
        """Return whom it is about, or empty for the platform as a whole."""
        return next((part for part in self.name.split(":")[1:] if part.startswith("wx")), "")


class Held(NamedTuple):
    """A cause and what it holds up: reactions, and of how many mini programs."""

    cause: Cause
    reactions: int
    mini_programs: int


def begin(
    connection: Connection,
    name: str,
    *,
    now: float,
    reason: str,
    errcode: int | None = None,
    endpoint: str = "",
    until: float | None = None,
) -> None:
    """Note that something is blocked on a cause. Of one that is known only what WeChat said last is new.

    The row is locked until the commit: who ends the cause meanwhile also finds what is blocked in this transaction.
    """
    said = {"reason": reason, "errcode": errcode, "endpoint": endpoint, "until": until}
    row = upsert(connection.dialect.name, causes).values(name=name, since=now, probe_at=now + FIRST_PROBE, **said)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=said))


def paused(appid: str) -> str:
    """Name the pause of one mini program."""
    return f"{PAUSED}:{appid}"


def is_pause(name: str) -> bool:
    """Tell whether a cause is a person's word."""
    return name.partition(":")[0] == PAUSED


def pause_of(connection: Connection, appid: str) -> Cause | None:
    """Find the pause that holds for a mini program: its own, or that of all."""
    row = connection.execute(_PAUSE, {"of_one": paused(appid)}).first()
    return None if row is None else Cause(*row)


# Built once, as it is read at every visit to a mini program.
_PAUSE = (
    select(causes)
    .where(or_(causes.c.name == PAUSED_ALL, causes.c.name == bindparam("of_one")))
    .order_by(causes.c.name.desc())
    .limit(1)
)


def is_prolonged(connection: Connection, cause: Cause) -> bool:
    """Tell whether a cause ends at another time than was known; until the commit nobody changes that."""
    row = connection.execute(select(causes.c.until).where(causes.c.name == cause.name).with_for_update()).first()
    return row is not None and row.until != cause.until


def is_there(connection: Connection, name: str) -> bool:
    """Tell whether a cause is not over; until the commit nobody ends it."""
    return connection.execute(select(causes.c.name).where(causes.c.name == name).with_for_update()).first() is not None


def every(connection: Connection) -> Sequence[Held]:
    """List all, the oldest first, with what each holds up."""
    blocked = (
        select(
            attempts.c.waits_for,
            func.count().label("reactions"),
            func.count(func.distinct(pushes.c.appid)).label("mini_programs"),
        )
        .join(pushes, pushes.c.id == attempts.c.push_id)
        .where(BLOCKED)
        .group_by(attempts.c.waits_for)
        .subquery()
    )
    rows = connection.execute(
        select(*causes.c, blocked.c.reactions, blocked.c.mini_programs)
        .outerjoin_from(causes, blocked, blocked.c.waits_for == causes.c.name)
        .order_by(causes.c.since, causes.c.name)
    )
    return [Held(Cause(*row[: len(Cause._fields)]), row.reactions or 0, row.mini_programs or 0) for row in rows]


def told(connection: Connection, name: str, *, now: float) -> None:
    """Write down that people were told."""
    connection.execute(update(causes).where(causes.c.name == name).values(told_at=now))


def probe(connection: Connection, name: str, *, now: float, again_at: float) -> bool:
    """Let the oldest reaction that a cause blocks try whether it is gone; False if it blocks none."""
    connection.execute(update(causes).where(causes.c.name == name).values(probe_at=again_at))
    first = (
        select(attempts.c.push_id, attempts.c.queue)
        .where(BLOCKED, attempts.c.waits_for == name)
        .order_by(attempts.c.changed_at)
        .limit(1)
    )
    row = connection.execute(first).first()
    if row is None:
        return False
    mine = (attempts.c.push_id == row.push_id) & (attempts.c.queue == row.queue)
    tried = {"state": AttemptState.RETRYING.value, "due_at": now}
    return connection.execute(update(attempts).where(mine, BLOCKED).values(tried)).rowcount == 1


def end(connection: Connection, name: str, *, now: float) -> tuple[Cause, int] | None:
    """End a cause and let all go on that it blocks, WAKE_RATE a second; return it and how many; None if unknown."""
    gone = connection.execute(delete(causes).where(causes.c.name == name).returning(*causes.c)).first()
    if gone is None:
        return None
    rank = func.row_number().over(order_by=attempts.c.changed_at)
    woken = (
        select(attempts.c.push_id, attempts.c.queue, ((rank - 1) / WAKE_RATE).label("after"))
        .where(BLOCKED, attempts.c.waits_for == name)
        .cte("woken")
    )
    mine = (attempts.c.push_id == woken.c.push_id) & (attempts.c.queue == woken.c.queue)
    on = {"state": AttemptState.RETRYING.value, "due_at": now + woken.c.after, "waits_for": ""}
    # SQLite counts nothing for a statement that begins with WITH.
    going_on = connection.execute(update(attempts).where(mine).values(on).returning(attempts.c.push_id)).all()
    return Cause(*gone), len(going_on)
