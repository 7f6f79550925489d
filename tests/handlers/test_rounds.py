import pytest

from handlers.rounds import AWAY, go_round
from handlers.wechat.errors import Refused, Unreachable, WeChatError
from service.simulator.faults import Fault
from tests.conftest import Wechat

REFUSED = Refused("x", "no")
NO_ANSWER = Unreachable("x", "gone", sent=True)


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([None] * 5, [0, 1, 2, 3, 4]),
        ([REFUSED] * 5, [0, 1, 2, 3, 4]),
        ([NO_ANSWER, None, NO_ANSWER, NO_ANSWER, None], [0, 1, 2, 3, 4]),
        ([NO_ANSWER, NO_ANSWER, REFUSED, NO_ANSWER, NO_ANSWER], [0, 1, 2, 3, 4]),
        ([NO_ANSWER] * 7, [0, 1, 2, 6]),
        ([*[NO_ANSWER] * AWAY, None, None, None], [0, 1, 2, 5, 3, 4]),
        ([], []),
    ],
)
def test_a_round_ends_when_wechat_is_away_and_not_because_of_one(
    wechat: Wechat, answers: list[WeChatError | None], asked: list[int]
) -> None:
    """One that it refuses, and some of which it gives no answer, stop no other: the last of all is asked then."""
    those = []

    def ask(place: int) -> None:
        those.append(place)
        if answer := answers[place]:
            raise answer

    go_round(wechat.context, "test", range(len(answers)), ask)
    assert those == asked


@pytest.mark.parametrize("errcode", [-1, 61004])
def test_nobody_is_asked_about_while_the_platform_has_no_token(wechat: Wechat, errcode: int) -> None:
    """WeChat is busy, or does not know our address: each would cost a call for nothing."""
    wechat.simulator.api.expect(Fault("api_component_token", times=99, errcode=errcode))
    asked: list[int] = []
    go_round(wechat.context, "test", [1, 2, 3], asked.append)
    assert asked == []
    wechat.simulator.api.faults.clear()
    go_round(wechat.context, "test", [1, 2, 3], asked.append)
    assert asked == [1, 2, 3]


def test_whatever_is_wrong_with_one_the_next_is_asked(wechat: Wechat) -> None:
    """Also what nobody thought of."""
    asked: list[int] = []

    def ask(place: int) -> None:
        asked.append(place)
        raise ValueError("nobody thought of it")

    go_round(wechat.context, "test", range(3), ask)
    assert asked == [0, 1, 2]
