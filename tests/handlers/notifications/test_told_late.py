from collections.abc import Callable

import pytest

from handlers.answers import Done, Wait
from handlers.notifications.notify import LOOKS, UNCLEAR, notify
from handlers.reviews.driver import look_at
from handlers.reviews.react import release, resubmit
from handlers.reviews.reconcile import reconcile
from service.events.message import Message
from service.simulator.mini_program import WITHDRAWN
from service.store.attempts import AttemptState
from service.store.tables import attempts
from tests.conftest import APP, Wechat
from tests.support.chat import Chat
from tests.support.samples import decided, messages, submitted, submitted_elsewhere, told

AGAIN = Done("told together with others, or when WeChat was asked for it")


def asked_for(wechat: Wechat) -> None:
    """Let WeChat be asked for a verdict, and people be told of it."""
    wechat.now += 7_201
    wechat.give_ticket()
    reconcile(wechat.context)
    message = messages(wechat, "wechat.weapp_audit_fail")[-1]
    assert message.data.origin == "reconcile"
    assert isinstance(notify(wechat.context, message), Done)


def rejection(wechat: Wechat, reason: str = "1:x:<br>", at: float = 0.0) -> object:
    """Let a rejection be pushed, WeChat be asked, and people be told of it; gives what came of that."""
    push = told(wechat, "weapp_audit_fail", Reason=reason, CreateTime=int(at or wechat.now))
    settled(wechat, push)
    return notify(wechat.context, push)


@pytest.mark.parametrize("seconds", [0, 90, 86_400])
def test_a_late_push_of_a_verdict_that_was_asked_for_tells_nobody_again(
    make_wechat: Callable[..., Wechat], chat: Chat, seconds: int
) -> None:
    """Whenever it comes: while nothing is new, and when a newer review is under way; it bears the verdict's time."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a")
    decided(wechat, "reject", reason="1:x:<br>")
    at = wechat.now
    asked_for(wechat)
    assert len(chat.told) == 1
    wechat.now += seconds
    wechat.give_ticket()
    assert rejection(wechat, at=at) == AGAIN
    submitted(wechat, "2.0")
    assert rejection(wechat, at=at + 1) == AGAIN
    assert len(chat.told) == 1


def test_an_answer_after_a_push_tells_nobody_again(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """Also if it was not known which review the push spoke of, because WeChat could not be asked."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a")
    decided(wechat, "reject", reason="1:x:<br>")
    push = told(wechat, "weapp_audit_fail", Reason="1:x:<br>")
    assert isinstance(notify(wechat.context, push), Wait)
    wechat.now += UNCLEAR
    assert isinstance(notify(wechat.context, push), Done)
    assert len(chat.told) == 1
    wechat.now += 7_201
    reconcile(wechat.context)
    assert messages(wechat, "wechat.weapp_audit_fail") == [push]
    assert len(chat.told) == 1


def test_the_next_rejection_is_told_again(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """Of the same version, with the same reason; by weaudit's submission or somebody else's."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a")
    decided(wechat, "reject", reason="1:x:<br>")
    asked_for(wechat)
    submit: Callable[[Wechat], int]
    for submit in (submitted, submitted_elsewhere):
        wechat.now += 60
        submit(wechat)
        wechat.now += 1
        wechat.world.apps[APP].decide("reject", "1:x:<br>")
        before = len(chat.told)
        push = told(wechat, "weapp_audit_fail", Reason="1:x:<br>")
        resubmit(wechat.context, push)
        assert isinstance(notify(wechat.context, push), Done)
        assert len(chat.told) == before + 1


def test_a_rejection_whose_successor_was_withdrawn_needs_somebody(
    make_wechat: Callable[..., Wechat], chat: Chat
) -> None:
    """No verdict comes any more, so people are told to act."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a")
    decided(wechat, "reject", reason="1:x:<br>")
    push = told(wechat, "weapp_audit_fail", Reason="1:x:<br>")
    look_at(wechat.context, APP)
    wechat.now += 5
    submitted(wechat, "2.0")
    wechat.world.apps[APP].audits[-1].status = WITHDRAWN
    wechat.now += 7_201
    reconcile(wechat.context)
    notify(wechat.context, push)
    (heard,) = chat.told
    assert "请修改后重新提交" in heard["message"]


def test_a_rejection_that_a_newer_review_follows_asks_nobody_to_act(
    make_wechat: Callable[..., Wechat], chat: Chat
) -> None:
    """Told late, when the next version is under way."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a")
    decided(wechat, "reject", reason="1:x:<br>")
    look_at(wechat.context, APP)
    (message,) = messages(wechat, "wechat.weapp_audit_fail")
    decided(wechat, "approve", "2.0")
    notify(wechat.context, message)
    (heard,) = chat.told
    assert "此后已有新的提交" in heard["message"]
    assert "1.0" in heard["title"]


def test_what_waits_for_a_person_says_what_to_type(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """Version, review and command."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a", on_audit_success="hold")
    auditid = decided(wechat, "approve")
    push = told(wechat, "weapp_audit_success")
    look_at(wechat.context, APP)
    notify(wechat.context, push)
    (heard,) = chat.told
    assert heard["title"].endswith("1.0")
    assert str(auditid) in heard["message"]
    assert f"weaudit release {APP}" in heard["message"]


def submitted_by_hand(wechat: Wechat) -> int:
    """Let somebody else submit a version."""
    return submitted_elsewhere(wechat, "9.9")


@pytest.mark.parametrize("submit", [submitted, submitted_by_hand])
def test_the_next_verdict_is_told_also_if_people_are_told_before_wechat_is_asked(
    make_wechat: Callable[..., Wechat], chat: Chat, submit: Callable[[Wechat], int]
) -> None:
    """It waits until it is known which review it is of, and is not taken for the one before."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a", on_audit_success="hold")
    decided(wechat, "approve", "1.0")
    push = told(wechat, "weapp_audit_success")
    release(wechat.context, push)
    settled(wechat, push)
    assert isinstance(notify(wechat.context, push), Done)
    wechat.now += 3_600
    wechat.give_ticket()
    submit(wechat)
    wechat.now += 1
    wechat.world.apps[APP].decide("approve")
    push = told(wechat, "weapp_audit_success")
    assert isinstance(notify(wechat.context, push), Wait)
    release(wechat.context, push)
    settled(wechat, push)
    assert isinstance(notify(wechat.context, push), Done)
    assert len(chat.told) == 2


def settled(wechat: Wechat, push: Message) -> None:
    """Let the reactions to a push that look at WeChat be done."""
    with wechat.engine.begin() as connection:
        mine = (attempts.c.push_id == push.id) & (attempts.c.queue.in_(LOOKS))
        connection.execute(attempts.update().where(mine).values(state=AttemptState.DONE.value))
