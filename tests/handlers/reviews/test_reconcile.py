from collections.abc import Callable

import pytest
from sqlalchemy import select

from handlers.context import Done, Skipped
from handlers.reviews.reconcile import discover, reconcile
from handlers.reviews.release import release
from service.events.from_wechat import AuditFail, AuditSuccess
from service.events.message import Message, decode
from service.simulator.faults import Fault
from service.store import mini_programs
from service.store import reviews as submissions
from service.store.engine import reading
from service.store.mini_programs import App
from service.store.reviews import State
from service.store.tables import attempts, pushes
from service.store.tables import submissions as submissions_table
from tests.conftest import APP, Wechat
from tests.support.samples import decided, submitted, told


def found(wechat: Wechat) -> list[Message]:
    """Give what reconciling put into the inbox."""
    with reading(wechat.engine) as connection:
        return [decode(body) for body in connection.execute(select(pushes.c.body)).scalars()]


def state(wechat: Wechat, auditid: int) -> State:
    """Give where we think a review stands."""
    with reading(wechat.engine) as connection:
        submission = submissions.find(connection, APP, auditid)
    assert submission
    return submission.state


def test_a_verdict_that_never_came_enters_the_inbox(wechat: Wechat) -> None:
    """After RECONCILE_AFTER WeChat is asked, and the approval calls for the same reactions as a push."""
    decided(wechat, "approve")
    reconcile(wechat.context)
    assert found(wechat) == []
    wechat.now += 7201
    reconcile(wechat.context)
    (message,) = found(wechat)
    assert isinstance(message.data, AuditSuccess)
    assert (message.type, message.data.origin) == ("wechat.weapp_audit_success", "reconcile")
    with reading(wechat.engine) as connection:
        called_for = connection.execute(select(attempts.c.queue)).scalars().all()
    assert sorted(called_for) == ["weaudit.notify", "weaudit.release"]


def test_a_rejection_that_never_came_has_its_reasons(wechat: Wechat) -> None:
    """What WeChat answers is taken apart as a push would be."""
    decided(wechat, "reject", reason="1:不符:<br>(1):含广告<br>")
    wechat.now += 7201
    reconcile(wechat.context)
    (message,) = found(wechat)
    assert isinstance(message.data, AuditFail)
    assert message.data.reasons[0].details == ("含广告",)


def test_asking_twice_finds_it_once(wechat: Wechat) -> None:
    """A review with a verdict is pending no more; even asked again it would be the same message."""
    auditid = decided(wechat, "approve")
    wechat.now += 7201
    reconcile(wechat.context)
    asked = wechat.called("get_latest_auditstatus")
    reconcile(wechat.context)
    assert wechat.called("get_latest_auditstatus") == asked
    with wechat.engine.begin() as connection:
        connection.execute(submissions_table.update().values(state="in_review"))
    reconcile(wechat.context)
    assert len(found(wechat)) == 1
    assert state(wechat, auditid) is State.APPROVED


def test_a_late_push_after_that_releases_nothing_again(wechat: Wechat) -> None:
    """The reconciled answer and the push are two messages about one audit id: one release."""
    decided(wechat, "approve")
    wechat.now += 7201
    reconcile(wechat.context)
    answer = release(wechat.context, found(wechat)[0])
    assert isinstance(answer, Done)
    assert answer.outcome
    assert answer.outcome.origin == "reconcile"
    assert answer.also
    with wechat.engine.begin() as connection:
        answer.also(connection)
    assert isinstance(release(wechat.context, told(wechat, "weapp_audit_success")), Skipped)
    assert wechat.world.apps[APP].releases == 1


@pytest.mark.parametrize("verdict", [None, "delay"])
def test_while_there_is_no_verdict_it_stays_pending(wechat: Wechat, verdict: str | None) -> None:
    """In review or delayed: nothing is told, and it is asked again."""
    if verdict:
        decided(wechat, verdict)
    else:
        submitted(wechat)
    asked = wechat.called("get_latest_auditstatus")
    wechat.now += 7201
    reconcile(wechat.context)
    reconcile(wechat.context)
    assert found(wechat) == []
    assert wechat.called("get_latest_auditstatus") == asked + 2


def test_a_review_that_a_newer_one_has_superseded_is_closed(wechat: Wechat) -> None:
    """Its end is written down; the newest decides what happens, also if weaudit did not submit it."""
    first = decided(wechat, "reject")
    second = decided(wechat, "approve", "2.0")
    with wechat.engine.begin() as connection:
        connection.execute(submissions_table.delete().where(submissions_table.c.auditid == second))
    wechat.now += 7201
    reconcile(wechat.context)
    assert (state(wechat, first), state(wechat, second)) == (State.REJECTED, State.APPROVED)
    assert [message.type for message in found(wechat)] == ["wechat.weapp_audit_success"]


def test_a_newest_review_whose_verdict_is_known_is_no_news(wechat: Wechat) -> None:
    """Released already: closing an older one tells nobody of it again."""
    first = decided(wechat, "reject")
    second = decided(wechat, "approve", "2.0")
    with wechat.engine.begin() as connection:
        submissions.released(connection, APP, second, now=wechat.now)
    wechat.now += 7201
    reconcile(wechat.context)
    assert (state(wechat, first), state(wechat, second)) == (State.REJECTED, State.RELEASED)
    assert found(wechat) == []


