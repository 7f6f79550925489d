"""Turns: what only one may do at a time, of all threads and processes, and until when it has for it.

A turn is a row and not a database lock, because who has it waits for WeChat, and no transaction of ours stays open that
long: on SQLite it would stop every other writer.
"""

from sqlalchemy import Connection, delete

from service.database import upsert
from service.tables import turns as table


def take(connection: Connection, name: str, *, now: float, until: float) -> bool:
    """Take a turn until a time; False if somebody has it. Who dies with it loses it then."""
    insert = upsert(connection, table).values(name=name, until=until)
    taken = connection.execute(
        insert.on_conflict_do_update(
            index_elements=["name"], set_={"until": insert.excluded.until}, where=table.c.until <= now
        ).returning(table.c.name)
    )
    return taken.first() is not None


def give_back(connection: Connection, name: str, *, until: float) -> None:
    """Give a turn back that was taken until a time; one that somebody else has taken since stays his."""
    connection.execute(delete(table).where(table.c.name == name, table.c.until == until))
