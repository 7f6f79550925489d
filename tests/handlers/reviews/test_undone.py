"""What a person wants undone: a review withdrawn, a version held, or taken back from the users."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from handlers.answers import Answer, Done, Skipped, Wait
from handlers.context import Context
from handlers.operators import orders
from handlers.operators.allowed import Action, NotNow
from handlers.operators.orders import Desk
from handlers.reviews.driver import look_at
from handlers.reviews.react import release, resubmit
from handlers.wechat.errors import NeedsHuman, OverQuota, WeChatError
from service.events.message import Message
from service.simulator import online
from service.simulator.faults import Fault
from service.store import mini_programs, reviews
from service.store.mini_programs import MiniProgram
from service.store.orders import By, newest
from service.store.reviews import NotAsExpected, State, Wanted
from tests.conftest import APP, Wechat
from tests.support.looking import did, look, state
from tests.support.samples import decided, messages, planned, rows, submitted, submitted_elsewhere
from tests.support.transport import Died, FaultyTransport, die, lose, meanwhile, over

US = By("zhang", "10.0.0.7")


@contextmanager
def desk(wechat: Wechat) -> Iterator[Desk]:
    """Open a transaction for orders about a mini program whose merchant authorized the platform."""
    with wechat.engine.begin() as connection:
        mini_programs.keep(connection, MiniProgram(APP, True, "一杯茶", "gh_1", "", changed_at=1.0))
        yield Desk(connection, wechat.settings, US)


def ordered(wechat: Wechat, action: Action, context: Context | None = None) -> Answer:
    """Order something, and let a worker carry it out."""
    with desk(wechat) as ours:
        orders.order(ours, action, APP)
    (message,) = messages(wechat, orders.MESSAGES[action][0])[-1:]
    return release(context or wechat.context, message)


def calls(wechat: Wechat, endpoint: str) -> int:
    """Count the calls of an endpoint."""
    return sum(call.endpoint == endpoint for call in wechat.simulator.api.calls)


def released(wechat: Wechat, *versions: str) -> None:
    """Let versions be online, one after the other."""
    for version in versions:
        wechat.now += 60
        decided(wechat, "approve", version)
        look(wechat)
        assert state(wechat) is State.RELEASED


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
    wechat = make_wechat(on_audit_success="gray:10")
    decided(wechat, "approve", "1.0")
    online.release(wechat.world, wechat.world.apps[APP])
    look(wechat)
    wechat.now += 60
    decided(wechat, "approve", "2.0")
    look(wechat)
    assert state(wechat) is State.ROLLING_OUT
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


def say(wechat: Wechat, action: Action, **which: int) -> None:
    """Let a person say something of a version."""
    with desk(wechat) as ours:
        orders.order(ours, action, APP, **which)


def order(wechat: Wechat, action: Action) -> Message:
    """Order something; gives the message that takes it to a worker."""
    say(wechat, action)
    return messages(wechat, orders.MESSAGES[action][0])[-1]


def test_an_order_that_is_tried_again_does_not_undo_a_later_one(make_wechat: Callable[..., Wechat]) -> None:
    """A release was put off, and somebody holds the version meanwhile: it is not released."""
    wechat = make_wechat(on_audit_success="hold", reconcile_after=1)
    decided(wechat, "approve")
    wechat.now += 2
    look(wechat)
    released_later = order(wechat, Action.RELEASE)
    wechat.simulator.api.expect(Fault("release", times=1, errcode=-1))
    with pytest.raises(WeChatError):
        release(wechat.context, released_later)
    say(wechat, Action.HOLD)
    wechat.now += 61
    assert isinstance(release(wechat.context, released_later), Skipped)
    assert (state(wechat), wechat.world.apps[APP].releases) == (State.APPROVED, 0)


def test_an_old_release_does_not_bring_back_what_was_taken_back(make_wechat: Callable[..., Wechat]) -> None:
    """Whoever ordered last has his way."""
    wechat = make_wechat(on_audit_success="gray:10")
    decided(wechat, "approve", "1.0")
    online.release(wechat.world, wechat.world.apps[APP])
    look(wechat)
    wechat.now += 60
    decided(wechat, "approve", "2.0")
    look(wechat)
    released_later = order(wechat, Action.RELEASE)
    wechat.now += 1
    assert isinstance(ordered(wechat, Action.TAKE_BACK), Done)
    assert isinstance(release(wechat.context, released_later), Skipped)
    assert state(wechat) is State.TAKEN_BACK


def test_a_roll_back_that_wechat_does_not_show_is_not_called_again(wechat: Wechat) -> None:
    """Whoever finds that out, the clock or the order itself; whoever ordered it hears of it, and may order it anew."""
    released(wechat, "1.0", "2.0")
    wechat.world.unknowns.rollbacks_in_vain = 1
    taken_back = order(wechat, Action.TAKE_BACK)
    assert isinstance(release(wechat.context, taken_back), Wait)
    wechat.now += 61
    look(wechat)
    wechat.now += 61
    with pytest.raises(NeedsHuman, match="does not call again"):
        release(wechat.context, taken_back)
    assert (calls(wechat, "revertcoderelease"), state(wechat)) == (1, State.RELEASED)


def test_a_withdrawal_that_failed_leaves_the_version_held(wechat: Wechat) -> None:
    """Who wanted it withdrawn wants no release, neither after two calls in vain nor after a refusal."""
    submitted(wechat)
    wechat.simulator.api.expect(Fault("undocodeaudit", times=1, errcode=87012))
    with pytest.raises(WeChatError):
        ordered(wechat, Action.WITHDRAW)
    assert rows(wechat)[0].wanted is Wanted.HOLD
    wechat.world.apps[APP].decide("approve", at=wechat.now)
    wechat.now += 10_000
    wechat.give_ticket()
    look(wechat)
    assert (state(wechat), "release" in did(wechat)) == (State.APPROVED, False)


def test_a_version_that_is_held_stays_so_in_its_next_round(make_wechat: Callable[..., Wechat]) -> None:
    """Submitted again by a person, it is approved and not released."""
    wechat = make_wechat(reconcile_after=1)
    submitted(wechat)
    say(wechat, Action.HOLD)
    wechat.world.apps[APP].decide("reject", "1:x:<br>", at=wechat.now)
    wechat.now += 2
    look(wechat)
    resubmit(wechat.context, order(wechat, Action.RESUBMIT))
    wechat.world.apps[APP].decide("approve", at=wechat.now)
    wechat.now += 2
    look(wechat)
    assert (rows(wechat)[0].round, state(wechat), "release" in did(wechat)) == (2, State.APPROVED, False)


def test_a_withdrawal_is_not_forgotten_for_a_hold(wechat: Wechat) -> None:
    """It holds the version already."""
    submitted(wechat)
    withdrawn = order(wechat, Action.WITHDRAW)
    with desk(wechat) as ours, pytest.raises(NotNow, match="being withdrawn"):
        orders.order(ours, Action.HOLD, APP)
    assert isinstance(release(wechat.context, withdrawn), Done)
    assert state(wechat) is State.WITHDRAWN


def test_a_withdrawal_that_comes_after_the_approval_is_a_hold(make_wechat: Callable[..., Wechat]) -> None:
    """It was ordered before, and another visit saw the approval first."""
    wechat = make_wechat(reconcile_after=1)
    submitted(wechat)
    withdrawn = order(wechat, Action.WITHDRAW)
    wechat.world.apps[APP].decide("approve", at=wechat.now)
    wechat.now += 2
    look(wechat)
    release(wechat.context, withdrawn)
    wechat.now += 61
    look(wechat)
    assert (state(wechat), "release" in did(wechat)) == (State.APPROVED, False)


@pytest.mark.parametrize("mark", ["1", "0"])
def test_a_version_that_is_held_while_it_is_submitted_is_known_still(
    make_wechat: Callable[..., Wechat], mark: str
) -> None:
    """WeChat's answer is written down, and the hold stays."""
    wechat = make_wechat(version_mark=mark)
    planned(wechat)

    def held() -> None:
        say(wechat, Action.HOLD)

    look_at(meanwhile(wechat, "submit_audit", held, after=True), APP)
    (row,) = rows(wechat)
    assert (row.state, row.auditid is not None, row.wanted) == (State.IN_REVIEW, True, Wanted.HOLD)


