import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.lanes import Lane, Lanes, Turned

ONE, OTHER = "wx1", "wx2"


def who(number: int) -> Turned:
    """Name a reaction."""
    return Turned(f"{number:032}", "weaudit.release")


def test_a_mini_program_has_one_running_reaction_and_others_do_not_wait_for_it() -> None:
    """The second one is told when it may be tried again."""
    lanes = Lanes(1)
    assert lanes.enter(ONE) is Lane.USUAL
    assert lanes.enter(ONE) is None
    assert lanes.wait(ONE, who(2))
    assert lanes.enter(OTHER) is Lane.USUAL
    assert lanes.leave(OTHER, hung=False) == set()
    assert lanes.leave(ONE, hung=False) == {who(2)}
    assert lanes.enter(ONE) is Lane.USUAL


def test_who_was_turned_away_while_the_other_ended_need_not_wait() -> None:
    """Nobody would tell it."""
    lanes = Lanes(1)
    lanes.enter(ONE)
    assert lanes.enter(ONE) is None
    lanes.leave(ONE, hung=False)
    assert not lanes.wait(ONE, who(2))


@pytest.mark.parametrize(("hung", "lane"), [(True, Lane.SLOW), (False, Lane.USUAL), (None, Lane.USUAL)])
def test_what_hung_has_a_lane_of_its_own_the_next_time(*, hung: bool | None, lane: Lane) -> None:
    """And what did not has not; a repetition, which did not run, says nothing."""
    lanes = Lanes(1)
    lanes.enter(ONE)
    lanes.leave(ONE, hung=hung)
    assert lanes.enter(ONE) is lane


def test_few_that_hung_run_at_once_and_are_quick_again_when_they_were() -> None:
    """Another one waits until the lane is free."""
    lanes = Lanes(1)
    for appid in (ONE, OTHER):
        lanes.enter(appid)
        lanes.leave(appid, hung=True)
    assert lanes.enter(ONE) is Lane.SLOW
    assert lanes.enter(OTHER) is None
    assert lanes.wait(OTHER, who(1))
    assert lanes.leave(ONE, hung=False) == {who(1)}
    assert lanes.enter(ONE) is Lane.USUAL
    assert lanes.enter(OTHER) is Lane.SLOW


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), max_size=60), st.integers(1, 3))
def test_whatever_happens_one_runs_for_each_and_no_more_are_slow_than_may(
    happens: list[tuple[str, bool]], slow: int
) -> None:
    """Each name in the list enters if it can, or ends what runs; nobody who waits is forgotten."""
    lanes, running, waiting = Lanes(slow), dict[str, Lane](), set[Turned]()
    for number, (appid, hung) in enumerate(happens):
        if appid in running:
            assert lanes.enter(appid) is None
            if lanes.wait(appid, who(number)):
                waiting.add(who(number))
            del running[appid]
            waiting -= lanes.leave(appid, hung=hung)
        elif lane := lanes.enter(appid):
            running[appid] = lane
        elif lanes.wait(appid, who(number)):
            waiting.add(who(number))
        assert list(running.values()).count(Lane.SLOW) <= slow
    for appid in list(running):
        waiting -= lanes.leave(appid, hung=False)
    assert waiting == set()
