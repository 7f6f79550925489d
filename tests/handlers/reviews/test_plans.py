from collections.abc import Callable

import pytest

from handlers.reviews.driver import look_at
from handlers.reviews.plans import plan
from handlers.reviews.react import release
from service.events.from_weaudit import Planned
from service.store import reviews
from service.store.engine import reading
from service.store.reviews import MOST_OF_ONE, State
from service.store.tables import reviews as table
from tests.conftest import APP, Wechat
from tests.support.looking import look
from tests.support.samples import commit, messages, planned, rows, submitted, told

OTHER = "wx0000000000000002"


def test_a_plan_is_its_rows_and_the_messages_that_carry_them(wechat: Wechat) -> None:
    """Each mini program has its own, under one name, and a mark of its own."""
    made = plan(wechat.context, {APP: commit(), OTHER: commit()})
    told = [message.data for message in messages(wechat, "weaudit.planned")]
    assert {data.review for data in told if isinstance(data, Planned)} == {row.id for row in made.rows.values()}
    assert {data.plan for data in told if isinstance(data, Planned)} == {made.name}
    assert len({row.mark for row in made.rows.values()}) == 2
    assert wechat.called("commit") == 0


def test_what_is_on_its_way_is_not_planned_again(wechat: Wechat) -> None:
    """Not even if that is asked for: it would only begin the privacy check anew."""
    plan(wechat.context, {APP: commit()})
    for again in (False, True):
        second = plan(wechat.context, {APP: commit()}, again=again)
        assert (second.rows, list(second.before)) == ({}, [APP])
    assert len(rows(wechat)) == 1


def test_what_was_decided_is_planned_again_only_if_that_is_asked_for(wechat: Wechat) -> None:
    """A rejected version, after it was mended in WeChat's settings."""
    plan(wechat.context, {APP: commit()})
    look_at(wechat.context, APP)
    wechat.world.apps[APP].decide("reject")
    wechat.now += 2
    look_at(wechat.context, APP)
    assert plan(wechat.context, {APP: commit()}).before[APP].state is State.REJECTED
    assert plan(wechat.context, {APP: commit()}, again=True).rows


@pytest.mark.parametrize("state", [State.REFUSED, State.CONFLICT, State.SUPERSEDED])
def test_what_came_to_nothing_is_planned_anew(wechat: Wechat, state: State) -> None:
    """It never became a review."""
    plan(wechat.context, {APP: commit()})
    with wechat.engine.begin() as connection:
        connection.execute(table.update().values(state=state.value))
    assert plan(wechat.context, {APP: commit()}).rows


def test_three_thousand_are_planned_in_one_commit(wechat: Wechat) -> None:
    """Nothing is asked of WeChat for it."""
    made = plan(wechat.context, {f"wx{number}": commit() for number in range(3_000)})
    assert len(made.rows) == len(messages(wechat, "weaudit.planned")) == 3_000
    assert wechat.simulator.api.calls == []


def test_a_version_under_way_is_not_forgotten_behind_many_that_were_superseded(
    make_wechat: Callable[..., Wechat],
) -> None:
    """A build that plans a version every hour, during one review."""
    wechat = make_wechat()
    first = submitted(wechat, "1.0")
    for number in range(MOST_OF_ONE + 5):
        planned(wechat, f"2.{number}")
        look(wechat)
    wechat.world.apps[APP].decide("approve")
    release(wechat.context, told(wechat, "weapp_audit_success"))
    with reading(wechat.engine) as connection:
        row = reviews.find(connection, APP, first)
    assert row
    assert row.state is State.RELEASED


def test_why_a_version_does_not_go_on_stands_in_its_row(make_wechat: Callable[..., Wechat]) -> None:
    """For whoever watches it."""
    wechat = make_wechat()
    submitted(wechat, "1.0")
    planned(wechat, "2.0")
    look(wechat)
    assert "is under way, and is waited for" in rows(wechat)[0].note
