"""The engine, SQLite or PostgreSQL from one text, and the migrations that bring a database up to date."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import OperationalError as SQLiteError
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table, create_engine, event, func, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from service.store.patience import PatientConnection, within

# An answer to WeChat is due within 4 s; whoever waits for a lock gives up before that.
PATIENCE = 3
# In seconds: sooner a connection answers that has been idle, or never; who was answered so recently need not ask.
PING = 1.0
IDLE = 1.0
MIGRATION_LOCK = 7_233_701
# In seconds: for all steps together, and until somebody who waits for another's looks again.
LONGEST_MIGRATION = 3600.0
LOOK_AGAIN = 0.2
READ_ONLY = "weaudit_read_only"
FILE, USED_AT, BEGUN_AT = "weaudit_file", "weaudit_used_at", "weaudit_begun_at"
# One round trip instead of two: a transaction that writes needs the time at once.
BEGIN_AND_TELL_THE_TIME = "SELECT extract(epoch FROM clock_timestamp()); BEGIN"
# The database is away, locked or full, and nothing that was to be written is to blame.
AWAY = (OperationalError, InterfaceError, PoolTimeout)
# PostgreSQL's read_only_sql_transaction: the server was made a standby, or read-only, while we were connected.
IS_READ_ONLY = "25006"
# invalid_sql_statement_name: a pooler that did not show itself gave us a connection that knows none of our statements.
KNOWS_NOTHING = "26000"
# In seconds. A server that became another one behind the same address is not used for longer.
CONNECTION_LIFE = 300
# Of a process. What is above a pool's size is connected anew each time, which costs more than a few statements.
MOST_CONNECTIONS = 30
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
    engine = create_engine(
        parsed,
        hide_parameters=True,
        # The driver sends BEGIN as a round trip of its own, and before what only reads, too.
        isolation_level="AUTOCOMMIT",
        pool_recycle=CONNECTION_LIFE,
        pool_size=MOST_CONNECTIONS,
        max_overflow=0,
        pool_timeout=PATIENCE,
        connect_args={
            "connect_timeout": PATIENCE,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": PATIENCE * 1000,
            "application_name": "weaudit",
            "client_encoding": "utf8",
        },
    )
    event.listen(engine, "do_connect", lambda _, __, given, named: PatientConnection.connect(*given, **named))
    event.listen(engine, "handle_error", _leave_what_is_another, retval=True)
    event.listen(engine, "connect", _prepare_only_where_it_lasts)
    event.listen(engine, "connect", _note_use)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_see_that_it_answers, engine))
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_only_where_it_lasts(connection: PatientConnection, _: ConnectionPoolEntry) -> None:
    """Let the server remember no statements if a pooler is between us: the next transaction has another connection.

    A pooler such as pgbouncer tells of a process of the server's that is none. PostgreSQL takes a quarter less time for
    a look of a worker's if it need not read and plan each statement anew: 4.5 ms instead of 6.0.
    """
    asked = connection.execute("SELECT pg_backend_pid()").fetchone()
    if asked != (connection.info.backend_pid,):
        connection.prepare_threshold = None


def _note_use(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info[USED_AT] = time.monotonic()


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(READ_ONLY):
        return
    # Past SQLAlchemy, as it is asked of every transaction: 0.05 ms of 0.14 that one costs which does nothing.
    driver: Any = connection.connection.driver_connection
    try:
        with within(PING, cancels=False):
            connection.info[BEGUN_AT] = float(driver.execute(BEGIN_AND_TELL_THE_TIME).fetchone()[0])
    except psycopg.Error as error:
        connection.invalidate(error)
        raise OperationalError(BEGIN_AND_TELL_THE_TIME, None, error, connection_invalidated=True) from error


def _see_that_it_answers(engine: Engine, connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
    """Replace what does not answer before it is used, and all that is as old; who uses a new one is still in time."""
    if time.monotonic() - record.info[USED_AT] < IDLE:
        return
    try:
        with within(PING, cancels=False):
            engine.dialect.do_ping(connection)
    except psycopg.Error as error:
        raise InvalidatePoolError(str(error)) from None


def _leave_what_is_another(context: ExceptionContext) -> BaseException | None:
    """Connect anew to what takes no writes, or knows nothing of us: what stands behind the address may be another.

    The error is then that of a database that is away; psycopg calls it an internal one.
    """
    if getattr(context.original_exception, "sqlstate", "") not in {IS_READ_ONLY, KNOWS_NOTHING}:
        return None
    context.is_disconnect = True
    return OperationalError(context.statement, None, context.original_exception, hide_parameters=True)


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


def migrate(engine: Engine, stop: threading.Event | None = None) -> None:
    """Bring the tables up to date; of several processes that start at once, one does it and the others wait."""
    while not (stop and stop.is_set()) and not _migrate(engine):
        time.sleep(LOOK_AGAIN)


def _migrate(engine: Engine) -> bool:
    """Bring the tables up to date; False if somebody is at it."""
    config = _migrations()
    with within(LONGEST_MIGRATION), engine.begin() as connection:
        if connection.dialect.name == "postgresql" and not _is_ours_to_migrate(connection):
            return False
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def _is_ours_to_migrate(connection: Connection) -> bool:
    lock = text("SELECT pg_try_advisory_xact_lock(:lock)")
    return bool(connection.execute(lock, {"lock": MIGRATION_LOCK}).scalar_one())


def versions() -> frozenset[str]:
    """Return the versions of the tables that this program knows."""
    return frozenset(each.revision for each in ScriptDirectory.from_config(_migrations()).walk_revisions())


def newest_version() -> str:
    """Return the version of the tables that this program makes."""
    return str(ScriptDirectory.from_config(_migrations()).get_current_head())


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", "service:store/migrations")
    return config


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