def test_those_that_can_never_be_asked_do_not_hide_the_others(wechat: Wechat) -> None:
    """More of them than are asked in one round: the next round begins with the others."""
    with wechat.engine.begin() as connection:
        for number in range(250):
            submissions.record(
                connection, "wxgone", number, user_version="", request="", round=1, now=wechat.now - 1000
            )
    decided(wechat, "approve")
    wechat.now += 7201
    reconcile(wechat.context)
    assert found(wechat) == []
    reconcile(wechat.context)
    assert len(found(wechat)) == 1


def test_one_that_cannot_be_asked_stops_no_other(make_wechat: Callable[..., Wechat]) -> None:
    """WeChat refuses for one mini program; the other's verdict is found all the same."""
    wechat = make_wechat()
    decided(wechat, "approve")
    with wechat.engine.begin() as connection:
        submissions.record(connection, "wxgone", 1, user_version="", request="", round=1, now=wechat.now - 1)
    wechat.now += 7201
    reconcile(wechat.context)
    assert len(found(wechat)) == 1


def test_a_review_of_a_merchant_who_left_is_asked_for_when_he_comes_back(wechat: Wechat) -> None:
    """Without an authorization nothing can be asked, so nothing is."""
    decided(wechat, "approve")
    left = App(APP, False, "", "", "", changed_at=1.0)
    with wechat.engine.begin() as connection:
        mini_programs.keep(connection, left)
    wechat.now += 7201
    asked = wechat.called("get_latest_auditstatus")
    reconcile(wechat.context)
    assert wechat.called("get_latest_auditstatus") == asked
    with wechat.engine.begin() as connection:
        mini_programs.keep(connection, left._replace(authorized=True))
    reconcile(wechat.context)
    assert len(found(wechat)) == 1


def test_an_error_of_wechat_loses_nothing(wechat: Wechat) -> None:
    """Busy now, found the next time."""
    decided(wechat, "approve")
    wechat.now += 7201
    wechat.simulator.api.faults.append(Fault("get_latest_auditstatus", times=3, errcode=-1))
    reconcile(wechat.context)
    assert found(wechat) == []
    reconcile(wechat.context)
    assert len(found(wechat)) == 1


def test_a_review_that_somebody_else_submitted_is_discovered(wechat: Wechat) -> None:
    """WeChat says that it is under way; when its verdict is late, it is asked for like any other."""
    decided(wechat, "delay")
    with wechat.engine.begin() as connection:
        connection.execute(submissions_table.delete())
        mini_programs.keep(connection, App(APP, True, "", "", "", changed_at=1.0))
        mini_programs.keep(connection, App("wxgone", True, "", "", "", changed_at=1.0))
    discover(wechat.context)
    with wechat.engine.begin() as connection:
        (expected,) = submissions.pending(connection, before=wechat.now + 1)
    assert (expected.appid, expected.request) == (APP, "")
    wechat.world.apps[APP].decide("approve")
    wechat.now += 7201
    reconcile(wechat.context)
    assert len(found(wechat)) == 1
    asked = wechat.called("get_latest_auditstatus")
    discover(wechat.context)
    assert wechat.called("get_latest_auditstatus") == asked + 1, "nothing is pending, so it is asked again"


def test_discovering_waits_while_there_is_no_ticket(wechat: Wechat) -> None:
    """Nothing can be asked of WeChat then; a limit of one mini program stops no other."""
    wechat.authorize("wx0000000000000002")
    with wechat.engine.begin() as connection:
        for appid in (APP, "wx0000000000000002"):
            mini_programs.keep(connection, App(appid, True, "", "", "", changed_at=1.0))
    wechat.simulator.api.expect(Fault("get_latest_auditstatus", errcode=45009))
    discover(wechat.context)
    assert wechat.called("get_latest_auditstatus") == 2
    wechat.now += 50_000
    calls = len(wechat.simulator.api.calls)
    discover(wechat.context)
    assert len(wechat.simulator.api.calls) == calls


def test_a_review_that_wechat_does_not_know_any_more_hides_no_newer_one(wechat: Wechat) -> None:
    """It is closed, and the newest has its verdict, whoever submitted that."""
    newest = decided(wechat, "approve")
    with wechat.engine.begin() as connection:
        connection.execute(submissions_table.delete())
        submissions.record(connection, APP, 7, user_version="old", request="", round=1, now=wechat.now - 1)
    wechat.now += 7201
    reconcile(wechat.context)
    assert [message.type for message in found(wechat)] == ["wechat.weapp_audit_success"]
    assert (state(wechat, 7), state(wechat, newest)) == (State.WITHDRAWN, State.APPROVED)


def test_a_mini_program_that_was_never_submitted_has_nothing_pending(wechat: Wechat) -> None:
    """Whatever somebody wrote down."""
    with wechat.engine.begin() as connection:
        submissions.record(connection, APP, 7, user_version="old", request="", round=1, now=wechat.now - 1)
    wechat.now += 7201
    reconcile(wechat.context)
    assert state(wechat, 7) is State.WITHDRAWN
    assert found(wechat) == []
