from collections.abc import Callable

import pytest

from handlers.notifications.levels import LEVELS, Level, level_of, targets
from handlers.notifications.notify import Target, notify
from handlers.notifications.texts import WRITERS, compose
from handlers.notifications.wording import About
from service.events.from_weaudit import Blocked
from service.events.from_wechat import AuditFail, AuditSuccess
from tests.conftest import APP, Wechat, outbound
from tests.handlers.notifications.test_notify import long_ago
from tests.support.chat import Chat

RELEASES = About("一杯茶", "1.0", releases=True, resubmits=True)
HOLDS = About("一杯茶", "1.0", releases=False, resubmits=False)


def blocked(cause: str, reason: str = "x") -> Blocked:
    """Give word of a cause."""
    told = {"cause": cause, "what": "x", "since": 1, "holds_up": 1, "mini_programs": 1, "reason": reason}
    return Blocked.model_validate({**told, "act": "Add it", "act_chinese": "加"})


def test_whatever_people_are_told_has_a_level() -> None:
    """And nothing else has."""
    assert set(LEVELS) == set(WRITERS)


@pytest.mark.parametrize(
    ("data", "about", "level"),
    [
        (AuditSuccess(), RELEASES, Level.INFO),
        (AuditSuccess(), HOLDS, Level.ACTION),
        (AuditFail(reason="x"), RELEASES, Level.INFO),
        (AuditFail(reason="x"), HOLDS, Level.ACTION),
        (Blocked(cause="ip_whitelist", what="x", since=1, holds_up=1, mini_programs=1, reason="x"), HOLDS, Level.ALARM),
        (
            Blocked(cause=f"plugin:{APP}", what="x", since=1, holds_up=1, mini_programs=1, reason="x"),
            HOLDS,
            Level.ACTION,
        ),
    ],
)
def test_how_much_people_are_concerned(data: AuditSuccess | AuditFail | Blocked, about: About, level: Level) -> None:
    """What goes on by itself is for information; what is of the platform is an alarm."""
    assert level_of(data, about) is level


def test_who_is_told_of_what() -> None:
    """NOTIFY_URLS of all; the others of what is at least as grave."""
    settings = outbound(notify_urls="json://a", notify_urls_action="json://b", notify_urls_alarm="json://c")
    assert [list(targets(settings, level).values()) for level in Level] == [
        ["json://a"],
        ["json://a", "json://b"],
        ["json://a", "json://b", "json://c"],
    ]


def test_a_room_for_what_needs_a_person_hears_nothing_else(make_wechat: Callable[..., Wechat], chat: Chat) -> None:
    """A rejection that a person must mend is told there, a delay is not."""
    wechat = make_wechat(notify_urls=f"{chat.url}/all", notify_urls_action=f"{chat.url}/action")
    notify(wechat.context, long_ago(wechat, "weapp_audit_delay", Reason="busy", DelayTime=1))
    notify(wechat.context, long_ago(wechat, "weapp_audit_fail", Reason="1:x<br>", FailTime=1))
    rooms = [heard["room"] for heard in chat.told]
    assert (rooms.count("all"), rooms.count("action")) == (2, 1)


def test_what_to_do_fits_into_a_group_bot_with_its_title() -> None:
    """A rejection of 1,300 characters to a bot that takes 2,048 bytes ends in what people must do."""
    reason = "1:内容不符合规则:<br>" + "(1):门店页没有实际内容，请补充正式商品后再提交审核，不要提交测试数据。<br>" * 40
    text = compose(AuditFail.model_validate({"reason": reason}), HOLDS, "zh")
    assert text
    fitted = Target("wecombot://botkey").fitted(text)
    assert len(f"{text.title}\n{fitted}".encode()) <= 2048
    assert "已截断" in fitted
    assert fitted.endswith("不会自动重新提交，请修改后重新提交。")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_to_do_about_a_cause_is_not_cut_either(language: str) -> None:
    """WeChat's words are."""
    blocked = Blocked(
        cause="ip_whitelist",
        what="x",
        since=1,
        holds_up=1,
        mini_programs=1,
        reason="x" * 9000,
        act="Add it",
        act_chinese="加",
    )
    text = compose(blocked, HOLDS, "zh" if language == "zh" else "en")
    assert text
    fitted = Target("wecombot://botkey").fitted(text)
    assert fitted.endswith("weaudit unblock ip_whitelist")
    assert {"zh": "处理方法：加", "en": "What to do: Add it"}[language] in fitted
