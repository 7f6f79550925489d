from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.notifications.texts import compose, that_fit
from handlers.notifications.wording import CUT, About, Text, shortened
from service.events.from_weaudit import (
    Blocked,
    GaveUp,
    InConflict,
    PutOff,
    Released,
    Resubmitted,
    RollingOut,
    TakenBack,
    TicketsStopped,
    Unblocked,
)
from service.events.from_wechat import AuditDelay, AuditFail, AuditSuccess, Data, Unauthorized

HOLD = About(app="一杯茶 (wx1)", version="1.0", releases=False, resubmits=False, appid="wx1", auditid=7)
AUTO = HOLD._replace(releases=True, resubmits=True)
FAIL = AuditFail.model_validate({"reason": "1:账号不符:<br>(1):含广告<br>(2):无简介<br>请修改后提交"})
POINTS = "1. 账号不符\n   - 含广告\n   - 无简介\n请修改后提交"
PUT_OFF = PutOff(push_id="", queue="weaudit.resubmit", until=1_796_054_400, reason="3 left, 3 kept")
BLOCKED = Blocked(
    cause="permission:wx1:18",
    what="permission set 18 is missing",
    what_chinese="缺少权限集 18",
    since=1,
    holds_up=3,
    mini_programs=1,
    reason="release: x (WeChat: 61007 y)",
    act="Tick it",
    act_chinese="请勾选",
)
OVER = Unblocked(
    cause="ip_whitelist", what="not on the list", what_chinese="不在白名单", since=1, goes_on=1, by="a try"
)

WHOSE = "一杯茶 (wx1): "

TEXTS: list[tuple[Data, About, Any, str, str | None]] = [
    (AuditSuccess(), HOLD, "zh", "审核通过：一杯茶 (wx1) 1.0", "发布请执行：weaudit release wx1"),
    (
        AuditSuccess(),
        HOLD,
        "en",
        "Approved: 一杯茶 (wx1) 1.0",
        "Review 7: ON_AUDIT_SUCCESS=hold. To release it, type: weaudit release wx1",
    ),
    (AuditSuccess(), AUTO, "zh", "", None),
    (AuditSuccess(), AUTO, "en", "", None),
    (FAIL, HOLD, "zh", "审核未通过：一杯茶 (wx1) 1.0", f"{POINTS}\n不会自动重新提交，请修改后重新提交。"),
    (FAIL, AUTO, "zh", "审核未通过：一杯茶 (wx1) 1.0", f"{POINTS}\n将自动重新提交，无需操作。"),
    (FAIL, HOLD, "en", "Rejected: 一杯茶 (wx1) 1.0", "please mend it and submit"),
    (FAIL, AUTO, "en", "Rejected: 一杯茶 (wx1) 1.0", "submits it again; nothing to do"),
    (
        BLOCKED,
        HOLD,
        "zh",
        "需要人工处理：一杯茶 (wx1): 缺少权限集 18",
        "1 个小程序的 3 项任务正在等待。",
    ),
    (BLOCKED, HOLD, "en", "Needs you: 一杯茶 (wx1): permission set 18 is missing", "weaudit unblock permission:wx1:18"),
    (
        BLOCKED,
        HOLD,
        "en",
        "Needs you: 一杯茶 (wx1): permission set 18 is missing",
        "3 reactions of 1 mini program wait",
    ),
    (
        BLOCKED.model_copy(update={"reminder": True}),
        HOLD._replace(waits_until="2026-11-26 00:00"),
        "zh",
        f"仍需要人工处理：{WHOSE}缺少权限集 18",
        "额度将在 2026-11-26 00:00 重置",
    ),
    (OVER, HOLD, "zh", "已恢复：不在白名单", "1 项等待的任务已自动继续，无需操作。"),
    (OVER, HOLD, "en", "Over: not on the list", "1 reaction that waited go on; nothing to do."),
    (AuditDelay(reason="排队"), HOLD, "zh", "审核延迟：一杯茶 (wx1) 1.0", "排队"),
    (AuditDelay(reason="排队"), HOLD, "en", "Review delayed: 一杯茶 (wx1) 1.0", "排队"),
    (
        Released(push_id="", auditid=7, user_version="2"),
        AUTO,
        "zh",
        "已发布：一杯茶 (wx1) 2",
        "审核 7 通过，已全量发布。",
    ),
    (Released(already=True), AUTO, "zh", "已发布", "并非由 weaudit 发布"),
    (Released(auditid=7, already=True), AUTO, "en", "Released", "Review 7 passed; for all users (not by weaudit)."),
    (RollingOut(auditid=7, gray_percentage=5), AUTO, "zh", "灰度发布中", "灰度 5%。"),
    (RollingOut(auditid=7, gray_percentage=5), AUTO, "en", "Rolling out", "for 5% of users"),
    (TakenBack(), AUTO, "zh", "已回退", "已恢复为之前的线上版本"),
    (TakenBack(), AUTO, "en", "Taken back", "the version before again"),
    (InConflict(reason="see", chinese="请查看"), AUTO, "zh", "需要人工处理", "请查看"),
    (InConflict(reason="see", chinese="请查看"), AUTO, "en", "Needs you", "see"),
    (Resubmitted(push_id="", auditid=8, previous_auditid=7, round=2), AUTO, "zh", "已重新提交", "第 2 次"),
    (Resubmitted(push_id="", auditid=8, previous_auditid=7, round=2), AUTO, "en", "Submitted again", "as 8 (round 2)"),
    (AuditSuccess(), AUTO._replace(waits_until="2026-11-23 10:00"), "zh", "审核通过", "将在 2026-11-23 10:00 自动发布"),
    (AuditSuccess(), AUTO._replace(waits_until="2026-11-23 10:00"), "en", "Approved", "Released at 2026-11-23 10:00"),
    (TicketsStopped(), AUTO, "zh", "微信 ticket 推送中断", "已请求微信重新推送"),
    (TicketsStopped(problem="ip"), AUTO, "zh", "微信 ticket 推送中断", "失败：ip"),
    (TicketsStopped(), AUTO, "en", "Verify tickets stopped", "was asked to push them again"),
    (TicketsStopped(problem="ip"), AUTO, "en", "Verify tickets stopped", "refused to push them again: ip"),
    (
        GaveUp(push_id="", queue="weaudit.release", tries=3, reason="ip"),
        AUTO,
        "zh",
        "需要人工处理",
        "3 次后放弃。\n原因：ip",
    ),
    (
        GaveUp(push_id="7f", queue="weaudit.release", tries=1, reason="ip", errcode=61004, chinese="出口 IP 未设置"),
        AUTO,
        "zh",
        "需要人工处理",
        "原因：出口 IP 未设置（微信返回 61004）\n详情：ip",
    ),
    (GaveUp(push_id="", queue="x", tries=1, reason="ip", chinese="地址"), AUTO, "zh", "需要", "原因：地址\n详情：ip"),
    (GaveUp(push_id="7f", queue="x", tries=1, reason="ip"), AUTO, "zh", "需要人工处理", "weaudit revive 7f"),
    (GaveUp(push_id="", queue="weaudit.release", tries=3, reason="ip"), AUTO, "en", "Needs you", "after 3 tries: ip"),
    (
        PUT_OFF,
        AUTO._replace(waits_until="2026-12-01 00:00"),
        "zh",
        "推迟处理：一杯茶",
        "将在 2026-12-01 00:00 自动继续",
    ),
    (PUT_OFF, AUTO._replace(waits_until="2026-12-01 00:00"), "en", "Put off: 一杯茶", "by itself at 2026-12-01 00:00"),
    (PUT_OFF, AUTO, "zh", "推迟处理", "3 left, 3 kept"),
    (Unauthorized(authorizer_appid="wx1"), AUTO, "zh", "商户取消授权：一杯茶 (wx1)", "weaudit authorize-url"),
    (Unauthorized(authorizer_appid="wx1"), AUTO, "en", "Authorization taken back: 一杯茶 (wx1)", "authorize-url"),
]


