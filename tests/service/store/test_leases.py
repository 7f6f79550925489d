from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from service.store import leases


def test_of_many_who_want_a_turn_one_gets_it(engine: Engine) -> None:
    """In threads or processes, on either database."""

    def take(_: int) -> bool:
        with engine.begin() as connection:
            return leases.take(connection, "x", now=100.0, until=130.0)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(take, range(16))) == 1


def test_a_turn_ends_when_it_is_given_back_or_its_time_is_over(engine: Engine) -> None:
    """Who is done, gave up or died makes room for the next; and who is late gives back nothing of another's."""

    def take(now: float, name: str = "x") -> bool:
        return leases.take(connection, name, now=now, until=now + 30)

    with engine.begin() as connection:
        assert take(0.0)
        assert take(0.0, "another")
        assert not take(29.0)
        assert take(30.0)
        leases.give_back(connection, "x", until=30.0)
        assert not take(30.5)
        leases.give_back(connection, "x", until=60.0)
        assert take(31.0)
