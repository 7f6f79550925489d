from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select

from handlers.answers import Skipped
from handlers.reviews.react import release
from handlers.reviews.reconcile import discover, reconcile
from service.events.from_wechat import AuditFail
from service.events.message import Message
from service.events.test_accounts import TEST_ACCOUNTS
from service.simulator.faults import Fault
from service.simulator.mini_program import WITHDRAWN
from service.store import mini_programs, reviews
from service.store.engine import reading
from service.store.mini_programs import MINI_PROGRAM, OFFICIAL_ACCOUNT, MiniProgram
from service.store.reviews import State
from service.store.tables import attempts
from tests.conftest import APP, Wechat
from tests.support.samples import decided, messages, row_of, rows, submitted, submitted_elsewhere, told

APPROVED, REJECTED = "wechat.weapp_audit_success", "wechat.weapp_audit_fail"
LATER = 7_201
OTHER = "wx0000000000000002"


@pytest.fixture
def make_wechat(make_wechat: Callable[..., Wechat]) -> Callable[..., Wechat]:
    """Make WeChat for a weaudit that waits two hours for a push."""
    return partial(make_wechat, reconcile_after="7200")


def know(wechat: Wechat, appid: str = APP, account: str = MINI_PROGRAM, *, authorized: bool = True) -> None:
    """Let weaudit know of a mini program."""
    with wechat.engine.begin() as connection:
        app = MiniProgram(appid, authorized, "", "", "", changed_at=1.0, account=account)
        mini_programs.keep(connection, app)


def found(wechat: Wechat) -> list[Message]:
    """Give the verdicts that WeChat was asked for."""
    return [*messages(wechat, APPROVED), *messages(wechat, REJECTED)]


def asked(wechat: Wechat) -> int:
    """Count how often WeChat was asked for a newest review."""
    return wechat.called("get_latest_auditstatus")


def test_a_verdict_that_never_came_enters_the_inbox(make_wechat: Callable[..., Wechat]) -> None:
    """After RECONCILE_AFTER WeChat is asked, and the approval calls for the same reactions as a push."""
    wechat = make_wechat(on_audit_success="hold")
    decided(wechat, "approve")
    reconcile(wechat.context)
    assert found(wechat) == []
    wechat.now += LATER
    reconcile(wechat.context)
    (message,) = found(wechat)
    assert (message.type, message.data.origin) == (APPROVED, "reconcile")
    with reading(wechat.engine) as connection:
        called_for = select(attempts.c.queue).where(attempts.c.push_id == message.id)
        assert sorted(connection.execute(called_for).scalars()) == ["weaudit.notify", "weaudit.release"]


def test_a_rejection_that_never_came_has_its_reasons(wechat: Wechat) -> None:
    """What WeChat answers is taken apart as a push would be."""
    decided(wechat, "reject", reason="1:不符:<br>(1):含广告<br>")
    wechat.now += LATER
    reconcile(wechat.context)
    (message,) = found(wechat)
    assert isinstance(message.data, AuditFail)
    assert message.data.reasons[0].details == ("含广告",)


def test_asking_twice_finds_it_once(make_wechat: Callable[..., Wechat]) -> None:
    """What waits for a person is asked about every RECONCILE_AFTER, in case he released it by hand."""
    wechat = make_wechat(on_audit_success="hold")
    decided(wechat, "approve")
    wechat.now += LATER
    reconcile(wechat.context)
    before = asked(wechat)
    reconcile(wechat.context)
    assert asked(wechat) == before
    wechat.now += LATER
    reconcile(wechat.context)
    assert (asked(wechat), len(found(wechat))) == (before + 1, 1)


def test_a_late_push_after_that_releases_nothing_again(wechat: Wechat) -> None:
    """The reconciled answer and the push are two messages about one audit id: one release."""
    decided(wechat, "approve")
    wechat.now += LATER
    reconcile(wechat.context)
    for message in (*found(wechat), told(wechat, "weapp_audit_success")):
        assert isinstance(release(wechat.context, message), Skipped)
    assert wechat.world.apps[APP].releases == 1


@pytest.mark.parametrize("verdict", [None, "delay"])
def test_while_there_is_no_verdict_it_stays_open(wechat: Wechat, verdict: str | None) -> None:
    """In review or delayed: nothing is told, and it is asked again the next time."""
    if verdict:
        decided(wechat, verdict)
    else:
        submitted(wechat)
    before = asked(wechat)
    wechat.now += LATER
    reconcile(wechat.context)
    wechat.now += LATER
    reconcile(wechat.context)
    assert (found(wechat), asked(wechat)) == ([], before + 2)
    assert rows(wechat)[0].state is (State.DELAYED if verdict else State.IN_REVIEW)


def test_a_review_that_people_withdrew_is_over(wechat: Wechat) -> None:
    """Nobody waits for it any more."""
    submitted(wechat)
    wechat.world.apps[APP].audits[-1].status = WITHDRAWN
    wechat.now += LATER
    reconcile(wechat.context)
    assert rows(wechat)[0].state is State.WITHDRAWN


def test_of_a_review_that_a_newer_one_overtook_its_own_verdict_is_found(wechat: Wechat) -> None:
    """By its id; the newest decides what happens, also if somebody else submitted it."""
    first = decided(wechat, "reject")
    second = submitted_elsewhere(wechat, "2.0")
    wechat.world.apps[APP].decide("approve")
    wechat.now += LATER
    reconcile(wechat.context)
    know(wechat)
    assert row_of(wechat, first).state is State.REJECTED
    release(wechat.context, told(wechat, "weapp_audit_success"))
    assert row_of(wechat, second).state is State.RELEASED