@pytest.mark.parametrize(("data", "about", "language", "title", "body"), TEXTS)
def test_people_are_told(data: Data, about: About, language: Any, title: str, body: str | None) -> None:
    """Which mini program, which version, the verdict, why, and what happens now; or nothing, if that is enough."""
    text = compose(data, about, language)
    if body is None:
        assert text is None
        return
    assert isinstance(text, Text)
    assert text.title.startswith(title)
    assert body in text.body


def test_a_version_that_is_not_known_is_left_out() -> None:
    """No empty brackets, no trailing space."""
    text = compose(FAIL, HOLD._replace(version=""), "zh")
    assert text
    assert text.title == "审核未通过：一杯茶 (wx1)"


def test_one_message_holds_what_fits_and_at_least_one() -> None:
    """The rest comes with the next; what is too long alone is not kept back."""
    texts = [Text("title", "x" * 50) for _ in range(5)]
    assert len(that_fit(texts, 130)) == 2
    assert len(that_fit(texts, 10)) == 1
    assert that_fit([], 10) == []


@given(st.text(), st.integers(20, 200))
def test_a_body_that_is_too_long_is_cut_and_says_so(body: str, longest: int) -> None:
    """What fits stays as it is."""
    cut = shortened(body, longest)
    assert len(cut) <= longest
    assert (cut == body) == (len(body) <= longest)
    assert cut == body or CUT in cut


def test_what_people_must_do_is_never_cut_off() -> None:
    """A rejection of 1,300 characters for a group bot that takes 2,048 bytes."""
    text = compose(AuditFail.model_validate({"reason": "1:标题:<br>" + "(1):页面无具体运营内容<br>" * 100}), HOLD, "zh")
    assert text
    cut = shortened(text.body, 2048 // 3)
    assert cut.startswith("1. 标题\n   - 页面无具体运营内容")
    assert cut.endswith("\n不会自动重新提交，请修改后重新提交。")
