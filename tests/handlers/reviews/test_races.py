"""What happens between one step of ours and the next: people and other processes are at the same mini program."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from handlers.context import Done, Skipped, Wait
from handlers.reviews.driver import Wish, submit
from handlers.reviews.release import release
from handlers.reviews.resubmit import resubmit
from handlers.wechat.endpoints.code import CommitRequest
from handlers.wechat.errors import NeedsHuman, Refused, TryLater
from service.events.from_weaudit import Released, Resubmitted
from service.simulator import online
from service.simulator.faults import Fault
from service.simulator.library import Draft, Template
from service.store import reviews as submissions
from service.store.engine import reading
from service.store.reviews import Submission
from tests.conftest import APP, Wechat
from tests.support.meanwhile import Died, die, meanwhile
from tests.support.samples import committed_elsewhere, decided, submitted_elsewhere, told

REASON = "1:服务类目不符:<br>(1):请补充<br>"
ITEM = {
    "address": "pages/index/index",
    "first_class": "餐饮服务",
    "second_class": "点餐平台",
    "first_id": 220,
    "second_id": 632,
}


def commit(version: str) -> CommitRequest:
    """Give a version to commit."""
    return CommitRequest(template_id=1, ext_json="{}", user_version=version, user_desc="x")


def recorded(wechat: Wechat, auditid: int) -> Submission:
    """Give what is written down of a review."""
    with reading(wechat.engine) as connection:
        found = submissions.find(connection, APP, auditid)
    assert found
    return found


@pytest.fixture
def eager(make_wechat: Callable[..., Wechat]) -> Wechat:
    """Give WeChat to a weaudit that submits every rejection again."""
    return make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay="0")


def rejected(wechat: Wechat) -> Any:
    """Let a version be rejected; gives the push."""
    decided(wechat, "reject", reason=REASON)
    wechat.now += 1
    return told(wechat, "weapp_audit_fail", Reason=REASON, FailTime=int(wechat.now))


def rejected_and_checked(wechat: Wechat) -> Any:
    """Let a version be rejected and a newer template be committed, which WeChat checks; gives the push."""
    push = rejected(wechat)
    wechat.world.templates[2] = Template(2, Draft(7, 1_800_000_000, "2.0", "mended"))
    wechat.world.limits.privacy_check = 60
    with pytest.raises(TryLater, match="61039"):
        resubmit(wechat.context, push)
    return push


def test_code_that_a_person_commits_while_we_ask_for_the_quota_is_not_submitted(eager: Wechat) -> None:
    """The last look at what is committed comes right before submit_audit."""
    push = rejected(eager)
    with pytest.raises(NeedsHuman, match=r"version 9\.9 \(theirs\) was committed"):
        resubmit(meanwhile(eager, "queryquota", lambda: committed_elsewhere(eager, "9.9")), push)
    assert eager.called("submit_audit") == 1


def test_the_same_version_of_other_code_is_not_what_was_rejected(eager: Wechat) -> None:
    """A hotfix with the same number, seconds after the submission."""
    push = rejected(eager)
    committed_elsewhere(eager, "1.0")
    with pytest.raises(NeedsHuman, match="was committed"):
        resubmit(eager.context, push)


def test_a_version_that_a_person_submits_meanwhile_is_a_reason_to_skip(eager: Wechat) -> None:
    """WeChat refuses a second review; nobody has to do anything."""
    push = rejected(eager)
    for endpoint in ("queryquota", "submit_audit"):
        answer = resubmit(meanwhile(eager, endpoint, lambda: submitted_elsewhere(eager, "9.9")), push)
        assert isinstance(answer, Skipped)
        assert "a newer review has begun" in answer.note
        eager.world.apps[APP].decide("reject")
        push = rejected(eager)


@pytest.mark.parametrize("lost", [False, True])
def test_what_a_person_submits_again_is_not_ours(eager: Wechat, lost: bool) -> None:  # noqa: FBT001
    """Ours was refused, or nobody heard what became of it; then a person did it, with weaudit and other fields."""
    push = rejected(eager)
    if lost:
        with pytest.raises(Died):
            resubmit(meanwhile(eager, "submit_audit", die), push)
        eager.now += 400
    else:
        eager.simulator.api.expect(Fault("submit_audit", errcode=61040))
        with pytest.raises(NeedsHuman):
            resubmit(eager.context, push)
    theirs = submit(eager.context, APP, Wish(commit("1.0"), audit={"privacy_api_not_use": True}, again=True)).auditid
    answer = resubmit(eager.context, push)
    assert isinstance(answer, Skipped)
    assert json.loads(recorded(eager, theirs).request)["privacy_api_not_use"] is True
    assert recorded(eager, theirs).round == 1


def test_what_we_submitted_and_did_not_hear_of_is_ours(eager: Wechat) -> None:
    """It is written down as the next round, and told."""
    push = rejected(eager)
    with pytest.raises(Died):
        resubmit(meanwhile(eager, "submit_audit", die, after=True), push)
    answer = resubmit(eager.context, push)
    assert isinstance(answer, Done)
    assert isinstance(answer.outcome, Resubmitted)
    assert eager.called("submit_audit") == 2


def test_of_two_versions_at_once_each_review_is_of_what_is_written_down(wechat: Wechat) -> None:
    """The one whose code is not the committed one any more is not submitted."""

    def another_one_begins() -> None:
        wechat.now += 1
        with pytest.raises(Died):
            submit(meanwhile(wechat, "get_code_privacy_info", die), APP, Wish(commit("B")))

    with pytest.raises(TryLater, match="somebody else committed"):
        submit(meanwhile(wechat, "get_page", another_one_begins), APP, Wish(commit("A")))
    auditid = submit(wechat.context, APP, Wish(commit("B"))).auditid
    latest = wechat.world.apps[APP].latest
    assert latest
    assert (latest.auditid, latest.code.user_version) == (auditid, "B")
    assert recorded(wechat, auditid).user_version == "B"


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("endpoint", ["get_latest_auditstatus", "queryquota", "get_code_privacy_info", "get_page"])
@pytest.mark.parametrize("after", [False, True])
def test_of_two_runs_with_one_version_each_finds_it_submitted(
    wechat: Wechat,
    endpoint: str,
    again: bool,  # noqa: FBT001
    after: bool,  # noqa: FBT001
) -> None:
    """Two people, one release, at whatever step: both see the same review, and none a failure."""
    if again:
        decided(wechat, "reject")
        wechat.now += 1
    wish, done = Wish(commit("1.0"), again=again), []

    def the_other_run() -> None:
        done.append(submit(wechat.context, APP, wish).auditid)

    ours = submit(meanwhile(wechat, endpoint, the_other_run, after=after), APP, wish)
    assert (ours.auditid, ours.already) == (done[0], True)
    reviews = 2 if again else 1
    assert (wechat.called("commit"), wechat.called("submit_audit")) == (reviews, reviews)


def test_after_a_crash_what_was_really_submitted_is_written_down(wechat: Wechat) -> None:
    """With the fields of the run that died, and not of the one that finds the review."""
    with pytest.raises(Died):
        submit(meanwhile(wechat, "submit_audit", die, after=True), APP, Wish(commit("A"), audit={"item_list": [ITEM]}))
    wechat.now += 60
    found = submit(wechat.context, APP, Wish(commit("A")))
    assert found.already
    submission = recorded(wechat, found.auditid)
    assert [item["address"] for item in json.loads(submission.request)["item_list"]] == ["pages/index/index"]
    assert submission.submitted_at < wechat.now - 50


def test_a_review_that_begins_before_a_gray_release_is_a_reason_to_skip(make_wechat: Callable[..., Wechat]) -> None:
    """WeChat has other words for it than for a release."""
    wechat = make_wechat(on_audit_success="gray:10")
    decided(wechat, "approve", "1.0")
    online.release(wechat.world, wechat.world.apps[APP])
    decided(wechat, "approve", "2.0")
    push = told(wechat, "weapp_audit_success")
    answer = release(meanwhile(wechat, "grayrelease", lambda: submitted_elsewhere(wechat, "3.0")), push)
    assert isinstance(answer, Skipped)


def test_what_a_person_released_after_ours_was_refused_is_theirs(wechat: Wechat) -> None:
    """WeChat was busy for us, and not for them."""
    decided(wechat, "approve")
    push = told(wechat, "weapp_audit_success")
    wechat.simulator.api.expect(Fault("release", times=3, errcode=-1))
    with pytest.raises(TryLater):
        release(wechat.context, push)
    online.release(wechat.world, wechat.world.apps[APP])
    answer = release(wechat.context, push)
    assert isinstance(answer, Done)
    assert isinstance(answer.outcome, Released)
    assert answer.outcome.already


def test_a_first_version_that_a_person_released_to_all_is_not_told_as_gray(make_wechat: Callable[..., Wechat]) -> None:
    """WeChat refuses a gray release of a first version; the person did what the dead letter says."""
    wechat = make_wechat(on_audit_success="gray:10")
    decided(wechat, "approve")
    push = told(wechat, "weapp_audit_success")
    with pytest.raises(Refused, match="85079"):
        release(wechat.context, push)
    online.release(wechat.world, wechat.world.apps[APP])
    answer = release(wechat.context, push)
    assert isinstance(answer, Done)
    assert isinstance(answer.outcome, Released)
    assert (answer.outcome.gray_percentage, answer.outcome.already) == (100, True)


def test_a_planned_template_is_not_committed_over_what_a_person_committed(make_wechat: Callable[..., Wechat]) -> None:
    """While WeChat checked it; people were told of a resubmission, so they are told that it is theirs to decide."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0, resubmit_template="newest")
    push = rejected_and_checked(wechat)
    committed_elsewhere(wechat, "9.9")
    with pytest.raises(NeedsHuman, match=r"version 9\.9 \(theirs\) was committed"):
        resubmit(wechat.context, push)
    assert wechat.called("commit") == 2


def test_a_lost_answer_is_looked_for_before_anything_is_submitted_again(wechat: Wechat) -> None:
    """WeChat was still at it when the next run looked, and had done it when that one's turn came."""
    with pytest.raises(Died):
        submit(meanwhile(wechat, "submit_audit", die), APP, Wish(commit("A")))
    wechat.now += 400
    found = submit(meanwhile(wechat, "get_page", lambda: submitted_elsewhere(wechat)), APP, Wish(commit("A")))
    assert found.already
    assert recorded(wechat, found.auditid).request
    assert submit(wechat.context, APP, Wish(commit("A"))).auditid == found.auditid


def test_a_resubmission_that_was_lost_is_looked_for_before_it_is_done_again(eager: Wechat) -> None:
    """It is ours, and the next round."""
    push = rejected(eager)
    with pytest.raises(Died):
        resubmit(meanwhile(eager, "submit_audit", die), push)
    eager.now += 400
    answer = resubmit(meanwhile(eager, "queryquota", lambda: submitted_elsewhere(eager)), push)
    assert isinstance(answer, Done)
    assert isinstance(answer.outcome, Resubmitted)
    assert (answer.outcome.round, eager.called("submit_audit")) == (2, 1)


def test_a_version_that_weaudit_is_about_to_submit_is_waited_for(make_wechat: Callable[..., Wechat]) -> None:
    """A second message of the same rejection, or a person's `weaudit submit` that waits for the privacy check."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0)
    push = rejected(wechat)
    wechat.world.limits.privacy_check = 60
    with pytest.raises(TryLater, match="61039"):
        submit(wechat.context, APP, Wish(commit("2.0")), sleep=None)
    with pytest.raises(TryLater, match="not submitted yet"):
        resubmit(wechat.context, push)
    wechat.now += 61
    submit(wechat.context, APP, Wish(commit("2.0")))
    assert isinstance(resubmit(wechat.context, push), Skipped)


def test_of_two_messages_of_one_rejection_the_second_waits(make_wechat: Callable[..., Wechat]) -> None:
    """While the first waits for the privacy check of a newer template; nobody is alarmed."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0, resubmit_template="newest")
    rejected_and_checked(wechat)
    second = told(wechat, "weapp_audit_fail", Reason=REASON, FailTime=int(wechat.now) - 1)
    assert isinstance(resubmit(wechat.context, second), Wait)
    wechat.now += 301
    assert isinstance(resubmit(wechat.context, second), Done), "the first one never went on, so the second does"
    assert wechat.called("commit") == 2
