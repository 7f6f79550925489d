import pytest

from handlers.answers import Done, Skipped, Wait
from handlers.notes.reading import note_in
from handlers.reviews.react import release, resubmit, submit
from handlers.wechat.errors import NeedsHuman, TryLater
from service.simulator.faults import Fault
from service.store.reviews import State
from tests.conftest import APP, Wechat
from tests.support.looking import did, state
from tests.support.samples import (
    decided,
    planned,
    rows,
    submitted,
    told,
)


def test_an_approval_that_is_pushed_before_it_is_shown_is_looked_at_again(wechat: Wechat) -> None:
    """After 5, 20 and 65 seconds, until WeChat shows it."""
    wechat.world.unknowns.verdict_shown_after = 30
    submitted(wechat)
    wechat.now += 60
    wechat.world.apps[APP].decide("approve", at=wechat.now)
    push, pushed_at = told(wechat, "weapp_audit_success"), wechat.now
    times = []
    for _ in range(2):
        answer = release(wechat.context, push)
        assert isinstance(answer, Wait)
        times.append(answer.until - pushed_at)
        wechat.now = answer.until
    assert times == [5, 20]
    answer = release(wechat.context, push)
    assert isinstance(answer, Wait)
    assert answer.until == pushed_at + 65
    wechat.now = answer.until
    assert isinstance(release(wechat.context, push), Done)


def test_a_push_of_before_the_newest_review_decides_nothing(wechat: Wechat) -> None:
    """It is late; the newest has its own verdict coming."""
    late = told(wechat, "weapp_audit_success", SuccTime=int(wechat.now) - 5, CreateTime=int(wechat.now) - 5)
    submitted(wechat)
    answer = release(wechat.context, late)
    assert isinstance(answer, Skipped)
    assert rows(wechat)[0].pushed_at is None


def test_an_error_with_one_version_does_not_stop_another(wechat: Wechat) -> None:
    """A plan that cannot be committed, and an approval that is to be released."""
    decided(wechat, "approve", "1.0")
    planned(wechat, "2.0")
    wechat.simulator.api.expect(Fault("commit", errcode=61040))
    assert isinstance(release(wechat.context, told(wechat, "weapp_audit_success")), Done)
    assert [row.state for row in rows(wechat)] == [State.PLANNED, State.RELEASED]


def test_what_wechat_cannot_be_asked_is_for_the_reaction_to_try_again(wechat: Wechat) -> None:
    """Nothing is decided about what was not seen."""
    wechat.simulator.api.expect(Fault("get_latest_auditstatus", times=9, errcode=-1))
    push = planned(wechat)
    with pytest.raises(TryLater):
        submit(wechat.context, push)
    assert state(wechat) is State.PLANNED


def test_a_verdict_at_the_wrong_address_tells_people_which_is_right(wechat: Wechat) -> None:
    """Nobody is told that the platform itself has to authorize the platform."""
    push = told(wechat, "weapp_audit_success", appid=wechat.settings.wechat_component_appid)
    with pytest.raises(NeedsHuman, match="消息与事件接收URL"):
        release(wechat.context, push)


def test_what_was_put_into_the_wrong_queue_is_skipped(wechat: Wechat) -> None:
    """Each reaction knows its messages."""
    push = told(wechat, "weapp_audit_delay")
    for reaction in (release, resubmit, submit):
        assert isinstance(reaction(wechat.context, push), Skipped)


def test_the_privacy_check_is_a_wait_and_not_a_sleep(wechat: Wechat) -> None:
    """The reaction ends at once with a time; nothing is committed again, which would begin the check anew."""
    wechat.world.limits.privacy_check = 45
    push = planned(wechat)
    answer = submit(wechat.context, push)
    assert isinstance(answer, Wait)
    assert (answer.until, state(wechat)) == (wechat.now + 60, State.COMMITTED)
    wechat.now += 60
    assert isinstance(submit(wechat.context, push), Done)
    assert did(wechat) == ["commit", "submit_audit"]


def test_without_a_review_left_it_waits_for_the_next_month_and_says_so(wechat: Wechat) -> None:
    """WeChat is not asked for what it would refuse."""
    wechat.world.limits.reviews_a_month = 0
    answer = submit(wechat.context, planned(wechat))
    assert isinstance(answer, Wait)
    assert answer.resets_at == answer.until > wechat.now
    assert "剩余提审额度 0 次" in note_in("zh", answer.note)
    assert did(wechat) == ["commit"]
