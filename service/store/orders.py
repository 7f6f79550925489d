"""What people ordered, by command or console: who, when, from where."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from service.store.tables import orders as table

LONGEST = 64


class By(NamedTuple):
    """Who ordered something, and from where: a user at a host, or an account of the console at an address."""

    who: str
    origin: str


class Order(NamedTuple):
    """An order: `about` says of which version, reaction or cause, and why; `appid` is empty if it is of none."""

    seq: int
    action: str
    appid: str
    about: str
    who: str
    origin: str
    ordered_at: float


def keep(connection: Connection, action: str, appid: str, about: str, by: By, *, now: float) -> None:
    """Keep an order."""
    who = {"who": by.who[:LONGEST], "origin": by.origin[:LONGEST], "ordered_at": now}
    connection.execute(insert(table).values(action=action, appid=appid, about=about, **who))


def newest(connection: Connection, *, appid: str = "", before: int | None = None, limit: int = 20) -> Sequence[Order]:
    """List the newest, the newest first; `before`: older than one by its seq."""
    chosen = select(table).order_by(table.c.seq.desc()).limit(limit)
    if appid:
        chosen = chosen.where(table.c.appid == appid)
    if before is not None:
        chosen = chosen.where(table.c.seq < before)
    return [Order(*row) for row in connection.execute(chosen)]
