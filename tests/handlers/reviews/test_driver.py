from collections.abc import Callable
from functools import partial

import pytest

from handlers.answers import Done, Wait
from handlers.reviews.calls import LOOK_IS_GOOD_FOR
from handlers.reviews.driver import Busy, look_at
from handlers.reviews.react import release, submit
from handlers.wechat.client import lease_of
from handlers.wechat.errors import Refused, TryLater
from service.events.from_weaudit import Released
from service.simulator.faults import Fault
from service.store.leases import LEASE, LeaseLost
from service.store.reviews import State
from tests.conftest import APP, Wechat
from tests.support.looking import did, look, state
from tests.support.samples import (
    decided,
    messages,
    planned,
    row_of,
    rows,
    submitted,
    told,
)
from tests.support.transport import Died, FaultyTransport, die, lose, meanwhile, over, pass_time


def test_a_plan_becomes_a_review_and_an_approval_a_release(wechat: Wechat) -> None:
    """One commit, one submission, one release; and subscribers are told once that it is online."""
    answer = submit(wechat.context, planned(wechat))
    assert answer == Done("review 400000001 of 1.0 is under way")
    wechat.now += 60
    wechat.world.apps[APP].decide("approve")
    answer = release(wechat.context, told(wechat, "weapp_audit_success"))
    assert answer == Done("review 400000001 (1.0) is released")
    assert did(wechat) == ["commit", "submit_audit", "release"]
    (message,) = messages(wechat, "weaudit.released")
    assert isinstance(message.data, Released)
    assert (message.data.auditid, message.data.user_version, message.data.already) == (400000001, "1.0", False)


def test_what_weaudit_commits_bears_a_mark_that_wechat_shows_again(wechat: Wechat) -> None:
    """So that a look tells it from the same version of somebody else's."""
    submitted(wechat)
    committed = wechat.world.apps[APP].committed
    assert committed
    assert committed.user_desc == f"x ·{rows(wechat)[0].mark}"


def test_without_marks_the_description_stays_as_it_is(make_wechat: Callable[..., Wechat]) -> None:
    """VERSION_MARK=0 for people who show it to users; the way to the users is the same."""
    wechat = make_wechat(version_mark="0")
    decided(wechat, "approve")
    look(wechat)
    committed = wechat.world.apps[APP].committed
    assert committed
    assert (committed.user_desc, state(wechat)) == ("x", State.RELEASED)


POINTS = [(endpoint, after) for endpoint in ("commit", "submit_audit", "release") for after in (False, True)]


@pytest.mark.parametrize(("endpoint", "after"), POINTS)
@pytest.mark.parametrize("ends", [die, lose()])
def test_whatever_becomes_of_a_call_the_next_visit_looks_before_it_calls(
    wechat: Wechat, endpoint: str, *, after: bool, ends: Callable[[], None]
) -> None:
    """What WeChat did is not asked for again, and what it did not do is, after WeChat was given a minute."""
    approved = endpoint == "release"
    if approved:
        decided(wechat, "approve")
    else:
        planned(wechat)
    context = meanwhile(wechat, endpoint, ends, after=after)
    try:
        visit = look_at(context, APP)
    except Died:
        wechat.now += LEASE
    else:
        assert any(isinstance(step, Wait) for step in visit.steps.values()) == (not after)
    look(wechat)
    done = {"commit", "submit_audit"} | ({"release"} if approved else set())
    if not after:
        assert did(wechat).count(endpoint) == 0, "WeChat may still be at it"
        wechat.now += 61
        look(wechat)
    assert sorted(did(wechat)) == sorted(done)
    assert state(wechat) is (State.RELEASED if approved else State.IN_REVIEW)


def test_a_review_that_is_shown_late_is_waited_for_and_found(wechat: Wechat) -> None:
    """The answer is lost, and WeChat shows the review half a minute later: it is ours, and not begun again."""
    wechat.world.unknowns.review_shown_after = 30
    planned(wechat)
    look_at(meanwhile(wechat, "submit_audit", lose(), after=True), APP)
    for _ in range(3):
        wechat.now += 15
        look(wechat)
    assert (state(wechat), did(wechat)) == (State.IN_REVIEW, ["commit", "submit_audit"])


