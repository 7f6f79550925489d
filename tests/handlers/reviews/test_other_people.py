from handlers.answers import Done, Wait
from handlers.reviews.driver import look_at
from handlers.reviews.react import release, submit
from service.events.from_weaudit import InConflict, Released
from service.simulator import audits, online
from service.simulator.faults import Fault
from service.simulator.mini_program import Version
from service.store.reviews import State
from tests.conftest import APP, Wechat
from tests.support.looking import did, look, state
from tests.support.samples import (
    CATEGORY,
    committed_elsewhere,
    decided,
    messages,
    planned,
    rows,
    submitted_elsewhere,
    told,
)
from tests.support.transport import lose, meanwhile


def test_a_review_of_somebody_elses_is_waited_for(wechat: Wechat) -> None:
    """WeChat takes one at a time; when it is decided, the plan goes on."""
    submitted_elsewhere(wechat, "0.9")
    push = planned(wechat)
    assert isinstance(submit(wechat.context, push), Wait)
    assert did(wechat) == []
    wechat.world.apps[APP].decide("reject")
    look(wechat)
    assert did(wechat) == ["commit", "submit_audit"]


def test_code_that_a_person_commits_meanwhile_is_not_submitted(wechat: Wechat) -> None:
    """Which version people want, only they know; they are told."""
    planned(wechat)
    look_at(meanwhile(wechat, "queryquota", lambda: committed_elsewhere(wechat, "9.9")), APP)
    assert (state(wechat), did(wechat)) == (State.CONFLICT, ["commit"])
    (message,) = messages(wechat, "weaudit.conflict")
    assert isinstance(message.data, InConflict)
    assert "9.9 (theirs) was committed" in message.data.reason
    assert "9.9" in message.data.chinese


def test_the_same_version_of_other_code_is_not_ours(wechat: Wechat) -> None:
    """A hotfix with the same number and description, committed by hand."""
    wechat.world.limits.privacy_check = 60
    planned(wechat)
    look(wechat)
    committed_elsewhere(wechat, "1.0", "x")
    wechat.now += 60
    look(wechat)
    assert state(wechat) is State.CONFLICT


def test_a_review_of_code_that_came_between_look_and_call_is_never_released(wechat: Wechat) -> None:
    """The mark shows it: our review is of somebody else's code. Its verdict is still told."""
    planned(wechat)
    look_at(meanwhile(wechat, "submit_audit", lambda: committed_elsewhere(wechat, "1.0", "x")), APP)
    look(wechat)
    assert state(wechat) is State.CONFLICT
    wechat.world.apps[APP].decide("approve")
    wechat.now += 2
    look(wechat)
    assert (state(wechat), did(wechat)) == (State.CONFLICT, ["commit", "submit_audit"])
    assert [message.data.origin for message in messages(wechat, "wechat.weapp_audit_success")] == ["reconcile"]


def test_what_a_person_released_is_not_released_again(wechat: Wechat) -> None:
    """It is told as somebody else's."""
    decided(wechat, "approve")
    online.release(wechat.world, wechat.world.apps[APP])
    look(wechat)
    assert "release" not in did(wechat)
    (message,) = messages(wechat, "weaudit.released")
    assert isinstance(message.data, Released)
    assert message.data.already


def test_85052_counts_only_if_that_version_is_online(wechat: Wechat) -> None:
    """WeChat calls 2.0.0 released while 1.0.0 is online: nobody is told that it is online, somebody that it is not."""
    wechat.world.apps[APP].versions.append(Version(1, "1.0.0", "", 0, int(wechat.now) - 86_400))
    wechat.simulator.api.expect(Fault("release", errcode=85052))
    submitted_elsewhere(wechat, "2.0.0")
    wechat.now += 3600
    wechat.world.apps[APP].decide("approve")
    push = told(wechat, "weapp_audit_success", SuccTime=int(wechat.now))
    assert isinstance(release(wechat.context, push), Wait)
    wechat.now += 15
    release(wechat.context, push)
    assert state(wechat) is State.CONFLICT
    assert messages(wechat, "weaudit.released") == []
    (message,) = messages(wechat, "weaudit.conflict")
    assert isinstance(message.data, InConflict)
    assert "2.0.0 released while 1.0.0 is online" in message.data.reason
    assert "1.0.0" in message.data.chinese
    assert f"weaudit release {APP}" in message.data.chinese


def test_a_version_of_somebody_elses_is_released_too(wechat: Wechat) -> None:
    """It enters when its push comes; weaudit does not know its body, so it could not submit it again."""
    submitted_elsewhere(wechat, "9.9")
    wechat.now += 60
    wechat.world.apps[APP].decide("approve")
    assert release(wechat.context, told(wechat, "weapp_audit_success")) == Done("review 400000001 (9.9) is released")
    assert did(wechat) == ["release"]


def test_a_lost_call_that_wechat_takes_much_later_is_told_and_not_released(wechat: Wechat) -> None:
    """One version is in review twice then; policy does not release the second."""
    app = wechat.world.apps[APP]
    planned(wechat)
    look_at(meanwhile(wechat, "submit_audit", lose()), APP)
    wechat.now += 61
    look(wechat)
    app.decide("reject")
    look(wechat)
    audits.submit_audit(wechat.world, app, item_list=[CATEGORY])
    app.decide("approve")
    look(wechat)
    look(wechat)
    assert rows(wechat)[0].state is State.CONFLICT
    assert "release" not in did(wechat)
