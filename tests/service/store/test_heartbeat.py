import pytest
from sqlalchemy import Engine, select

from service.store.heartbeat import BEAT, LONGEST, Heartbeat
from service.store.leases import LEASE, LeaseLost
from service.store.tables import leases
from tests.support.servers import eventually


class Time:
    """A time that the test changes: the database's, and a process's own."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def of(self, engine: Engine) -> Heartbeat:
        """Make the heartbeat of a process."""
        return Heartbeat(engine, lambda _: self.now, lambda: self.now)


@pytest.fixture
def time() -> Time:
    """Give a time."""
    return Time()


def test_who_lives_keeps_its_leases_and_who_died_does_not(engine: Engine, time: Time) -> None:
    """However long it takes; the next one gets it a lease after the last heartbeat."""
    one, other = time.of(engine), time.of(engine)
    assert one.try_to_take("x")
    assert one.try_to_take("y")
    for _ in range(10):
        time.now += BEAT
        one.beat()
        assert other.try_to_take("x") is None
    time.now += LEASE - 1
    assert other.try_to_take("y") is None
    time.now += 1
    assert other.try_to_take("x")


def test_only_the_holder_writes(engine: Engine, time: Time) -> None:
    """What the former holder was about to write is not written, and it is told so."""
    one, other = time.of(engine), time.of(engine)
    former = one.try_to_take("x")
    assert former
    with one.writing(former) as connection:
        connection.execute(leases.update().values(holder="written"))
    time.now += LEASE
    assert other.try_to_take("x")
    with pytest.raises(LeaseLost), one.writing(former) as connection:
        connection.execute(leases.update().values(holder="written late"))
    with engine.begin() as connection:
        assert connection.execute(select(leases.c.holder)).scalar_one() != "written late"


def test_a_write_is_a_heartbeat(engine: Engine, time: Time) -> None:
    """Who writes is alive: the lease is moved on."""
    one, other = time.of(engine), time.of(engine)
    lease = one.try_to_take("x")
    assert lease
    time.now += LEASE - 1
    with one.writing(lease):
        pass
    time.now += LEASE - 1
    assert other.try_to_take("x") is None


def test_who_hangs_for_too_long_is_not_vouched_for(engine: Engine, time: Time) -> None:
    """A thread that never comes back must not keep a mini program for ever."""
    one, other = time.of(engine), time.of(engine)
    assert one.try_to_take("x")
    for _ in range(int((LONGEST + LEASE) / BEAT)):
        time.now += BEAT
        one.beat()
    assert other.try_to_take("x")


def test_a_thread_beats_while_the_process_runs(engine: Engine) -> None:
    """One for all that is held."""
    with Heartbeat(engine, every=0.01) as heartbeat:
        assert heartbeat.try_to_take("x")

        def until() -> float:
            with engine.begin() as connection:
                return float(connection.execute(select(leases.c.until)).scalar_one())

        first = until()
        eventually(lambda: until() > first, "a heartbeat")
