from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from service.store import attempts, due, inbox
from service.store.attempts import Attempt, AttemptState, Chosen
from service.store.credentials import Credentials
from service.store.inbox import Entry
from service.store.leases import LEASE
from service.store.tables import attempts as table
from service.store.tables import pushes
from tests.service.store.test_inbox import message

PUSH = message().id
QUEUE = "weaudit.release"


@pytest.fixture(autouse=True)
def a_push(engine: Engine, credentials: Credentials) -> None:
    """Keep one push, whose release alone is waited for."""
    with engine.begin() as connection:
        inbox.add(connection, [Entry(message())], credentials, 0.0)
        connection.execute(table.delete().where(table.c.queue != QUEUE))


def begin(connection: Connection, now: float = 1.0) -> Attempt | None:
    """Begin the reaction of the test."""
    return attempts.begin(connection, PUSH, QUEUE, now=now)


def begun(connection: Connection, now: float = 1.0) -> Attempt:
    """Begin the reaction of the test, which must be waiting."""
    attempt = begin(connection, now)
    assert attempt
    return attempt


def taken(connection: Connection, now: float) -> Sequence[str]:
    """Name the pushes that are due."""
    return [each.push_id for each in due.take(connection, now=now, limit=10)]


def row(connection: Connection) -> tuple[str, int]:
    """Give state and tries."""
    found = connection.execute(select(table.c.state, table.c.tries)).one()
    return found.state, found.tries


def test_a_delivery_is_counted_before_anything_is_done(engine: Engine) -> None:
    """Beginning writes the try down and gives the message."""
    with engine.begin() as connection:
        assert begun(connection).body.startswith('{"specversion"')
        assert row(connection) == ("running", 1)


def test_a_repeated_delivery_begins_nothing(engine: Engine) -> None:
    """What is running, or ended, is not begun again; nor what no push called for."""
    with engine.begin() as connection:
        attempt = begun(connection)
        assert begin(connection) is None
        attempts.finish(connection, attempt, AttemptState.DONE, "", now=2.0)
        assert begin(connection) is None
        assert attempts.begin(connection, "f" * 32, QUEUE, now=1.0) is None


@pytest.mark.parametrize("state", [AttemptState.DONE, AttemptState.SKIPPED, AttemptState.DEAD])
def test_what_has_ended_is_never_due(engine: Engine, state: AttemptState) -> None:
    """Done, skipped and dead are ends."""
    with engine.begin() as connection:
        assert attempts.finish(connection, begun(connection), state, "why", now=2.0)
        assert taken(connection, 10.0**10) == []
        assert row(connection) == (state, 1)


def test_a_retry_is_due_at_its_time_and_not_before(engine: Engine) -> None:
    """A reaction that was put off cannot be begun early, not even by a repeated message."""
    with engine.begin() as connection:
        attempts.finish(connection, begun(connection), AttemptState.RETRYING, "busy", now=2.0, due_at=50.0)
        assert begin(connection, 49.0) is None
        assert taken(connection, 49.9) == []
        assert taken(connection, 50.0) == [PUSH]
        assert begun(connection, 51.0).tries == 2


def test_a_lease_that_ran_out_is_due(engine: Engine) -> None:
    """A worker that died is noticed when its lease is over, and the tries go on counting."""
    with engine.begin() as connection:
        begun(connection, now=10.0)
        assert taken(connection, 10.0 + LEASE - 1) == []
        assert taken(connection, 10.0 + LEASE) == [PUSH]
        assert begun(connection, 41.0).tries == 2


def test_what_runs_is_moved_on_while_it_is_ours(engine: Engine) -> None:
    """A worker that lives keeps what it does; of what it lost, a heartbeat moves nothing on."""
    with engine.begin() as connection:
        attempt = begun(connection, now=10.0)
        attempts.hold(connection, [attempt], now=20.0)
        assert taken(connection, 20.0 + LEASE - 1) == []
        assert taken(connection, 20.0 + LEASE) == [PUSH]
        begun(connection, now=40.0)
        attempts.hold(connection, [attempt], now=50.0)
        assert taken(connection, 40.0 + LEASE) == [PUSH]


def test_who_lost_the_lease_cannot_end_the_reaction(engine: Engine) -> None:
    """A worker that was thought dead writes nothing, whether the other one has begun, put off or ended it."""
    with engine.begin() as connection:
        slow = begun(connection, now=0.0)
        taken(connection, LEASE)
        assert not attempts.finish(connection, slow, AttemptState.DONE, "late", now=40.0)
        quick = begun(connection, now=41.0)
        assert not attempts.finish(connection, slow, AttemptState.DONE, "late", now=42.0)
        assert attempts.finish(connection, quick, AttemptState.RETRYING, "wait", now=43.0, due_at=44.0, counts=False)
        taken(connection, 44.0)
        again = begun(connection, now=45.0)
        assert not attempts.finish(connection, slow, AttemptState.DONE, "late", now=46.0)
        assert attempts.finish(connection, again, AttemptState.DONE, "", now=47.0)


