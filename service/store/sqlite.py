"""SQLite, set up so that a commit is safe against power loss, readers block nobody, and a replaced file is noticed."""

import threading
import time
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import OperationalError as SQLiteError

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from service.store.engine import FILE, READ_ONLY, identity_of
from service.store.patience import PATIENCE

# A connection is a file: one for each thread of a process that may write.
MOST_FILES = 64
HAS_THE_TURN = "weaudit_has_the_turn"
# A deferred transaction that reads and then writes fails at once when somebody else wrote meanwhile.
BEGIN_TO_WRITE = "BEGIN IMMEDIATE"


def make_engine(url: URL) -> Engine:
    """Make the engine, and the folder of its file; nothing is connected yet. Raises OSError."""
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=MOST_FILES,
        pool_timeout=PATIENCE,
        connect_args={"timeout": PATIENCE},
    )
    _as_measured(engine)
    _let_writers_take_turns(engine)
    return engine


def _as_measured(engine: Engine) -> None:
    """Set SQLite up: WAL, and FULL, as we answer after the commit."""
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
        record.info[FILE] = identity_of(path)

    @event.listens_for(engine, "checkout")
    def _is_still_there(_: object, record: ConnectionPoolEntry, __: object) -> None:
        if record.info[FILE] != identity_of(path):
            raise InvalidatePoolError("the file was replaced")


def _let_writers_take_turns(engine: Engine) -> None:
    """Begin what writes one after another: a process waits for others as SQLite does, and its threads for a lock.

    SQLite's own way is to sleep for up to a tenth of a second and to look again; with turns, 8 threads did a quarter
    more reactions a second. A turn ends when the connection is given back to the pool.
    """
    turn = threading.Lock()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        only_reads, give_up = connection.get_execution_options().get(READ_ONLY), time.monotonic() + PATIENCE
        if not only_reads and not connection.info.get(HAS_THE_TURN):
            connection.info[HAS_THE_TURN] = turn.acquire(timeout=PATIENCE)
            if not connection.info[HAS_THE_TURN]:
                raise OperationalError(BEGIN_TO_WRITE, None, SQLiteError("database is locked"))
        left = max(0.0, give_up - time.monotonic())
        connection.exec_driver_sql(f"PRAGMA busy_timeout={left * 1000:.0f}").close()
        connection.exec_driver_sql("BEGIN" if only_reads else BEGIN_TO_WRITE)

    @event.listens_for(engine, "checkin")
    def _end(_: object, record: ConnectionPoolEntry) -> None:
        if record.info.pop(HAS_THE_TURN, False):
            turn.release()


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
