"""The engine, SQLite or PostgreSQL from one text, and a transaction of each kind."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import OperationalError as SQLiteError

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

# An answer to WeChat is due within 4 s; whoever waits for a lock gives up before that.
PATIENCE = 3
READ_ONLY = "weaudit_read_only"
FILE, BEGUN_AT = "weaudit_file", "weaudit_begun_at"
# The database is away, locked or full, and nothing that was to be written is to blame.
AWAY = (OperationalError, InterfaceError, PoolTimeout)
# PostgreSQL's read_only_sql_transaction: the server was made a standby, or read-only, while we were connected.
IS_READ_ONLY = "25006"
# SQLite's connections are files: one for each thread of a process that may write.
MOST_FILES = 64


def connect(url: str) -> Engine:
    """Make the engine; nothing is connected yet, and a lost connection is noticed and replaced."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            parsed,
            hide_parameters=True,
            pool_size=MOST_FILES,
            pool_timeout=PATIENCE,
            connect_args={"timeout": PATIENCE},
        )
        _as_measured(engine)
        return engine
    from service.store.postgresql import make_engine  # noqa: PLC0415 who has SQLite loads no driver of another database

    return make_engine(parsed)


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
    if written_to and written_to != _identity(engine.url.database or ""):
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


def _as_measured(engine: Engine) -> None:
    """Set SQLite up: WAL, FULL (we answer after the commit), and BEGIN IMMEDIATE.

    A deferred transaction that reads and then writes fails at once when somebody else wrote meanwhile.
    """
    path = engine.url.database or ""

    was_there = False

    @event.listens_for(engine, "do_connect")
    def _make_no_second_file(_: object, __: object, ___: object, ____: object) -> None:
        nonlocal was_there
        if was_there and not Path(path).exists():
            raise SQLiteError(f"{path} is gone: put it back, or start weaudit again to begin with an empty one")
        was_there = True

    @event.listens_for(engine, "connect")
    def _pragmas(connection: SQLiteConnection, record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        # Bytes that are no UTF-8, written by other hands, must not stop who reads them among others.
        connection.text_factory = lambda stored: stored.decode(errors="replace")
        _switch_to_wal(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        record.info[FILE] = _identity(path)

    @event.listens_for(engine, "checkout")
    def _is_still_there(_: object, record: ConnectionPoolEntry, __: object) -> None:
        if record.info[FILE] != _identity(path):
            raise InvalidatePoolError("the file was replaced")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _identity(path: str) -> tuple[int, int]:
    """Tell one file from another that has taken its name; of none that is there, all are alike."""
    try:
        found = Path(path).stat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino


def _switch_to_wal(connection: SQLiteConnection) -> None:
    """Switch the file to WAL, which it then stays in; SQLite does not wait by itself when two do that at once."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except SQLiteError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return