def test_those_that_can_never_be_asked_do_not_hide_the_others(wechat: Wechat) -> None:
    """More of them than are asked in one round: the next round begins with the others."""
    with wechat.engine.begin() as connection:
        gone = [
            {"appid": f"wxgone{number}", "state": "in_review", "auditid": 1, "user_version": ""}
            for number in range(250)
        ]
        reviews.add(connection, gone, now=wechat.now - 1000)
    decided(wechat, "approve")
    wechat.now += LATER
    reconcile(wechat.context)
    assert found(wechat) == []
    reconcile(wechat.context)
    assert len(found(wechat)) == 1


def test_a_review_of_a_merchant_who_left_is_asked_for_when_he_comes_back(wechat: Wechat) -> None:
    """Without an authorization nothing can be asked, so nothing is."""
    decided(wechat, "approve")
    know(wechat, authorized=False)
    wechat.now += LATER
    before = asked(wechat)
    reconcile(wechat.context)
    assert asked(wechat) == before
    know(wechat)
    reconcile(wechat.context)
    assert len(found(wechat)) == 1


def test_an_error_of_wechat_loses_nothing(wechat: Wechat) -> None:
    """Busy now, found the next time."""
    decided(wechat, "approve")
    wechat.now += LATER
    wechat.simulator.api.faults.append(Fault("get_latest_auditstatus", times=3, errcode=-1))
    reconcile(wechat.context)
    assert found(wechat) == []
    reconcile(wechat.context)
    assert len(found(wechat)) == 1


def test_the_first_look_says_what_was_there_before(wechat: Wechat) -> None:
    """A version that was approved before weaudit came is left alone, and is no news ever after."""
    know(wechat)
    submitted_elsewhere(wechat, "0.9")
    wechat.world.apps[APP].decide("approve")
    for _ in range(2):
        discover(wechat.context)
    assert (found(wechat), rows(wechat), wechat.world.apps[APP].releases) == ([], [], 0)


def test_a_review_of_somebody_elses_is_found_though_nobody_saw_it_under_way(wechat: Wechat) -> None:
    """Submitted and decided between two looks, and its push lost: it enters as if pushed, and is released by policy."""
    know(wechat)
    discover(wechat.context)
    submitted_elsewhere(wechat, "1.1")
    wechat.now += 60
    wechat.world.apps[APP].decide("approve")
    discover(wechat.context)
    assert found(wechat) == [], "it is left to its push for a while"
    wechat.now += LATER
    reconcile(wechat.context)
    assert len(found(wechat)) == 1
    assert (rows(wechat)[0].state, wechat.world.apps[APP].releases) == (State.RELEASED, 1)


def test_a_review_of_somebody_elses_under_way_at_the_first_look_is_expected(wechat: Wechat) -> None:
    """Its verdict is news."""
    know(wechat)
    submitted_elsewhere(wechat, "1.1")
    discover(wechat.context)
    wechat.world.apps[APP].decide("approve")
    wechat.now += LATER
    reconcile(wechat.context)
    assert (len(found(wechat)), wechat.world.apps[APP].releases) == (1, 1)


def test_where_nothing_was_ever_submitted_there_is_nothing_to_warn_of(
    wechat: Wechat, capsys: pytest.CaptureFixture[str]
) -> None:
    """WeChat says 85058 then; the first review that comes is news, by whoever."""
    know(wechat)
    capsys.readouterr()
    discover(wechat.context)
    assert "warning" not in capsys.readouterr().out
    submitted_elsewhere(wechat, "1.0")
    wechat.world.apps[APP].decide("reject")
    wechat.now += LATER
    discover(wechat.context)
    assert len(found(wechat)) == 1


def test_official_accounts_and_test_accounts_are_not_asked_about(wechat: Wechat) -> None:
    """They have no code, or are WeChat's own."""
    know(wechat, "wxofficial", OFFICIAL_ACCOUNT)
    know(wechat, next(iter(TEST_ACCOUNTS)), "")
    know(wechat, OTHER, "")
    wechat.authorize(OTHER)
    discover(wechat.context)
    assert {call.appid for call in wechat.simulator.api.calls if call.endpoint == "get_latest_auditstatus"} == {OTHER}


def test_discovering_waits_while_there_is_no_ticket(wechat: Wechat) -> None:
    """Nothing can be asked of WeChat then; a limit of one mini program stops no other."""
    wechat.authorize(OTHER)
    for appid in (APP, OTHER):
        know(wechat, appid)
    wechat.simulator.api.expect(Fault("get_latest_auditstatus", errcode=45009))
    discover(wechat.context)
    assert asked(wechat) == 2
    wechat.now += 50_000
    calls = len(wechat.simulator.api.calls)
    discover(wechat.context)
    assert len(wechat.simulator.api.calls) == calls


def test_a_late_push_of_the_verdict_before_stands_for_no_other(wechat: Wechat) -> None:
    """It came after the next version was submitted, and bears the time of its own verdict."""
    decided(wechat, "reject", "1.0", reason="1:x:<br>")
    at = int(wechat.now)
    wechat.now += 60
    submitted(wechat, "2.0")
    wechat.now += 60
    told(wechat, "weapp_audit_fail", Reason="1:x:<br>", CreateTime=at)
    wechat.world.apps[APP].decide("reject", "1:y:<br>")
    wechat.now += 7_201
    wechat.give_ticket()
    reconcile(wechat.context)
    assert [message.data.origin for message in messages(wechat, "wechat.weapp_audit_fail")][-1] == "reconcile"