def test_a_wait_whose_answer_got_lost_does_not_make_the_next_holder_somebody_else(engine: Engine) -> None:
    """A wait is no try, and what is revived begins to count anew; but no two tries are ever taken for one another."""
    with engine.begin() as connection:
        former = begun(connection, now=0.0)
        attempts.finish(connection, former, AttemptState.RETRYING, "wait", now=1.0, due_at=2.0, counts=False)
        taken(connection, 2.0)
        present = begun(connection, now=3.0)
        assert present.tries == former.tries
        assert not attempts.finish(connection, former, AttemptState.DONE, "late", now=4.0)
        assert attempts.finish(connection, present, AttemptState.DEAD, "", now=5.0)
        attempts.revive(connection, Chosen(), now=6.0)
        revived = begun(connection, now=7.0)
        assert revived.tries == former.tries
        assert not attempts.finish(connection, former, AttemptState.DONE, "late", now=8.0)
        assert not attempts.finish(connection, present, AttemptState.DONE, "late", now=8.0)


def test_finding_that_it_is_not_time_yet_is_not_a_try(engine: Engine) -> None:
    """Waiting for a window, however often, does not use up the tries."""
    with engine.begin() as connection:
        attempts.finish(connection, begun(connection), AttemptState.RETRYING, "", now=1.0, due_at=2.0, counts=False)
        assert row(connection) == ("retrying", 0)


def test_the_database_keeps_a_push_that_a_reaction_is_for(engine: Engine) -> None:
    """By a foreign key."""
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(pushes.delete())


def test_open_and_dead_are_counted(engine: Engine) -> None:
    """Ops see what is open and what is dead, by queue."""
    with engine.begin() as connection:
        assert attempts.count(connection) == {(QUEUE, "waiting"): 1}
        attempts.finish(connection, begun(connection), AttemptState.DEAD, "", now=1.0)
        assert attempts.count(connection) == {(QUEUE, "dead"): 1}


def test_what_is_dead_can_begin_anew(engine: Engine) -> None:
    """As if it had never been tried, and due at once; what is not dead, or not meant, stays as it is."""
    with engine.begin() as connection:
        attempts.finish(connection, begun(connection), AttemptState.DEAD, "why", now=2.0)
        assert attempts.revive(connection, Chosen(push_ids=("another",)), now=3.0) == 0
        assert attempts.revive(connection, Chosen(queue="weaudit.notify"), now=3.0) == 0
        assert attempts.revive(connection, Chosen(push_ids=(PUSH,), queue=QUEUE), now=3.0) == 1
        assert row(connection) == ("waiting", 0)
        assert taken(connection, 3.0) == [PUSH]
        assert attempts.revive(connection, Chosen(), now=4.0) == 0


def test_what_is_dead_can_be_dismissed_and_taken_back(engine: Engine) -> None:
    """By its push; who revives all that is dead leaves it alone, and nothing that changed meanwhile is meant."""
    with engine.begin() as connection:
        attempts.finish(connection, begun(connection), AttemptState.DEAD, "why", now=2.0)
        assert attempts.bodies_of(connection, Chosen(), QUEUE)
        assert attempts.dismiss(connection, Chosen(by=1.0), now=3.0) == 0
        assert attempts.dismiss(connection, Chosen(by=2.0), now=3.0) == 1
        assert attempts.state_of(connection, PUSH, QUEUE) is AttemptState.SKIPPED
        assert attempts.dismiss(connection, Chosen(), now=4.0) == 0
        assert attempts.revive(connection, Chosen(), now=4.0) == 0
        assert attempts.revive(connection, Chosen(push_ids=(PUSH,), dismissed=True), now=4.0) == 1
        assert row(connection) == ("waiting", 0)


def test_what_waits_for_a_later_time_begins_at_once_if_people_say_so(engine: Engine) -> None:
    """They made room before a limit is reset; what only dead reactions were revived of waits on."""
    with engine.begin() as connection:
        attempts.finish(connection, begun(connection), AttemptState.RETRYING, "limit", now=2.0, due_at=9e9)
        assert attempts.revive(connection, Chosen(), now=3.0) == 0
        assert attempts.revive(connection, Chosen(waiting=True), now=3.0) == 1
        assert taken(connection, 3.0) == [PUSH]