def test_what_was_chosen_is_held_beside_a_newer_plan(make_wechat: Callable[..., Wechat]) -> None:
    """The version that would be released first, or the one that was seen."""
    wechat = make_wechat(on_audit_success="hold", reconcile_after=1)
    decided(wechat, "approve")
    wechat.now += 2
    look(wechat)
    planned(wechat, "3.0")
    say(wechat, Action.HOLD)
    newer, approved = rows(wechat)
    assert (newer.wanted, approved.wanted) == ("", Wanted.HOLD)
    say(wechat, Action.HOLD, row=newer.id)
    assert rows(wechat)[0].wanted is Wanted.HOLD


def test_a_gray_release_that_ended_before_it_was_taken_back_is_rolled_back(make_wechat: Callable[..., Wechat]) -> None:
    """Everybody has it by then, and nobody shall."""
    wechat = make_wechat(on_audit_success="gray:10")
    decided(wechat, "approve", "1.0")
    online.release(wechat.world, wechat.world.apps[APP])
    look(wechat)
    wechat.now += 60
    decided(wechat, "approve", "2.0")
    look(wechat)
    taken_back = order(wechat, Action.TAKE_BACK)
    online.release(wechat.world, wechat.world.apps[APP])
    release(wechat.context, taken_back)
    assert (state(wechat), calls(wechat, "revertcoderelease")) == (State.TAKEN_BACK, 1)


