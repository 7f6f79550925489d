"""What a person wants undone: a review withdrawn, a version held, or taken back from the users."""

from collections.abc import Callable

import pytest

from handlers.answers import Done, Wait
from handlers.operators import orders
from handlers.operators.allowed import Action, NotNow
from handlers.reviews.driver import look_at
from handlers.reviews.react import release
from handlers.wechat.errors import NeedsHuman, OverQuota, WeChatError
from service.simulator import online
from service.simulator.faults import Fault
from service.store.orders import newest
from service.store.reviews import State, Wanted
from tests.conftest import APP, Wechat
from tests.support.looking import did, look, state
from tests.support.ordering import calls, desk, gray, ordered, released
from tests.support.samples import decided, messages, rows, submitted, submitted_elsewhere
from tests.support.transport import Died, die, lose, meanwhile


def test_a_review_is_withdrawn_by_a_worker(wechat: Wechat) -> None:
    """Once, and who ordered it is known; then there is nothing left to withdraw."""
    submitted(wechat)
    assert isinstance(ordered(wechat, Action.WITHDRAW), Done)
    assert (state(wechat), calls(wechat, "undocodeaudit")) == (State.WITHDRAWN, 1)
    with wechat.engine.begin() as connection:
        (order,) = newest(connection)
    assert (order.action, order.appid, order.who, order.origin) == ("withdraw", APP, "zhang", "10.0.0.7")
    with desk(wechat) as ours, pytest.raises(NotNow, match="no review is under way"):
        orders.order(ours, Action.WITHDRAW, APP)


@pytest.mark.parametrize(("in_vain", "ends", "wanted"), [(1, State.WITHDRAWN, ""), (2, State.IN_REVIEW, "hold")])
def test_a_withdrawal_that_wechat_answers_and_does_not_do_is_tried_once_more(
    wechat: Wechat, in_vain: int, ends: State, wanted: str
) -> None:
    """Then a person hears of it, and the review goes on."""
    submitted(wechat)
    wechat.world.unknowns.withdrawals_in_vain = in_vain
    assert isinstance(ordered(wechat, Action.WITHDRAW), Wait)
    wechat.now += 61
    look(wechat)
    wechat.now += 61
    said = [str(error) for error in look(wechat).errors.values()]
    assert ("answered twice" in "".join(said)) is (ends is State.IN_REVIEW)
    assert (calls(wechat, "undocodeaudit"), state(wechat), rows(wechat)[0].wanted) == (2, ends, wanted)


def test_the_withdrawals_of_a_day_are_used_up(wechat: Wechat) -> None:
    """It waits for the next day, and the review goes on meanwhile."""
    submitted(wechat)
    wechat.simulator.api.expect(Fault("undocodeaudit", times=1, errcode=87013))
    with pytest.raises(OverQuota):
        ordered(wechat, Action.WITHDRAW)
    assert (state(wechat), rows(wechat)[0].wanted) == (State.IN_REVIEW, Wanted.WITHDRAW)


def test_what_was_decided_before_it_was_withdrawn_is_not_released(wechat: Wechat) -> None:
    """A person said that it is not wanted; only a person releases it."""
    submitted(wechat)
    with desk(wechat) as ours:
        orders.order(ours, Action.WITHDRAW, APP)
    wechat.world.apps[APP].decide("approve", at=wechat.now)
    (message,) = messages(wechat, "weaudit.withdrawal_ordered")
    release(wechat.context, message)
    look(wechat)
    assert (state(wechat), "release" in did(wechat)) == (State.APPROVED, False)
    assert calls(wechat, "undocodeaudit") == 0


@pytest.mark.parametrize("when", ["in review", "approved"])
def test_a_version_that_is_held_is_released_by_a_person_alone(make_wechat: Callable[..., Wechat], when: str) -> None:
    """Whether it was held during its review, or just before its release."""
    wechat = make_wechat(on_audit_success="hold" if when == "approved" else "release", reconcile_after=1)
    submitted(wechat)
    if when == "approved":
        wechat.world.apps[APP].decide("approve", at=wechat.now)
        wechat.now += 2
        look(wechat)
    with desk(wechat) as ours:
        orders.order(ours, Action.HOLD, APP)
    if when == "in review":
        wechat.world.apps[APP].decide("approve", at=wechat.now)
    wechat.now += 2
    look(wechat)
    assert (state(wechat), "release" in did(wechat)) == (State.APPROVED, False)
    assert isinstance(ordered(wechat, Action.RELEASE), Done)
    assert state(wechat) is State.RELEASED


def test_what_is_about_to_be_released_is_held_still(wechat: Wechat) -> None:
    """The visit that was to release it finds it changed right before its call, and lets it be."""
    decided(wechat, "approve")

    def held() -> None:
        with desk(wechat) as ours:
            orders.order(ours, Action.HOLD, APP)

    look_at(meanwhile(wechat, "getversioninfo", held), APP)
    wechat.now += 61
    look(wechat)
    assert (did(wechat).count("release"), state(wechat)) == (0, State.APPROVED)


def test_what_everybody_has_is_rolled_back(wechat: Wechat) -> None:
    """Once, to the version before; people are told, and it is not released again."""
    released(wechat, "1.0", "2.0")
    assert isinstance(ordered(wechat, Action.TAKE_BACK), Done)
    look(wechat)
    assert (state(wechat), calls(wechat, "revertcoderelease")) == (State.TAKEN_BACK, 1)
    assert wechat.world.apps[APP].versions[-1].user_version == "1.0"
    (told,) = messages(wechat, "weaudit.taken_back")
    assert (told.data.user_version, told.data.gray_percentage) == ("2.0", 100)  # type: ignore[attr-defined]


def test_a_gray_release_is_taken_back(make_wechat: Callable[..., Wechat]) -> None:
    """By its own call."""
    wechat = gray(make_wechat)
    assert isinstance(ordered(wechat, Action.TAKE_BACK), Done)
    assert (state(wechat), calls(wechat, "revertgrayrelease")) == (State.TAKEN_BACK, 1)
    assert calls(wechat, "revertcoderelease") == 0


@pytest.mark.parametrize("after", [True, False])
def test_a_roll_back_whose_answer_is_lost_is_never_done_twice(wechat: Wechat, *, after: bool) -> None:
    """Whether WeChat heard of it or not: it is looked before it is called again."""
    released(wechat, "1.0", "2.0", "3.0")
    context = meanwhile(wechat, "revertcoderelease", lose(), after=after)
    assert isinstance(ordered(wechat, Action.TAKE_BACK, context), Done if after else Wait)
    wechat.now += 61
    look(wechat)
    assert state(wechat) is State.TAKEN_BACK
    assert wechat.world.apps[APP].versions[-1].user_version == "2.0"


def test_what_cannot_be_rolled_back_is_told(wechat: Wechat) -> None:
    """WeChat goes back once: the one that is online stays, and whoever ordered it hears why."""
    released(wechat, "1.0", "2.0")
    with wechat.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE reviews SET former_release = 1 WHERE former_release = 0")
    wechat.world.apps[APP].versions = wechat.world.apps[APP].versions[-1:]
    with pytest.raises(WeChatError, match="87012"):
        ordered(wechat, Action.TAKE_BACK)
    assert (state(wechat), rows(wechat)[0].wanted) == (State.RELEASED, "")


def test_a_first_version_is_not_rolled_back(wechat: Wechat) -> None:
    """There is nothing to go back to, and WeChat is not asked."""
    released(wechat, "1.0")
    with desk(wechat) as ours, pytest.raises(NotNow, match="nothing was online before"):
        orders.order(ours, Action.TAKE_BACK, APP)


def test_what_is_not_online_any_more_is_not_rolled_back(wechat: Wechat) -> None:
    """Somebody else released another version since: that one is not taken from the users."""
    released(wechat, "1.0", "2.0")
    wechat.now += 60
    app = wechat.world.apps[APP]
    submitted_elsewhere(wechat, "9.9")
    app.decide("approve", at=wechat.now)
    online.release(wechat.world, app)
    with pytest.raises(NeedsHuman, match="cannot be taken back"):
        ordered(wechat, Action.TAKE_BACK)
    assert calls(wechat, "revertcoderelease") == 0


def test_who_dies_at_a_roll_back_is_followed(wechat: Wechat) -> None:
    """The next look sees that it was done, and tells it."""
    released(wechat, "1.0", "2.0")
    with pytest.raises(Died):
        ordered(wechat, Action.TAKE_BACK, meanwhile(wechat, "revertcoderelease", die, after=True))
    wechat.now += 16
    look(wechat)
    assert (state(wechat), calls(wechat, "revertcoderelease")) == (State.TAKEN_BACK, 1)
