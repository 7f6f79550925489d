from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from handlers.answers import Done, Skipped, Wait
from handlers.notifications.notify import UNCLEAR, check_urls, notify
from handlers.reviews.driver import look_at
from handlers.wechat.errors import TryLater
from service.events.from_weaudit import GaveUp
from service.events.message import Message, build
from service.simulator.mini_program import Kept
from service.store import mini_programs
from service.store.mini_programs import MiniProgram
from service.store.tables import attempts, pushes
from service.wrong_settings import SettingsError
from tests.conftest import APP, COMPONENT, Wechat, outbound
from tests.support.chat import Chat
from tests.support.samples import decided, told
from tests.support.servers import free_port


def long_ago(wechat: Wechat, event: str, appid: str = APP, **fields: Any) -> Message:
    """Let a push be kept so long ago that it is not waited any more until it is known which review it is of."""
    message = told(wechat, event, appid, **fields)
    with wechat.engine.begin() as connection:
        came = pushes.c.received_at - UNCLEAR
        connection.execute(pushes.update().where(pushes.c.id == message.id).values(received_at=came))
    return message


NOBODY = f"json://127.0.0.1:{free_port()}/"


def test_every_target_is_told_which_mini_program_and_why(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """The nickname and version are in the title, the reasons in the body, for each of the URLs."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a {chat.url}/b")
    with wechat.engine.begin() as connection:
        app = MiniProgram(APP, authorized=True, nickname="一杯茶", user_name="", principal_name="", changed_at=1.0)
        mini_programs.keep(connection, app)
    decided(wechat, "reject", "3.1")
    push = told(wechat, "weapp_audit_fail", Reason="1:不符:<br>(1):含广告<br>")
    look_at(wechat.context, APP)
    answer = notify(wechat.context, push)
    assert answer == Done("told json://127.0.0.1, json://127.0.0.1")
    assert [heard["title"] for heard in chat.told] == [f"审核未通过：一杯茶 ({APP}) 3.1"] * 2
    assert "   - 含广告" in chat.told[0]["message"]


def test_one_target_that_fails_neither_silences_nor_repeats_the_others(
    make_wechat: Callable[..., Wechat], chat: Chat
) -> None:
    """Who can be told is told, once; who could not is told later."""
    chat.deaf.add("b")
    wechat = make_wechat(notify_urls=f"{chat.url}/b {chat.url}/a")
    push = long_ago(wechat, "weapp_audit_fail", Reason="x")
    for _ in range(2):
        with pytest.raises(TryLater, match=r"tried again: json://127\.0\.0\.1"):
            notify(wechat.context, push)
    assert [heard["room"] for heard in chat.told] == ["a"]
    chat.deaf.clear()
    assert isinstance(notify(wechat.context, push), Done)
    assert [heard["room"] for heard in chat.told] == ["a", "b"]
    assert isinstance(notify(wechat.context, push), Done), "a repetition tells nobody again"
    assert len(chat.told) == 2


def test_a_burst_is_told_in_one_message(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """The first at once, what comes within the minute together, and then each reaction is done."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a", notify_gather=60)
    first = long_ago(wechat, "weapp_audit_fail", Reason="1:first:<br>")
    assert isinstance(notify(wechat.context, first), Done)
    with wechat.engine.begin() as connection:
        connection.execute(attempts.update().values(state="done"))
    burst = [
        long_ago(wechat, "weapp_audit_fail", f"wx{number}", Reason=f"1:reason {number}:<br>") for number in range(3)
    ]
    for push in burst:
        assert notify(wechat.context, push) == Wait(
            wechat.now + 60, "people were just told something; told together with what comes meanwhile"
        )
    assert len(chat.told) == 1
    wechat.now += 60
    assert notify(wechat.context, burst[1]) == Done("told json://127.0.0.1, with 2 more")
    assert chat.told[-1]["title"] == "3 条审核动态"
    assert all(f"reason {number}" in chat.told[-1]["message"] for number in range(3))
    for push in (burst[0], burst[2]):
        assert notify(wechat.context, push) == Done("told together with others, or when WeChat was asked for it")
    assert len(chat.told) == 2


