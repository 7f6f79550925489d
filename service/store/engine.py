"""Transactions: what reads, what writes, what writes durably; and the time by which processes judge each other."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

READ_ONLY = "weaudit_read_only"
FILE, BEGUN_AT = "weaudit_file", "weaudit_begun_at"
# The database is away, locked or full, and nothing that was to be written is to blame.
AWAY = (OperationalError, InterfaceError, PoolTimeout)
# PostgreSQL's read_only_sql_transaction: the server was made a standby, or read-only, while we were connected.
IS_READ_ONLY = "25006"


class Replaced(Exception):
    """The file that was written to is not the one any more that has the name of the database."""


@contextmanager
def writing_durably(engine: Engine) -> Iterator[Connection]:
    """Open a transaction whose writes, when the block has ended, are where whoever opens the database finds them.

    Raises Replaced, after the commit, if an SQLite file was replaced while it was open.
    """
    with engine.begin() as connection:
        yield connection
        written_to = connection.info.get(FILE)
    if written_to and written_to != identity_of(engine.url.database or ""):
        raise Replaced(f"{engine.url.database} was replaced while it was open")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open what only reads, so that SQLite need not lock out writers; on PostgreSQL each statement stands alone."""
    with engine.connect().execution_options(**{READ_ONLY: True}) as connection, connection.begin():
        yield connection


def database_time(connection: Connection) -> float:
    """Return the database's time, in Unix seconds: by it, and not by their own, processes judge each other's work.

    In a transaction that writes it is the time at which that began; that of an SQLite file is its machine's.
    """
    if connection.dialect.name == "sqlite":
        return time.time()
    if not connection.get_execution_options().get(READ_ONLY):
        return float(connection.info[BEGUN_AT])
    return float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())


def upsert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Make an INSERT that can say ON CONFLICT, in a connection's dialect."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def identity_of(path: str) -> tuple[int, int]:
    """Tell one file from another that has taken its name; of none that is there, all are alike."""
    try:
        found = Path(path).stat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino
