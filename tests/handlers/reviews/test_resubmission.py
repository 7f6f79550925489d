import json
from collections.abc import Callable
from typing import Any

import pytest

from handlers.answers import Done, Wait
from handlers.reviews.driver import look_at
from handlers.reviews.react import release, resubmit
from service.events.from_weaudit import Resubmitted
from service.store.reviews import State
from tests.conftest import APP, Wechat
from tests.support.looking import did, look, state
from tests.support.samples import (
    committed_elsewhere,
    decided,
    messages,
    new_template,
    planned,
    rows,
    submitted_elsewhere,
    told,
)
from tests.support.transport import Died, die, meanwhile

REASON = "1:服务类目不符:<br>(1):请补充<br>"


@pytest.fixture
def eager(make_wechat: Callable[..., Wechat]) -> Wechat:
    """Give WeChat to a weaudit that submits every rejection again."""
    return make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay="0")


@pytest.mark.parametrize("reaction", [release, resubmit])
def test_five_pushes_of_one_verdict_are_one_reaction(eager: Wechat, reaction: Callable[..., Any]) -> None:
    """Whether repeated, reconciled or late."""
    event = "weapp_audit_success" if reaction is release else "weapp_audit_fail"
    decided(eager, "approve" if reaction is release else "reject", reason=REASON)
    pushes = [told(eager, event, Number=str(number)) for number in range(5)]
    for push in pushes:
        reaction(eager.context, push)
    assert did(eager)[2:] == ["release" if reaction is release else "submit_audit"]


def test_a_rejected_version_is_submitted_again_with_what_the_reviewers_should_read(eager: Wechat) -> None:
    """The same fields, and RESUBMIT_FEEDBACK; the next round is told with both reviews."""
    planned(eager, fields='{"privacy_api_not_use": true}')
    look(eager)
    eager.now += 5
    eager.world.apps[APP].decide("reject", REASON)
    resubmit(eager.context, told(eager, "weapp_audit_fail", Reason=REASON))
    newest, former = rows(eager)
    assert (newest.state, newest.round, former.state) == (State.IN_REVIEW, 2, State.REJECTED)
    request = json.loads(newest.request)
    assert (request["privacy_api_not_use"], request["feedback_info"]) == (True, "已按审核意见核对，请重新审核。")
    (message,) = messages(eager, "weaudit.resubmitted")
    assert isinstance(message.data, Resubmitted)
    assert (message.data.previous_auditid, message.data.auditid) == (former.auditid, newest.auditid)


def test_a_version_is_submitted_again_only_so_often(eager: Wechat) -> None:
    """RESUBMIT_LIMIT of 1: the second rejection is a person's."""
    decided(eager, "reject", reason=REASON)
    look(eager)
    eager.now += 5
    eager.world.apps[APP].decide("reject", REASON)
    answer = resubmit(eager.context, told(eager, "weapp_audit_fail", Reason=REASON))
    assert did(eager).count("submit_audit") == 2
    assert "RESUBMIT_LIMIT=1" in answer.note or "is rejected" in answer.note


def test_the_delay_of_a_resubmission_is_a_wait(make_wechat: Callable[..., Wechat]) -> None:
    """People may want to look first."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay="600")
    decided(wechat, "reject", reason=REASON)
    push = told(wechat, "weapp_audit_fail", Reason=REASON)
    answer = resubmit(wechat.context, push)
    assert isinstance(answer, Wait)
    assert answer.until == wechat.now + 600
    wechat.now += 600
    assert isinstance(resubmit(wechat.context, push), Done)


@pytest.mark.parametrize("endpoint", ["commit", "submit_audit"])
@pytest.mark.parametrize("after", [False, True])
def test_a_newer_template_is_committed_and_submitted_step_by_step(
    make_wechat: Callable[..., Wechat], endpoint: str, *, after: bool
) -> None:
    """RESUBMIT_TEMPLATE=newest: over its privacy check and a crash at either call, once each."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0, resubmit_template="newest")
    decided(wechat, "reject", reason=REASON)
    new_template(wechat)
    wechat.world.limits.privacy_check = 60
    wechat.now += 1
    dying = meanwhile(wechat, endpoint, die, after=after)
    if endpoint == "submit_audit":
        look_at(dying, APP)
        wechat.now += 61
    with pytest.raises(Died):
        look_at(dying, APP)
    wechat.now += 61
    for _ in range(3):
        look(wechat)
        wechat.now += 61
    newest = rows(wechat)[0]
    assert (newest.user_version, newest.round, newest.state) == ("2.0", 2, State.IN_REVIEW)
    assert did(wechat) == ["commit", "submit_audit"] * 2


def test_a_rejection_of_other_code_than_is_committed_needs_somebody(eager: Wechat) -> None:
    """People were told that it is submitted again, so they are told that it is not."""
    decided(eager, "reject", reason=REASON)
    committed_elsewhere(eager, "9.9")
    look(eager)
    assert (state(eager), did(eager)) == (State.CONFLICT, ["commit", "submit_audit"])


def test_what_weaudit_did_not_submit_it_does_not_submit_again(eager: Wechat) -> None:
    """It does not know the body."""
    submitted_elsewhere(eager, "9.9")
    eager.world.apps[APP].decide("reject", REASON)
    eager.now += 1
    answer = resubmit(eager.context, told(eager, "weapp_audit_fail", Reason=REASON))
    assert did(eager) == []
    assert isinstance(answer, Done)
