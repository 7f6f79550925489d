"""The calls that changed something at WeChat, or were to: for who asks what happened, and for WeChat's support."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from service.store.tables import calls as table


class Call(NamedTuple):
    """A call: WeChat's `errcode` is None if no answer was heard; `rid` is what WeChat's support asks for."""

    appid: str
    review: int | None
    endpoint: str
    errcode: int | None
    said: str
    rid: str
    called_at: float


def keep(connection: Connection, call: Call) -> None:
    """Keep a call."""
    connection.execute(_KEEP, call._asdict())


_KEEP = insert(table)


def of(connection: Connection, appid: str, *, limit: int) -> Sequence[Call]:
    """List the newest calls for a mini program, the newest first."""
    chosen = select(table).where(table.c.appid == appid).order_by(table.c.seq.desc()).limit(limit)
    return [_call(row) for row in connection.execute(chosen)]


def of_rid(connection: Connection, rid: str) -> Call | None:
    """Find the call that WeChat gave a rid."""
    row = connection.execute(select(table).where(table.c.rid == rid).limit(1)).first()
    return None if row is None else _call(row)


def _call(row: object) -> Call:
    return Call(*(getattr(row, name) for name in Call._fields))
