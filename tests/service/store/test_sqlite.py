from pathlib import Path

from sqlalchemy import Engine, event, text

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
    begun = []
    event.listen(store, "before_cursor_execute", lambda _c, _k, statement, *_: begun.append(statement))
    with store.begin():
        pass
    with reading(store):
        pass
    assert begun == ["BEGIN IMMEDIATE", "BEGIN"]


def test_an_sqlite_file_gets_its_folder(tmp_path: Path) -> None:
    """The default database stands alone: nobody has to make var/ first."""
    engine = connect(f"sqlite:///{tmp_path}/some/where/x.db")
    migrate(engine)
    engine.dispose()
    assert (tmp_path / "some" / "where" / "x.db").exists()