def test_screenshots_of_a_rejection_are_attached(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """Those that WeChat gives; it does not give all."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a")
    wechat.world.apps[APP].media["SHOT"] = Kept("screenshot")
    notify(wechat.context, long_ago(wechat, "weapp_audit_fail", Reason="x", ScreenShot="GONE|SHOT"))
    assert "attachments" not in chat.told[0] or not chat.told[0]["attachments"], "the text comes first, and counts"
    (picture,) = chat.told[1]["attachments"]
    assert picture["filename"] == f"2-{APP}.png"
    assert b64decode(picture["base64"]).startswith(b"\x89PNG")


def test_pictures_are_shown_once_and_with_their_own_rejection(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """Also while another target cannot be told, and other news come."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a {chat.url}/deaf", notify_gather="60")
    chat.deaf.add("deaf")
    wechat.world.apps[APP].media["SHOT"] = Kept("screenshot")
    for reason, shots in (("x", "SHOT"), ("y", "")):
        with pytest.raises(TryLater):
            notify(wechat.context, long_ago(wechat, "weapp_audit_fail", Reason=reason, ScreenShot=shots))
        wechat.now += 61
    assert [bool(each.get("attachments")) for each in chat.told] == [False, True, False]


def test_what_one_target_cannot_be_told_counts_as_tried_while_others_are_told(
    make_wechat: Callable[..., Wechat], chat: Chat
) -> None:
    """Its message says which, and is given up in the end, however much there is to tell."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a {chat.url}/deaf", notify_gather="60")
    chat.deaf.add("deaf")
    push = long_ago(wechat, "weapp_audit_fail", Reason="x")
    for _ in range(2):
        with pytest.raises(TryLater, match=r"tried again: json://127\.0\.0\.1"):
            notify(wechat.context, push)


@pytest.mark.parametrize(
    ("reason", "says"), [("1:类目:<br>", "将自动重新提交"), ("1:类目:<br>2:页面空白:<br>", "不会自动重新提交")]
)
def test_a_rejection_says_whether_it_is_submitted_again(
    make_wechat: Callable[..., Wechat], chat: Chat, reason: str, says: str
) -> None:
    """By what policy will decide, so that somebody acts where weaudit does not."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a", on_audit_fail="resubmit", resubmit_reasons="类目")
    decided(wechat, "reject", reason=reason)
    push = told(wechat, "weapp_audit_fail", Reason=reason)
    look_at(wechat.context, APP)
    notify(wechat.context, push)
    assert says in chat.told[0]["message"]


def test_when_nobody_could_be_told_it_is_tried_again(make_wechat: Callable[..., Wechat]) -> None:
    """A chat that is away is asked later."""
    wechat = make_wechat(notify_urls=NOBODY)
    with pytest.raises(TryLater, match="not told, and tried again"):
        notify(wechat.context, long_ago(wechat, "weapp_audit_fail", Reason="x"))


def test_nobody_to_tell_and_nothing_to_tell_are_skipped(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """Without NOTIFY_URLS, or when the release will be told, nothing is sent."""
    fail = told(make_wechat(), "weapp_audit_fail", Reason="x")
    assert notify(make_wechat().context, fail) == Skipped("NOTIFY_URLS is not set")
    wechat = make_wechat(notify_urls=f"{chat.url}/a")
    assert isinstance(notify(wechat.context, long_ago(wechat, "weapp_audit_success")), Skipped)
    assert chat.told == []


def gave_up(queue: str) -> Message:
    """Give the message that a reaction was given up."""
    data = GaveUp(push_id="x", queue=queue, tries=1, reason="ip")
    return build("weaudit.gave_up", APP, data, id="0" * 32, component_appid=COMPONENT, at=1.0)


def test_a_notification_that_failed_is_not_notified(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """Other reactions that were given up are; the circle ends here."""
    wechat = make_wechat(notify_urls=f"{chat.url}/a", notify_language="en")
    assert isinstance(notify(wechat.context, gave_up("weaudit.notify")), Skipped)
    assert isinstance(notify(wechat.context, gave_up("weaudit.release")), Done)
    assert chat.told[0]["title"] == f"Needs you: {APP}"


def test_urls_that_are_none_are_named_by_their_place() -> None:
    """Ops learn which to mend, and no secret is repeated."""
    with pytest.raises(SettingsError, match="number 1, 3 of 3") as error:
        check_urls(outbound(notify_urls="hush://a json://localhost what"))
    assert "hush" not in str(error.value)
    check_urls(outbound(notify_urls="json://localhost wecombot://key"))


def test_a_note_names_no_secret(make_wechat: Callable[..., Wechat]) -> None:
    """Of a URL only scheme and host are shown; a host without a dot may be a key."""
    wechat = make_wechat(notify_urls=f"{NOBODY}hush?token=hush")
    with pytest.raises(TryLater) as error:
        notify(wechat.context, long_ago(wechat, "weapp_audit_fail", Reason="x"))
    assert "hush" not in str(error.value)
