"""Turns: what only one may do at a time, of all threads and processes, and until when it has for it.

A turn is a row and not a database lock, because who has it waits for WeChat, and no transaction of ours stays open that
long: on SQLite it would stop every other writer.
"""

import structlog
from sqlalchemy import Connection, Engine, delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from service.store.engine import reading, upsert
from service.store.tables import turns as table

log = structlog.get_logger(__name__)


def is_taken(connection: Connection, name: str, *, now: float) -> bool:
    """Tell whether somebody has a turn."""
    until = connection.execute(select(table.c.until).where(table.c.name == name)).scalar()
    return until is not None and until > now


def ends(connection: Connection, name: str, *, otherwise: float) -> float:
    """Give when a turn ends, if somebody has it."""
    until = connection.execute(select(table.c.until).where(table.c.name == name)).scalar()
    return otherwise if until is None else float(until)


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


def try_to_take(engine: Engine, name: str, *, now: float, seconds: float) -> float | None:
    """Take a turn for some seconds; gives until when, None if somebody has it. Who only waits writes nothing."""
    until = now + seconds
    with reading(engine) as connection:
        if is_taken(connection, name, now=now):
            return None
    with engine.begin() as connection:
        return until if take(connection, name, now=now, until=until) else None


def end_at(engine: Engine, name: str, until: float, at: float) -> None:
    """Let a turn that was taken until a time end at another; if the database does not take it, it ends as it would."""
    try:
        with engine.begin() as connection:
            mine = (table.c.name == name) & (table.c.until == until)
            connection.execute(update(table).where(mine).values(until=at))
    except SQLAlchemyError as error:
        log.warning("turn.not_changed", turn=name, error=str(error))


def let_go(engine: Engine, name: str, until: float) -> None:
    """Give a turn back; if the database does not take it, the turn ends by itself, and what was done in it counts."""
    try:
        with engine.begin() as connection:
            give_back(connection, name, until=until)
    except SQLAlchemyError as error:
        log.warning("turn.not_given_back", turn=name, error=str(error))
