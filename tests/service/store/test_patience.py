import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, make_url, select, text
from sqlalchemy.exc import OperationalError

from service.store.connecting import connect
from service.store.patience import PATIENCE, within
from service.store.postgresql import IDLE
from tests.conftest import postgresql
from tests.support.tunnel import Tunnel, tunnel

AT_ONCE = 20


@pytest.fixture
def silenced() -> Iterator[tuple[Engine, Tunnel]]:
    """Give a database behind a tunnel, with many connections in the pool, all of which are silent."""
    with postgresql() as url, tunnel(5432) as way:
        engine = connect(make_url(url).set(port=way.port).render_as_string(hide_password=False))
        connections = [engine.connect() for _ in range(AT_ONCE)]
        for connection in connections:
            connection.execute(select(1))
            connection.close()
        assert way.fall_silent() == AT_ONCE
        yield engine, way
        engine.dispose()


def test_a_connection_that_fell_silent_while_it_was_idle_is_replaced(silenced: tuple[Engine, Tunnel]) -> None:
    """Who would have used it uses another one, and is in time for a push."""
    engine, _ = silenced
    time.sleep(IDLE)
    with within(PATIENCE), engine.begin() as connection:
        assert connection.execute(select(1)).scalar_one() == 1


def test_a_connection_that_falls_silent_in_use_is_given_up(silenced: tuple[Engine, Tunnel]) -> None:
    """After as long as whoever uses it may wait, with the error of a database that is away; the next one is another."""
    engine, way = silenced
    with engine.connect() as connection:
        way.fall_silent()
        with within(PATIENCE), pytest.raises(OperationalError, match="does not answer"):
            connection.execute(select(1))
    with engine.begin() as connection:
        assert connection.execute(select(1)).scalar_one() == 1


def test_a_statement_that_takes_too_long_is_given_up_at_the_server_too() -> None:
    """What waits there for a lock would hold a place for as long as it waits."""
    with postgresql() as url:
        engine = connect(url)
        with within(0.5), pytest.raises(OperationalError, match="does not answer"), engine.begin() as connection:
            connection.execute(text("SELECT pg_sleep(600)"))
        with engine.begin() as connection:
            others = text(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"
            )
            assert connection.execute(others).scalar_one() == 0
        engine.dispose()


def test_all_that_is_asked_in_a_block_has_one_deadline() -> None:
    """Many statements that are each in time do not add up to more."""
    with postgresql() as url:
        engine = connect(url)
        answered: list[int] = []
        with within(1.0), pytest.raises(OperationalError), engine.begin() as connection:
            answered.extend(_ask_often(connection))
        assert 0 < len(answered) < 20
        engine.dispose()


def _ask_often(connection: Connection) -> Iterator[int]:
    for number in range(600):
        connection.execute(text("SELECT pg_sleep(0.1)"))
        yield number
