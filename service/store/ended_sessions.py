"""The sessions of the console that somebody ended before their time: their cookies are worth nothing in any process."""

from sqlalchemy import Connection, delete, select

from service.store.engine import upsert
from service.store.tables import ended_sessions as table


def end(connection: Connection, id: str, *, until: float, now: float) -> None:
    """End a session that would have lasted until a time, and forget those whose time is over anyway."""
    connection.execute(upsert(connection.dialect.name, table).values(id=id, until=until).on_conflict_do_nothing())
    connection.execute(delete(table).where(table.c.until < now))


def is_ended(connection: Connection, id: str) -> bool:
    """Tell whether somebody ended it."""
    return connection.execute(select(table.c.id).where(table.c.id == id)).first() is not None
