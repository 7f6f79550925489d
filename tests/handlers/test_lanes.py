import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.lanes import MOST_WAITING, Lane, Lanes, Name

ONE, OTHER = "wx1", "wx2"


def name(number: int) -> Name:
    """Name a reaction."""
    return Name(f"{number:032}", "weaudit.release")


def test_a_mini_program_has_one_running_reaction_and_others_do_not_wait_for_it() -> None:
    """The second one may enter when the first has left."""
    lanes = Lanes[str](1)
    assert lanes.enter(ONE) is Lane.USUAL
    assert lanes.enter(ONE) is None
    assert lanes.wait(ONE, name(2), "second")
    assert lanes.enter(OTHER) is Lane.USUAL
    assert lanes.leave(OTHER, hung=False) == []
    assert lanes.leave(ONE, hung=False) == ["second"]
    assert lanes.enter(ONE) is Lane.USUAL


def test_who_waits_for_a_mini_program_enters_in_turn_and_once() -> None:
    """One for each that leaves; who comes again while it waits keeps its place."""
    lanes = Lanes[str](1)
    lanes.enter(ONE)
    for number in (2, 3, 2):
        assert lanes.wait(ONE, name(number), str(number))
    for expected in (["2"], ["3"], []):
        assert lanes.leave(ONE, hung=False) == expected
        lanes.enter(ONE)


def test_no_more_are_remembered_than_memory_should_hold() -> None:
    """The ledger gives the others out again."""
    lanes = Lanes[int](1)
    lanes.enter(ONE)
    for number in range(MOST_WAITING + 10):
        assert lanes.wait(ONE, name(number), number)
    left = []
    while more := lanes.leave(ONE, hung=False):
        left += more
        lanes.enter(ONE)
    assert left == list(range(MOST_WAITING))


def test_who_was_turned_away_while_the_other_ended_need_not_wait() -> None:
    """Nobody would tell it."""
    lanes = Lanes[str](1)
    lanes.enter(ONE)
    assert lanes.enter(ONE) is None
    lanes.leave(ONE, hung=False)
    assert not lanes.wait(ONE, name(2), "second")


@pytest.mark.parametrize(("hung", "lane"), [(True, Lane.SLOW), (False, Lane.USUAL), (None, Lane.USUAL)])
def test_what_hung_has_a_lane_of_its_own_the_next_time(*, hung: bool | None, lane: Lane) -> None:
    """And what did not has not; a repetition, which did not run, says nothing."""
    lanes = Lanes[str](1)
    lanes.enter(ONE)
    lanes.leave(ONE, hung=hung)
    assert lanes.enter(ONE) is lane


def test_few_that_hung_run_at_once_and_are_quick_again_when_they_were() -> None:
    """Another one waits until the lane is free."""
    lanes = Lanes[str](1)
    for appid in (ONE, OTHER):
        lanes.enter(appid)
        lanes.leave(appid, hung=True)
    assert lanes.enter(ONE) is Lane.SLOW
    assert lanes.enter(OTHER) is None
    assert lanes.wait(OTHER, name(1), "other")
    assert lanes.leave(ONE, hung=False) == ["other"]
    assert lanes.enter(ONE) is Lane.USUAL
    assert lanes.enter(OTHER) is Lane.SLOW


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), max_size=60), st.integers(1, 3))
def test_whatever_happens_one_runs_for_each_and_no_more_are_slow_than_may(
    happens: list[tuple[str, bool]], slow: int
) -> None:
    """Each name in the list enters if it can, or ends what runs; nobody who waits is forgotten."""
    lanes, running, waiting = Lanes[tuple[str, int]](slow), dict[str, Lane](), set[tuple[str, int]]()

    def enter(appid: str, number: int) -> None:
        if lane := lanes.enter(appid):
            running[appid] = lane
            waiting.discard((appid, number))
        elif lanes.wait(appid, name(number), (appid, number)):
            waiting.add((appid, number))
        else:
            enter(appid, number)

    def leave(appid: str, *, hung: bool) -> None:
        del running[appid]
        for who in lanes.leave(appid, hung=hung):
            enter(*who)

    for number, (appid, hung) in enumerate(happens):
        was_running = appid in running
        enter(appid, number)
        if was_running:
            leave(appid, hung=hung)
        assert list(running.values()).count(Lane.SLOW) <= slow
    while running:
        leave(next(iter(running)), hung=False)
    assert waiting == set()
