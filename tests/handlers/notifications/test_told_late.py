from collections.abc import Callable

import pytest

from handlers.context import Done, Skipped
from handlers.notifications.notify import notify
from handlers.reviews.reconcile import reconcile
from service.simulator.mini_program import WITHDRAWN
from tests.conftest import APP, Wechat
from tests.handlers.reviews.test_reconcile import found
from tests.support.chat import Chat
from tests.support.samples import decided, submitted, submitted_elsewhere, told


def test_a_late_push_of_a_verdict_that_was_asked_for_tells_nobody_again(
    make_wechat: Callable[..., Wechat], chat: Chat
) -> None:
    """People heard of it when WeChat was asked; the next verdict is told again."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a")
    decided(wechat, "reject", reason="1:x:<br>")
    wechat.now += 7201
    reconcile(wechat.context)
    late = told(wechat, "weapp_audit_fail", Reason="1:x:<br>")
    answer = notify(wechat.context, late)
    assert answer == Skipped("people were told of this verdict when WeChat was asked for it")
    wechat.now += 3600
    decided(wechat, "reject", "1.1", "1:y:<br>")
    assert notify(wechat.context, late) == answer, "though a newer review is known by now"
    wechat.now += 60
    assert isinstance(notify(wechat.context, told(wechat, "weapp_audit_fail", Reason="1:y:<br>")), Done)


def test_a_verdict_on_a_review_that_we_do_not_know_of_is_told(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """The one before was asked for and told; this one was submitted by somebody else."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a")
    decided(wechat, "reject", reason="1:x:<br>")
    wechat.now += 7201
    reconcile(wechat.context)
    wechat.now += 3600
    app = wechat.world.apps[APP]
    submitted_elsewhere(wechat)
    app.decide("reject", "1:y:<br>")
    wechat.now += 1
    assert isinstance(notify(wechat.context, told(wechat, "weapp_audit_fail", Reason="1:y:<br>")), Done)


@pytest.mark.parametrize("seconds", [0, 90, 86_400])
def test_a_push_that_wechat_sends_late_tells_nobody_again(
    make_wechat: Callable[..., Wechat], chat: Chat, seconds: int
) -> None:
    """Whenever it was sent: neither while nothing is new, nor after the rejected version was submitted again."""
    wechat = make_wechat(
        notify_urls=f"{chat.url}/a", on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay="0"
    )
    decided(wechat, "reject", reason="1:x:<br>")
    wechat.now += 7201
    reconcile(wechat.context)
    wechat.now += seconds
    wechat.give_ticket()
    late = told(wechat, "weapp_audit_fail", Reason="1:x:<br>")
    assert isinstance(notify(wechat.context, late), Skipped)
    submitted(wechat)
    wechat.now += seconds + 1
    wechat.give_ticket()
    later = told(wechat, "weapp_audit_fail", Reason="1:x:<br>")
    assert isinstance(notify(wechat.context, later), Skipped)
    assert chat.told == []
    wechat.world.apps[APP].decide("reject", "1:z:<br>")
    wechat.now += 1
    assert isinstance(notify(wechat.context, told(wechat, "weapp_audit_fail", Reason="1:z:<br>")), Done)


def test_a_rejection_between_two_others_is_told_however_late(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """The one before was asked for; this one somebody else submitted; its push waits until the next is under way."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a")
    decided(wechat, "reject", reason="1:x:<br>")
    wechat.now += 7201
    reconcile(wechat.context)
    submitted_elsewhere(wechat, "2.0")
    wechat.world.apps[APP].decide("reject", "1:y:<br>")
    wechat.now += 100
    push = told(wechat, "weapp_audit_fail", Reason="1:y:<br>")
    submitted_elsewhere(wechat, "3.0")
    assert isinstance(notify(wechat.context, push), Done)


def test_a_rejection_whose_successor_was_withdrawn_needs_somebody(
    make_wechat: Callable[..., Wechat], chat: Chat
) -> None:
    """No verdict comes any more, so people are told to act."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a")
    decided(wechat, "reject", reason="1:x:<br>")
    push = told(wechat, "weapp_audit_fail", Reason="1:x:<br>")
    wechat.now += 5
    submitted(wechat, "2.0")
    wechat.world.apps[APP].audits[-1].status = WITHDRAWN
    wechat.now += 7201
    reconcile(wechat.context)
    notify(wechat.context, push)
    assert "请修改后重新提交" in chat.told[0]["message"]


def test_a_rejection_that_a_newer_review_follows_asks_nobody_to_act(
    make_wechat: Callable[..., Wechat], chat: Chat
) -> None:
    """Told late, when the next version is under way, or the rejected one was submitted again."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a", on_audit_fail="resubmit", resubmit_reasons=".")
    decided(wechat, "reject", reason="1:x:<br>")
    old = told(wechat, "weapp_audit_fail", Reason="1:x:<br>")
    wechat.now += 7201
    reconcile(wechat.context)
    (asked,) = [message for message in found(wechat) if message.data.origin == "reconcile"]
    decided(wechat, "approve", "2.0")
    for message in (old, asked):
        notify(wechat.context, message)
    assert all("此后已有新的提交" in each["message"] and "1.0" in each["title"] for each in chat.told)
