from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Engine

from service.store import leases
from service.store.leases import LEASE, Lease


def take(connection: Connection, now: float, longest_rest: float | None = None) -> Lease | None:
    """Take the lease of the test."""
    return leases.take(connection, "x", "somebody", now=now, longest_rest=longest_rest)


def taken(connection: Connection, now: float) -> Lease:
    """Take the lease of the test, which must be free."""
    lease = take(connection, now)
    assert lease
    return lease


def test_of_many_who_want_a_lease_one_gets_it(engine: Engine) -> None:
    """In threads or processes, on either database."""

    def try_it(_: int) -> bool:
        with engine.begin() as connection:
            return take(connection, 100.0) is not None

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(try_it, range(16))) == 1


def test_a_lease_is_free_when_it_is_given_back_or_its_time_is_over(engine: Engine) -> None:
    """Who is done, or died, makes room for the next."""
    with engine.begin() as connection:
        lease = taken(connection, 0.0)
        assert leases.take(connection, "another", "somebody", now=0.0)
        assert take(connection, LEASE - 1) is None
        leases.end(connection, lease, now=LEASE - 1)
        taken(connection, LEASE - 1)
        assert take(connection, 2 * LEASE - 2) is None
        assert taken(connection, 2 * LEASE - 1)


def test_a_fence_only_rises(engine: Engine) -> None:
    """However a lease ended, no two of its holders have the same."""
    with engine.begin() as connection:
        fences = []
        for number in range(4):
            lease = taken(connection, 100.0 * number)
            fences.append(lease.fence)
            if number % 2:
                leases.end(connection, lease, now=100.0 * number + 1)
        assert fences == sorted(set(fences))


def test_who_lost_a_lease_neither_moves_it_on_nor_gives_it_back(engine: Engine) -> None:
    """Nor who gave it back."""
    with engine.begin() as connection:
        former = taken(connection, 0.0)
        present = taken(connection, LEASE)
        assert leases.hold(connection, [former, present], now=LEASE + 1) == {present}
        leases.end(connection, former, now=LEASE + 2)
        assert take(connection, LEASE + 3) is None
        leases.end(connection, present, now=LEASE + 4)
        assert leases.hold(connection, [present], now=LEASE + 5) == frozenset()


def test_what_rests_is_not_taken_before_its_time(engine: Engine) -> None:
    """Unless the rest is longer than who wants it would rest: then it is that of another setting."""
    with engine.begin() as connection:
        leases.end(connection, taken(connection, 0.0), now=1.0, rest=600.0)
        assert leases.ends(connection, "x") == 601.0
        assert not leases.is_free(connection, "x", now=600.0)
        assert take(connection, 600.0) is None
        assert take(connection, 1.0, longest_rest=600.0) is None
        assert take(connection, 1.0, longest_rest=599.0)
        assert take(connection, 2.0, longest_rest=1.0) is None, "it is held and does not rest"
