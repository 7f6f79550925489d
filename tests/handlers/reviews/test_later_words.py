"""The last word of a person counts: whatever is tried again, answered late, or seen by another visit."""

from collections.abc import Callable

import pytest

from handlers.answers import Done, Skipped, Wait
from handlers.operators import orders
from handlers.operators.allowed import Action, NotNow
from handlers.reviews.driver import look_at
from handlers.reviews.react import release, resubmit
from handlers.wechat.errors import NeedsHuman, WeChatError
from service.simulator import online
from service.simulator.faults import Fault
from service.store import reviews
from service.store.reviews import NotAsExpected, State, Wanted
from tests.conftest import APP, Wechat
from tests.support.looking import did, look, state
from tests.support.ordering import calls, desk, gray, order, ordered, released, say
from tests.support.samples import decided, messages, planned, rows, submitted, submitted_elsewhere
from tests.support.transport import FaultyTransport, meanwhile, over


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
    wechat = gray(make_wechat)
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
    wechat.simulator.api.expect(Fault("undocodeaudit", times=1, errcode=87011))
    with pytest.raises(WeChatError):
        ordered(wechat, Action.WITHDRAW)
    assert rows(wechat)[0].wanted is Wanted.HOLD
    wechat.world.apps[APP].decide("approve", at=wechat.now)
    wechat.now += 10_000
    wechat.give_ticket()
    look(wechat)
    assert (state(wechat), "release" in did(wechat)) == (State.APPROVED, False)


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_review_that_had_its_verdict_before_it_was_withdrawn_is_waited_for_until_that_is_shown(
    wechat: Wechat, verdict: str
) -> None:
    """WeChat finds nothing to withdraw, shows the verdict later, and nothing is released or dead meanwhile."""
    submitted(wechat)
    wechat.simulator.api.expect(Fault("undocodeaudit", times=1, errcode=87012))
    assert isinstance(ordered(wechat, Action.WITHDRAW), Wait)
    wechat.world.apps[APP].decide(verdict, "1:x:<br>", at=wechat.now)
    wechat.now += 10_000
    wechat.give_ticket()
    look(wechat)
    shown = {"approve": State.APPROVED, "reject": State.REJECTED}[verdict]
    assert (state(wechat), calls(wechat, "undocodeaudit"), "release" in did(wechat)) == (shown, 1, False)
    assert rows(wechat)[0].round == 1


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
    wechat = gray(make_wechat)
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
    wechat = gray(make_wechat)
    for action in (Action.TAKE_BACK, Action.RELEASE, Action.TAKE_BACK):
        wechat.now += 61
        ordered(wechat, action)
    assert (state(wechat), len(messages(wechat, "weaudit.taken_back"))) == (State.TAKEN_BACK, 2)


def test_a_release_that_is_ordered_while_a_withdrawal_is_refused_counts(make_wechat: Callable[..., Wechat]) -> None:
    """What WeChat says of the withdrawal overwrites no later word."""
    wechat = make_wechat(reconcile_after=1)
    submitted(wechat)
    withdrawn = order(wechat, Action.WITHDRAW)
    wechat.simulator.api.expect(Fault("undocodeaudit", times=1, errcode=87011))

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