def test_what_is_to_be_taken_back_can_be_kept_after_all(wechat: Wechat) -> None:
    """As long as it was not called."""
    released(wechat, "1.0", "2.0")
    taken_back = order(wechat, Action.TAKE_BACK)
    wechat.now += 1
    order(wechat, Action.RELEASE)
    assert isinstance(release(wechat.context, taken_back), Skipped)
    assert (state(wechat), calls(wechat, "revertcoderelease")) == (State.RELEASED, 0)


def test_each_time_that_a_version_is_taken_back_is_told(make_wechat: Callable[..., Wechat]) -> None:
    """It may be released again in between."""
    wechat = make_wechat(on_audit_success="gray:10")
    decided(wechat, "approve", "1.0")
    online.release(wechat.world, wechat.world.apps[APP])
    look(wechat)
    wechat.now += 60
    decided(wechat, "approve", "2.0")
    look(wechat)
    for action in (Action.TAKE_BACK, Action.RELEASE, Action.TAKE_BACK):
        wechat.now += 61
        ordered(wechat, action)
    assert (state(wechat), len(messages(wechat, "weaudit.taken_back"))) == (State.TAKEN_BACK, 2)


def test_a_release_that_is_ordered_while_a_withdrawal_is_refused_counts(make_wechat: Callable[..., Wechat]) -> None:
    """What WeChat says of the withdrawal overwrites no later word."""
    wechat = make_wechat(reconcile_after=1)
    submitted(wechat)
    withdrawn = order(wechat, Action.WITHDRAW)
    wechat.simulator.api.expect(Fault("undocodeaudit", times=1, errcode=87012))

    def released_instead() -> None:
        with wechat.engine.begin() as connection:
            (row,) = reviews.of(connection, APP)
            at = row.wished_at + 1
            reviews.write(connection, row, now=wechat.now, ordered=True, wanted="", wished_at=at)

    assert isinstance(release(meanwhile(wechat, "undocodeaudit", released_instead), withdrawn), Skipped)
    assert (rows(wechat)[0].ordered, rows(wechat)[0].wanted) == (True, "")


def test_a_release_of_an_unknown_review_does_not_undo_a_later_hold(make_wechat: Callable[..., Wechat]) -> None:
    """Somebody else submitted it; the release is put off, and the version held meanwhile."""
    wechat = make_wechat(on_audit_success="hold")
    submitted_elsewhere(wechat, "9.9")
    wechat.world.apps[APP].decide("approve", at=wechat.now)
    released_later = order(wechat, Action.RELEASE)
    wechat.simulator.api.expect(Fault("release", times=1, errcode=-1))
    with pytest.raises(WeChatError):
        release(wechat.context, released_later)
    wechat.now += 1
    say(wechat, Action.HOLD)
    wechat.now += 61
    assert isinstance(release(wechat.context, released_later), Skipped)
    assert wechat.world.apps[APP].releases == 0


def test_a_roll_back_that_is_refused_for_an_unknown_reason_is_not_done_later(wechat: Wechat) -> None:
    """Whoever ordered it heard that it failed."""
    released(wechat, "1.0", "2.0")
    wechat.simulator.api.expect(Fault("revertcoderelease", times=1, errcode=99887))
    with pytest.raises(WeChatError):
        ordered(wechat, Action.TAKE_BACK)
    wechat.now += 5_000
    look(wechat)
    assert (state(wechat), calls(wechat, "revertcoderelease")) == (State.RELEASED, 1)


def test_a_withdrawal_waits_for_a_review_that_is_not_shown_yet(wechat: Wechat) -> None:
    """WeChat shows new reviews late."""
    wechat.world.unknowns.review_shown_after = 30
    submitted(wechat)
    withdrawn = order(wechat, Action.WITHDRAW)
    assert isinstance(release(wechat.context, withdrawn), Wait)
    wechat.now += 31
    assert isinstance(release(wechat.context, withdrawn), Done)
    assert state(wechat) is State.WITHDRAWN


def test_a_conflict_does_not_overwrite_a_release_that_was_just_ordered(make_wechat: Callable[..., Wechat]) -> None:
    """The visit finds that somebody said something, and looks anew."""
    wechat = make_wechat(reconcile_after=1)
    decided(wechat, "approve")
    wechat.simulator.api.expect(Fault("release", times=2, errcode=85020))
    wechat.now += 61
    look(wechat)
    wechat.now += 61
    # The second refusal, after which the visit looks once more, and would let a person look.
    way = FaultyTransport(wechat)
    way.at("getversioninfo", lambda: None)
    way.at("getversioninfo", lambda: say(wechat, Action.RELEASE))
    with pytest.raises(NotAsExpected):
        look_at(over(wechat, way), APP)
    look(wechat)
    assert state(wechat) is State.RELEASED