@pytest.mark.parametrize("lag", ["commit_shown_after", "release_shown_after"])
def test_what_is_shown_late_is_not_done_twice(wechat: Wechat, lag: str) -> None:
    """The answer 0 is believed only when WeChat shows it, and that may take half a minute."""
    setattr(wechat.world.unknowns, lag, 30)
    planned(wechat)
    look(wechat)
    for _ in range(4):
        wechat.now += 15
        look(wechat)
    wechat.world.apps[APP].decide("approve")
    wechat.now += 7_300
    for _ in range(5):
        look(wechat)
        wechat.now += 15
    assert (state(wechat), did(wechat)) == (State.RELEASED, ["commit", "submit_audit", "release"])


def test_one_at_a_time_changes_a_mini_program(wechat: Wechat) -> None:
    """Who comes second is told so, and comes again; after a crash a lease later."""
    push = planned(wechat)
    lease = wechat.heartbeat.try_to_take(lease_of(APP))
    assert lease
    with pytest.raises(Busy):
        look(wechat)
    assert isinstance(submit(wechat.context, push), Wait)
    wechat.now += LEASE
    assert isinstance(submit(wechat.context, push), Done)


def test_who_lost_the_lease_neither_writes_nor_calls(wechat: Wechat) -> None:
    """He was stopped for a while, between his look and his call; another has done it meanwhile."""
    planned(wechat)

    def is_stopped() -> None:
        wechat.now += LEASE + 1
        look(wechat)

    with pytest.raises(LeaseLost):
        look_at(meanwhile(wechat, "getversioninfo", is_stopped, after=True), APP)
    assert (state(wechat), did(wechat)) == (State.IN_REVIEW, ["commit", "submit_audit"])


@pytest.mark.parametrize("endpoint", ["commit", "submit_audit"])
def test_whoever_is_overtaken_in_the_middle_of_a_call_writes_nothing(wechat: Wechat, endpoint: str) -> None:
    """His request takes longer than his lease; who comes next finds what it came to."""
    planned(wechat)

    def takes_long() -> None:
        wechat.now += LEASE + 1
        look(wechat)

    with pytest.raises(LeaseLost):
        look_at(meanwhile(wechat, endpoint, takes_long, after=True), APP)
    wechat.now += 61
    look(wechat)
    assert (state(wechat), did(wechat)) == (State.IN_REVIEW, ["commit", "submit_audit"])


def test_a_newer_plan_replaces_an_older_one(wechat: Wechat) -> None:
    """Which is then told by its state; the newer is submitted."""
    wechat.world.limits.privacy_check = 60
    planned(wechat, "1.0")
    look(wechat)
    planned(wechat, "2.0")
    wechat.now += 61
    look(wechat)
    wechat.now += 61
    look(wechat)
    newest, former = rows(wechat)
    assert (newest.user_version, newest.state, former.state) == ("2.0", State.IN_REVIEW, State.SUPERSEDED)


def test_what_wechat_will_never_take_ends_with_its_code(wechat: Wechat) -> None:
    """The reaction is given up with what WeChat said, and people are told through it."""
    wechat.simulator.api.expect(Fault("commit", errcode=85014))
    push = planned(wechat)
    with pytest.raises(Refused, match="85014"):
        submit(wechat.context, push)
    assert (state(wechat), rows(wechat)[0].answer) == (State.REFUSED, 85014)
    with pytest.raises(Refused, match="85014"):
        submit(wechat.context, push)
    assert did(wechat) == ["commit 85014"]


@pytest.mark.parametrize(
    ("endpoint", "errcode", "back"),
    [
        ("commit", -1, State.PLANNED),
        ("commit", 99999, State.PLANNED),
        ("submit_audit", 61040, State.COMMITTED),
        ("submit_audit", 45009, State.COMMITTED),
        ("release", 61007, State.APPROVED),
    ],
)
def test_a_refusal_that_may_pass_steps_back(wechat: Wechat, endpoint: str, errcode: int, back: State) -> None:
    """And when it has passed, the next visit goes on."""
    wechat.simulator.api.expect(Fault(endpoint, errcode=errcode))
    if endpoint == "release":
        decided(wechat, "approve")
    else:
        planned(wechat)
    visit = look(wechat)
    assert [error.code for error in visit.errors.values()] == [errcode]
    assert (state(wechat), rows(wechat)[0].called_at) == (back, None)
    look(wechat)
    assert state(wechat) in (State.IN_REVIEW, State.RELEASED)


