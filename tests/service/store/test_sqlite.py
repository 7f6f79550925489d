import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from service.store import tables
from service.store.connecting import connect
from service.store.engine import reading
from service.store.migrating import migrate


def test_sqlite_is_safe_against_power_loss_and_does_not_block_readers(store: Engine) -> None:
    """WAL, and every commit flushed."""
    with reading(store) as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_only_writers_lock_sqlite(store: Engine) -> None:
    """A reader goes on while somebody writes."""
    with store.begin() as writer:
        writer.execute(tables.leases.insert().values(name="x", holder="", until=0.0, fence=1))
        with reading(store) as reader:
            assert reader.execute(tables.leases.select()).all() == []


def test_writers_begin_by_locking(store: Engine) -> None:
    """BEGIN IMMEDIATE, because a reader that becomes a writer fails at once in SQLite."""
    sent = []
    event.listen(store, "before_cursor_execute", lambda _c, _k, statement, *_: sent.append(statement))
    with store.begin():
        pass
    with reading(store):
        pass
    assert [statement for statement in sent if statement.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]


def wait_for_nobody(_: object, cursor: Any, statement: str, *__: object) -> None:
    """Let SQLite give up at once where it would wait for another writer."""
    if statement.startswith("BEGIN"):
        cursor.execute("PRAGMA busy_timeout=0")


def test_threads_that_write_take_turns(store: Engine) -> None:
    """SQLite never finds that another of them writes, and so none sleeps."""
    event.listen(store, "before_cursor_execute", wait_for_nobody)

    def write(number: int) -> None:
        with store.begin() as connection:
            connection.execute(tables.leases.insert().values(name=str(number), holder="", until=0.0, fence=1))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(100)))
    with reading(store) as connection:
        assert connection.execute(select(func.count()).select_from(tables.leases)).scalar() == 100


def fail(connection: Connection) -> None:
    """Raise what a database says of a wrong statement."""
    connection.execute(text("SELECT nothing FROM nowhere"))


def leave(connection: Connection) -> None:
    """Throw a connection away in the middle."""
    connection.invalidate()


def write_again(connection: Connection) -> None:
    """Use a connection for two transactions."""
    connection.commit()
    with connection.begin():
        connection.execute(tables.leases.delete())


def return_at_once(connection: Connection) -> None:
    """Give it back, and end the transaction thereby."""
    connection.close()


@pytest.mark.parametrize("end", [fail, leave, write_again, return_at_once])
def test_a_turn_ends_however_a_transaction_does(store: Engine, end: Callable[[Connection], None]) -> None:
    """Else nobody could ever write again."""
    for _ in range(2):
        with suppress(SQLAlchemyError), store.connect() as connection:
            connection.execute(tables.leases.insert().values(name="x", holder="", until=0.0, fence=1))
            end(connection)
    with store.begin() as connection:
        connection.execute(tables.leases.delete())


def test_whoever_found_the_file_locked_lets_others_try(store: Engine) -> None:
    """By another process, for as long as somebody waits."""
    event.listen(store, "before_cursor_execute", wait_for_nobody)
    with closing(sqlite3.connect(str(store.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(OperationalError, match=r"database is locked\n"), store.begin():
                pass
    with store.begin() as connection:
        connection.execute(tables.leases.delete())


def test_an_sqlite_file_gets_its_folder(tmp_path: Path) -> None:
    """The default database stands alone: nobody has to make var/ first."""
    engine = connect(f"sqlite:///{tmp_path}/some/where/x.db")
    migrate(engine)
    engine.dispose()
    assert (tmp_path / "some" / "where" / "x.db").exists()
