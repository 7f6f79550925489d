"""Leases: what only one may do at a time, who does it, and a fence by which all that he writes is known to be his.

free ──take──▶ held ──end──▶ free, or resting for a while
                │ hold (a heartbeat)      ▲
                └── nobody moves it on: LEASE seconds later it is free

A lease is a row and not a database lock, because its holder waits for WeChat, and no transaction of ours stays open
that long: on SQLite it would stop every other writer. Rows stay, so that a fence only ever rises.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, or_, select, tuple_, update
from sqlalchemy.sql.dml import ReturningInsert

from service.store.engine import upsert
from service.store.tables import leases as table

# In seconds, by the database's clock: so long after its last heartbeat a holder counts as dead. With the second that
# it takes to notice that, what it did is gone on with within 15 s.
LEASE = 14.0
NOBODY = ""
FOR_EVER = 1e12


class Lease(NamedTuple):
    """The right to do what `name` says, until somebody else is given a higher `fence`."""

    name: str
    fence: int


class LeaseLost(Exception):
    """Somebody else holds the lease, so nothing of its former holder is written any more."""


def ends(connection: Connection, name: str) -> float:
    """Return when a lease, or its rest, ends if nobody moves it on; 0 if nobody ever took it."""
    return float(connection.execute(select(table.c.until).where(table.c.name == name)).scalar() or 0.0)


def is_free(connection: Connection, name: str, *, now: float, longest_rest: float | None = None) -> bool:
    """Return whether a lease can be taken; a rest of more than `longest_rest` seconds is not waited for."""
    when = {"now": now, "resting_until": _resting_until(now, longest_rest)}
    return connection.execute(_HELD, {"of": name, **when}).first() is None


def take(
    connection: Connection, name: str, holder: str, *, now: float, longest_rest: float | None = None
) -> Lease | None:
    """Take a lease, for people under the name of its holder; None if somebody has it, or it rests."""
    wanted = {"name": name, "holder": holder, "until": now + LEASE, "fence": 1}
    when = {"now": now, "resting_until": _resting_until(now, longest_rest)}
    taken = connection.execute(_take(connection.dialect.name), {**wanted, **when}).scalar()
    return None if taken is None else Lease(name, taken)


def hold(connection: Connection, leases: Iterable[Lease], *, now: float) -> frozenset[Lease]:
    """Move leases on, all in one statement; return those that are still held."""
    held = connection.execute(
        update(table)
        .where(tuple_(table.c.name, table.c.fence).in_(list(leases)), table.c.holder != NOBODY)
        .values(until=now + LEASE)
        .returning(table.c.name, table.c.fence)
    )
    return frozenset(Lease(*row) for row in held)


def hold_one(connection: Connection, lease: Lease, *, now: float) -> bool:
    """Move a lease on; False if it is not held any more."""
    return connection.execute(_HOLD_ONE, {"held": lease.name, "by": lease.fence, "to": now + LEASE}).rowcount == 1


def end(connection: Connection, lease: Lease, *, now: float, rest: float = 0.0) -> None:
    """End a lease, and let nobody take it for `rest` seconds; one that was lost stays as it is."""
    connection.execute(_END, {"held": lease.name, "by": lease.fence, "to": now + rest})


def _resting_until(now: float, longest_rest: float | None) -> float:
    """Return until when a rest may go on, for who does not wait for it to end."""
    return FOR_EVER if longest_rest is None else now + longest_rest


# Built once, as each visit to a mini program takes a lease, holds it and ends it.
_IS_FREE = or_(
    table.c.until <= bindparam("now"), and_(table.c.holder == NOBODY, table.c.until > bindparam("resting_until"))
)
_HELD = select(table.c.name).where(table.c.name == bindparam("of"), ~_IS_FREE)
_MINE = and_(table.c.name == bindparam("held"), table.c.fence == bindparam("by"))
_HOLD_ONE = update(table).where(_MINE, table.c.holder != NOBODY).values(until=bindparam("to"))
_END = update(table).where(_MINE).values(holder=NOBODY, until=bindparam("to"))


@cache
def _take(dialect: str) -> ReturningInsert[Any]:
    wanted = upsert(dialect, table).values({name: bindparam(name) for name in ("name", "holder", "until", "fence")})
    taken_over = {"holder": wanted.excluded.holder, "until": wanted.excluded.until, "fence": table.c.fence + 1}
    return wanted.on_conflict_do_update(index_elements=["name"], set_=taken_over, where=_IS_FREE).returning(
        table.c.fence
    )