def test_a_token_that_grew_stale_is_replaced_without_another_try(wechat: Wechat) -> None:
    """WeChat says so of a call that changes something: it did nothing, so the same visit looks and calls again."""
    planned(wechat)
    look_at(meanwhile(wechat, "commit", wechat.world.expire_tokens), APP)
    assert (state(wechat), did(wechat)) == (State.IN_REVIEW, ["commit 40001", "commit", "submit_audit"])


def test_85009_is_looked_into_three_times(wechat: Wechat) -> None:
    """WeChat says that a review is under way and shows none: perhaps ours, late; else a person must look."""
    wechat.simulator.api.expect(Fault("submit_audit", times=9, errcode=85009))
    planned(wechat)
    for _ in range(4):
        look(wechat)
        wechat.now += 61
    assert (state(wechat), did(wechat)) == (State.CONFLICT, ["commit", *["submit_audit 85009"] * 3])


def test_an_approved_version_that_wechat_does_not_release_is_tried_twice(wechat: Wechat) -> None:
    """85020 though the status is 0: it is looked at again a minute later, and then a person must."""
    wechat.simulator.api.expect(Fault("release", times=9, errcode=85020))
    decided(wechat, "approve")
    for _ in range(4):
        look(wechat)
        wechat.now += 61
    assert (state(wechat), did(wechat).count("release 85020")) == (State.CONFLICT, 2)


def test_the_reserve_is_kept_under_any_interleaving(make_wechat: Callable[..., Wechat]) -> None:
    """Two that ask for the last review at once: each counts the other, and one at most gets it."""
    other = "wx0000000000000002"
    wechat = make_wechat(quota_reserve="1")
    wechat.authorize(other)
    wechat.world.limits.reviews_a_month = 2
    for appid in (APP, other):
        planned(wechat, appid=appid)

    def the_other_is_as_far() -> None:
        look_at(meanwhile(wechat, "submit_audit", lose()), other)

    look_at(meanwhile(wechat, "submit_audit", the_other_is_as_far), APP)
    begun = [app for app in wechat.world.apps.values() if app.latest]
    assert len(begun) <= 1
    for _ in range(3):
        wechat.now += 61
        for appid in (APP, other):
            look_at(wechat.context, appid)
    assert len([app for app in wechat.world.apps.values() if app.latest]) == 1


def test_a_review_that_wechat_does_not_show_yet_is_not_withdrawn(wechat: Wechat) -> None:
    """After ten minutes it is asked for by its id, and if WeChat does not know that either, people are told."""
    auditid = submitted(wechat)
    wechat.world.unknowns.review_shown_after = 86_400
    wechat.now += 500
    look(wechat)
    assert (row_of(wechat, auditid).state, wechat.called("get_auditstatus")) == (State.IN_REVIEW, 0)
    wechat.now += 200
    look(wechat)
    assert (row_of(wechat, auditid).state, wechat.called("get_auditstatus")) == (State.IN_REVIEW, 1)
    wechat.simulator.api.expect(Fault("get_auditstatus", errcode=85012))
    look(wechat)
    assert row_of(wechat, auditid).state is State.CONFLICT


def test_a_wechat_that_is_too_slow_is_told_and_tried_again(make_wechat: Callable[..., Wechat]) -> None:
    """What it shows is out of date before anything can be called; the reaction does not end as done."""
    wechat = make_wechat()
    decided(wechat, "approve")
    slow = FaultyTransport(wechat)
    for _ in range(9):
        for endpoint in ("getversioninfo", "get_latest_auditstatus"):
            slow.at(endpoint, partial(pass_time, wechat, LOOK_IS_GOOD_FOR + 0.5))
    with pytest.raises(TryLater, match="too slowly"):
        release(over(wechat, slow), told(wechat, "weapp_audit_success"))
    assert did(wechat).count("release") == 0
    release(wechat.context, told(wechat, "weapp_audit_success"))
    assert state(wechat) is State.RELEASED
