from collections.abc import Callable, Sequence
from typing import Any

import pytest

from handlers.answers import Wait
from handlers.reviews.driver import look_at
from handlers.reviews.react import release
from handlers.reviews.visit import Hint
from service.events.from_weaudit import RollingOut
from service.simulator import online
from service.simulator.mini_program import LONGEST_GRAY, Version
from service.store.reviews import State
from tests.conftest import APP, Wechat
from tests.support.looking import did, look, state
from tests.support.ordering import gray
from tests.support.samples import (
    decided,
    messages,
    rows,
    told,
)
from tests.support.transport import lose, meanwhile

UNKNOWNS: Sequence[dict[str, Any]] = [
    {},
    *({"no_plan": no_plan} for no_plan in ("absent", "null", "deleted")),
    {"gray_is_shown_online": True},
    {"gray_again": False},
    {"newer_during_gray": 0},
    {"gray_of_100_ends": True},
    {"gray_is_shown_online": True, "no_plan": "absent"},
]


@pytest.mark.parametrize("unknowns", UNKNOWNS)
def test_a_gray_release_is_rolling_out_and_not_released(
    make_wechat: Callable[..., Wechat], unknowns: dict[str, Any]
) -> None:
    """However WeChat shows it; then it goes to everybody by itself on day 15, which nobody pushes."""
    wechat = gray(make_wechat, **unknowns)
    (message,) = messages(wechat, "weaudit.rolling_out")
    assert isinstance(message.data, RollingOut)
    assert (message.data.gray_percentage, len(messages(wechat, "weaudit.released"))) == (10, 1)
    wechat.now += LONGEST_GRAY
    wechat.give_ticket()
    look(wechat)
    assert state(wechat) is State.RELEASED
    assert len(messages(wechat, "weaudit.released")) == 2


@pytest.mark.parametrize("unknowns", UNKNOWNS)
def test_a_gray_release_that_people_take_back_is_told(
    make_wechat: Callable[..., Wechat], unknowns: dict[str, Any]
) -> None:
    """And not begun again."""
    wechat = gray(make_wechat, **unknowns)
    online.revertgrayrelease(wechat.world, wechat.world.apps[APP])
    look(wechat)
    look(wechat)
    assert (state(wechat), did(wechat).count("grayrelease")) == (State.TAKEN_BACK, 1)
    assert len(messages(wechat, "weaudit.taken_back")) == 1


@pytest.mark.parametrize("unknowns", UNKNOWNS)
def test_a_gray_release_that_people_end_for_everybody_is_told(
    make_wechat: Callable[..., Wechat], unknowns: dict[str, Any]
) -> None:
    """By `release`, or by a share of 100 percent where that ends it."""
    wechat = gray(make_wechat, **unknowns)
    wechat.now += 60
    app = wechat.world.apps[APP]
    if unknowns.get("gray_of_100_ends"):
        online.grayrelease(wechat.world, app, gray_percentage=100)
    else:
        online.release(wechat.world, app)
    look(wechat)
    assert state(wechat) is State.RELEASED


@pytest.mark.parametrize("unknowns", UNKNOWNS)
@pytest.mark.parametrize("after", [False, True])
def test_a_lost_answer_to_a_gray_release_is_looked_up_in_the_plan(
    make_wechat: Callable[..., Wechat], unknowns: dict[str, Any], *, after: bool
) -> None:
    """It is never sent again while the plan shows it."""
    wechat = make_wechat(on_audit_success="gray:10")
    vars(wechat.world.unknowns).update(unknowns)
    wechat.world.apps[APP].versions.append(Version(0, "0", "", 0, 1))
    decided(wechat, "approve")
    look_at(meanwhile(wechat, "grayrelease", lose(), after=after), APP)
    wechat.now += 61
    look(wechat)
    assert (state(wechat), did(wechat).count("grayrelease")) == (State.ROLLING_OUT, 1)


def test_a_newer_version_waits_while_a_gray_release_runs(make_wechat: Callable[..., Wechat]) -> None:
    """WeChat would refuse it, or put an end to what people are watching."""
    wechat = gray(make_wechat)
    wechat.now += 60
    decided(wechat, "approve", "3.0")
    visit = look(wechat)
    newest, former, *_ = rows(wechat)
    assert (newest.state, former.state) == (State.APPROVED, State.ROLLING_OUT)
    assert isinstance(visit.steps[newest.id], Wait)
    online.revertgrayrelease(wechat.world, wechat.world.apps[APP])
    look(wechat)
    assert rows(wechat)[0].state is State.ROLLING_OUT


def test_of_a_first_version_there_is_no_gray_release(make_wechat: Callable[..., Wechat]) -> None:
    """WeChat would refuse it (85079): a person is told what to type, and that releases it to all."""
    wechat = make_wechat(on_audit_success="gray:10")
    decided(wechat, "approve")
    release(wechat.context, told(wechat, "weapp_audit_success"))
    assert (state(wechat), did(wechat).count("grayrelease")) == (State.CONFLICT, 0)
    (message,) = messages(wechat, "weaudit.conflict")
    assert f"weaudit release {APP}" in str(message.data)
    look_at(wechat.context, APP, Hint(ordered=True, said_at=wechat.now))
    look(wechat)
    assert (state(wechat), did(wechat).count("release")) == (State.RELEASED, 1)


def test_a_person_ends_a_gray_release_for_everybody(make_wechat: Callable[..., Wechat]) -> None:
    """`weaudit release` while it is rolling out."""
    wechat = gray(make_wechat)
    wechat.now += 60
    look_at(wechat.context, APP, Hint(ordered=True, said_at=wechat.now))
    look(wechat)
    assert (state(wechat), did(wechat).count("grayrelease")) == (State.RELEASED, 1)
    assert len(messages(wechat, "weaudit.released")) == 2


def test_a_gray_release_that_people_begin_before_we_look_is_ours_to_follow(make_wechat: Callable[..., Wechat]) -> None:
    """And when they take it back, it is not released to all."""
    wechat = make_wechat()
    decided(wechat, "approve", "1.0")
    look(wechat)
    wechat.now += 60
    decided(wechat, "approve", "2.0")
    wechat.now += 5
    online.grayrelease(wechat.world, wechat.world.apps[APP], gray_percentage=5)
    look(wechat)
    assert state(wechat) is State.ROLLING_OUT
    online.revertgrayrelease(wechat.world, wechat.world.apps[APP])
    look(wechat)
    assert state(wechat) is State.TAKEN_BACK


def test_a_rollout_ends_when_a_later_version_goes_online(make_wechat: Callable[..., Wechat]) -> None:
    """It was with everybody first, so subscribers are told that it was released."""
    wechat = gray(make_wechat)
    app = wechat.world.apps[APP]
    wechat.now += 60
    online.release(wechat.world, app)
    wechat.now += 60
    decided(wechat, "approve", "3.0")
    wechat.now += 60
    online.release(wechat.world, app)
    look(wechat)
    assert [row.state for row in rows(wechat)] == [State.RELEASED] * 3
