import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError

from service.store.connecting import connect
from service.store.engine import AWAY, reading
from service.store.patience import PATIENCE, within
from tests.conftest import postgresql
from tests.support.servers import own_pgbouncer
from tests.support.tunnel import tunnel

ONE = text("SELECT 1")
OFTEN = 20
SEVERAL = 4


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Give an engine on a database of its own."""
    with postgresql() as url:
        made = connect(url)
        yield made
        made.dispose()


def asked_often(connection: Connection) -> int:
    """Ask so often that the driver would prepare it, and return how many statements the server remembers."""
    for _ in range(OFTEN):
        connection.execute(ONE)
    return int(connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one())


def test_the_server_remembers_what_is_asked_often(engine: Engine) -> None:
    """To read and plan each statement anew takes it a quarter of its time."""
    with engine.connect() as connection:
        assert asked_often(connection) > 0


def test_behind_a_pooler_it_remembers_nothing(tmp_path: Path) -> None:
    """One such as pgbouncer hands out another connection for each transaction."""
    with postgresql() as url, own_pgbouncer(5432, tmp_path / "pooler") as pooler:
        engine = connect(url.replace(":5432", f":{pooler.port}"))
        with engine.connect() as connection:
            assert asked_often(connection) == 0
        engine.dispose()


FORGETTING = {
    "it knows none of ours": ["EXECUTE 'DEALLOCATE ALL'"],
    "it knows another's of that name": ["EXECUTE 'DEALLOCATE ALL'", "EXECUTE 'PREPARE \"{name}\" AS SELECT 2'"],
}


@pytest.mark.parametrize("statements", FORGETTING.values(), ids=FORGETTING)
def test_who_meets_a_pooler_that_does_not_show_itself_prepares_no_more(engine: Engine, statements: list[str]) -> None:
    """The connection was exchanged: it is left as one whose database is away, and the next ones stay good."""
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        name = f"_pg3_{driver._prepared._prepared_idx}"
        exchanged = f"DO $$ BEGIN {'; '.join(statements).format(name=name)}; END $$"
        if len(statements) == 1:
            asked_often(connection)
            connection.execute(text(exchanged))
        else:
            connection.exec_driver_sql(exchanged)
            name_of_the_next = f"_pg3_{driver._prepared._prepared_idx}"
            assert name_of_the_next == name
        with pytest.raises(AWAY):
            asked_often(connection)
        assert connection.invalidated
    for _ in range(SEVERAL):
        with engine.connect() as connection:
            assert asked_often(connection) == 0


CHANGED = text("SELECT name FROM changed")


def ask_beside_a_migration(engine: Engine) -> None:
    """Ask often, and once more when the column has another type."""
    with reading(engine) as connection:
        for _ in range(OFTEN):
            connection.execute(CHANGED)
        with engine.begin() as other:
            other.execute(text("ALTER TABLE changed ALTER COLUMN name TYPE VARCHAR(16)"))
        connection.execute(CHANGED)


def test_a_statement_whose_columns_a_migration_changed_is_asked_over_another_connection(engine: Engine) -> None:
    """As that of a database that is away: who runs beside a newer version goes on."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE changed (name VARCHAR(8))"))
    with pytest.raises(AWAY, match="cached plan"):
        ask_beside_a_migration(engine)
    with reading(engine) as connection:
        assert connection.execute(CHANGED).all() == []


def test_a_server_that_ended_all_connections_costs_one_transaction(engine: Engine) -> None:
    """As when another one took over behind the same address."""
    with contextlib.ExitStack() as opened:
        several = [opened.enter_context(engine.begin()) for _ in range(SEVERAL)]
        pids = [connection.execute(text("SELECT pg_backend_pid()")).scalar_one() for connection in several]
    with postgresql() as url:
        admin = connect(url)
        with admin.begin() as connection:
            connection.execute(text("SELECT pg_terminate_backend(pid) FROM unnest(:pids) AS pid"), {"pids": pids})
        admin.dispose()
    with pytest.raises(OperationalError) as raised, engine.begin():
        pass
    assert raised.value.connection_invalidated
    for _ in range(SEVERAL):
        with engine.begin() as connection:
            assert connection.execute(ONE).scalar_one() == 1


def test_a_connection_that_falls_silent_when_it_has_begun_leaves_time_for_another() -> None:
    """Before a push is to be answered."""
    with postgresql() as url, tunnel(5432) as way:
        engine = connect(url.replace(":5432", f":{way.port}"))

        def silence(*_: object) -> None:
            way.fall_silent()

        # The first one is asked by SQLAlchemy what server it is.
        engine.connect().close()
        engine.dispose()
        event.listen(engine, "connect", silence, insert=True)
        with within(PATIENCE):
            with pytest.raises(OperationalError, match="does not answer"), engine.begin():
                pass
            event.remove(engine, "connect", silence)
            with engine.begin() as connection:
                assert connection.execute(ONE).scalar_one() == 1
        engine.dispose()
