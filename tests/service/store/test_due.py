from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from sqlalchemy import Connection, Engine, select, text

from service.store import attempts, due, inbox
from service.store.attempts import AttemptState
from service.store.credentials import Credentials
from service.store.history import pushes as history
from service.store.inbox import Entry
from service.store.tables import attempts as table
from service.store.tables import pushes
from tests.service.store.test_attempts import PUSH, a_push, begun, taken
from tests.service.store.test_inbox import message

__all__ = ["a_push"]


def test_a_message_that_was_lost_is_published_again_ever_less_often(engine: Engine) -> None:
    """New, it is due at once; what nobody begins is due soon, then ever later, at last every hour."""
    with engine.begin() as connection:
        times = []
        now = 0.0
        while now < 20_000:
            if taken(connection, now):
                times.append(now)
            now += 15.0
        pauses = [later - earlier for earlier, later in pairwise(times)]
    assert times[0] == 0.0
    assert pauses[0] == due.REPUBLISH_AFTER
    assert pauses == sorted(pauses)
    assert pauses[-1] == due.REPUBLISH_AT_LEAST_EVERY


@contextmanager
def minding_no_foreign_keys(engine: Engine) -> Iterator[Connection]:
    """Open a transaction as another program would."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL session_replication_role=replica"))
            yield connection
        connection.connection.cursor().execute(
            "PRAGMA foreign_keys=ON" if engine.dialect.name == "sqlite" else "SELECT 1"
        )


def test_a_reaction_whose_push_was_deleted_is_dead_and_stops_no_other(engine: Engine, credentials: Credentials) -> None:
    """Somebody tidied up by hand, with a program that minds no foreign keys; what else is due is taken."""
    with engine.begin() as connection:
        inbox.add(connection, [Entry(message(2))], credentials, 0.0)
    with minding_no_foreign_keys(engine) as connection:
        connection.execute(pushes.delete().where(pushes.c.id == PUSH))
    with engine.begin() as connection:
        assert set(taken(connection, 1.0)) == {message(2).id}
        assert not taken(connection, 1.0)
        state, note = connection.execute(select(table.c.state, table.c.note).where(table.c.push_id == PUSH)).one()
        assert (state, note) == ("dead", "its push is no longer there: somebody deleted it")
        (listed,) = history.dead(connection)
        assert (listed.id, listed.received_at, listed.reactions[0].note) == (PUSH, None, note)
        connection.execute(table.delete().where(table.c.push_id == PUSH))


def test_what_could_not_be_published_is_due_again(engine: Engine) -> None:
    """Given back, it is due at once."""
    with engine.begin() as connection:
        found = due.take(connection, now=100.0, limit=10)
        due.give_back(connection, [(each.push_id, each.queue) for each in found], now=101.0)
        assert taken(connection, 101.0) == [PUSH]


def test_after_the_end_of_a_queue_in_memory_all_that_is_open_is_due(engine: Engine) -> None:
    """Waiting and running were in the process that ended; a retry keeps its time."""
    with engine.begin() as connection:
        begun(connection)
        due.recall(connection, now=2.0)
        assert taken(connection, 2.0) == [PUSH]
        attempts.finish(connection, begun(connection), AttemptState.RETRYING, "", now=3.0, due_at=100.0)
        due.recall(connection, now=4.0)
        assert taken(connection, 5.0) == []


def test_two_relays_never_take_the_same(engine: Engine, credentials: Credentials) -> None:
    """What one transaction has taken, another does not get, committed or not."""
    with engine.begin() as connection:
        inbox.add(connection, [Entry(message(n)) for n in range(2, 20)], credentials, 0.0)
    with engine.begin() as one:
        first = due.take(one, now=100.0, limit=10)
        if one.dialect.name == "postgresql":
            with engine.begin() as other:
                second = due.take(other, now=100.0, limit=100)
    if engine.dialect.name == "sqlite":
        with engine.begin() as other:
            second = due.take(other, now=100.0, limit=100)
    keys = [(each.push_id, each.queue) for each in (*first, *second)]
    assert len(first) == 10
    assert len(keys) == len(set(keys)) == 37
