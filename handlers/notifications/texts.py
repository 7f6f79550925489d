"""What people are told, in Chinese or English: pure functions from a message to a title and a body."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from handlers.notifications import cause_texts
from handlers.notifications.wording import About, Text
from service.events.from_weaudit import (
    GaveUp,
    InConflict,
    PutOff,
    Released,
    Resubmitted,
    RollingOut,
    TakenBack,
    TicketsStopped,
)
from service.events.from_wechat import AuditDelay, AuditFail, AuditSuccess, Data, Unauthorized
from service.language import Language


def compose(data: Data, about: About, language: Language) -> Text | None:
    """Compose the text for a message's data; None if there is nothing that people need to be told."""
    for kind, writers in WRITERS.items():
        if isinstance(data, kind):
            return writers[language](data, about)
    return None


def that_fit(texts: Sequence[Text], longest: int) -> Sequence[Text]:
    """Return as many of the first texts as fit into one message of so many characters; at least one."""
    taken: list[Text] = []
    length = 0
    for text in texts:
        length += len(text.title) + len(text.body) + 3
        if taken and length > longest:
            break
        taken.append(text)
    return taken


def gather(texts: Sequence[Text], language: Language) -> Text:
    """Make one text of several."""
    if len(texts) == 1:
        return texts[0]
    title = f"{len(texts)} 条审核动态" if language == "zh" else f"{len(texts)} news of reviews"
    return Text(title, "\n\n".join(f"{text.title}\n{text.body}" for text in texts), texts[-1].stays)


def _points(data: AuditFail) -> str:
    """List the reasons of a rejection; what could not be taken apart is told as it came."""
    lines = [
        line
        for number, reason in enumerate(data.reasons, 1)
        for line in (f"{number}. {reason.title}", *(f"   - {detail}" for detail in reason.details))
    ]
    return "\n".join([*lines, *data.unparsed])


SUPERSEDED: Mapping[Language, str] = MappingProxyType(
    {
        "zh": "此后已有新的提交，以新的审核结果为准，无需操作。",
        "en": "Another review was submitted since; its verdict counts, nothing to do.",
    }
)


def _version(about: About) -> str:
    return f" {about.version}" if about.version else ""


def _approved_zh(_: AuditSuccess, about: About) -> Text | None:
    title = f"审核通过：{about.app}{_version(about)}"
    if about.superseded:
        return None if about.releases else Text(title, SUPERSEDED["zh"])
    if about.waits_until:
        return Text(title, f"将在 {about.waits_until} 自动发布（RELEASE_WINDOW），无需操作。")
    if about.releases:
        return None
    if about.paused:
        return Text(title, f"已由人工暂停，尚未发布。恢复：weaudit resume；仅发布此版本：weaudit release {about.appid}")
    review = f"审核 {about.auditid} " if about.auditid else ""
    return Text(
        title, f"{review}已设置为不自动发布（ON_AUDIT_SUCCESS=hold）。发布请执行：weaudit release {about.appid}"
    )


def _approved_en(_: AuditSuccess, about: About) -> Text | None:
    title = f"Approved: {about.app}{_version(about)}"
    if about.superseded:
        return None if about.releases else Text(title, SUPERSEDED["en"])
    if about.waits_until:
        return Text(title, f"Released at {about.waits_until}, when RELEASE_WINDOW opens; nothing to do.")
    if about.releases:
        return None
    if about.paused:
        return Text(title, f"Paused by a person: weaudit resume; to release just this: weaudit release {about.appid}")
    review = f"Review {about.auditid}: " if about.auditid else ""
    return Text(title, f"{review}ON_AUDIT_SUCCESS=hold. To release it, type: weaudit release {about.appid}")


def _rejected_zh(data: AuditFail, about: About) -> Text:
    next_step = "将自动重新提交，无需操作。" if about.resubmits else "不会自动重新提交，请修改后重新提交。"
    if about.superseded:
        next_step = SUPERSEDED["zh"]
    return Text(f"审核未通过：{about.app}{_version(about)}", f"{_points(data)}\n{next_step}")


def _rejected_en(data: AuditFail, about: About) -> Text:
    next_step = (
        "weaudit submits it again; nothing to do."
        if about.resubmits
        else "weaudit does not submit it again: please mend it and submit."
    )
    if about.superseded:
        next_step = SUPERSEDED["en"]
    return Text(f"Rejected: {about.app}{_version(about)}", f"{_points(data)}\n{next_step}")


def _delayed_zh(data: AuditDelay, about: About) -> Text:
    return Text(f"审核延迟：{about.app}{_version(about)}", f"{data.reason}\n无需操作，结果出来后会再通知。")


def _delayed_en(data: AuditDelay, about: About) -> Text:
    body = f"{data.reason}\nNothing to do: the verdict will be told when it comes."
    return Text(f"Review delayed: {about.app}{_version(about)}", body)


def _released_zh(data: Released, about: About) -> Text:
    before = "（并非由 weaudit 发布）" if data.already else ""
    return Text(f"已发布：{about.app} {data.user_version}", f"审核 {data.auditid} 通过，已全量发布{before}。")


def _released_en(data: Released, about: About) -> Text:
    before = " (not by weaudit)" if data.already else ""
    return Text(f"Released: {about.app} {data.user_version}", f"Review {data.auditid} passed; for all users{before}.")


def _rolling_out_zh(data: RollingOut, about: About) -> Text:
    body = (
        f"审核 {data.auditid} 通过，灰度 {data.gray_percentage}%。确认无误后请执行：weaudit release {about.appid}\n"
        f"撤回请执行：weaudit takeback {about.appid}\n微信会在第 15 天自动全量发布。"
    )
    return Text(f"灰度发布中：{about.app} {data.user_version}", body)


def _rolling_out_en(data: RollingOut, about: About) -> Text:
    body = (
        f"Review {data.auditid} passed; for {data.gray_percentage}% of users.\n"
        f"When it proves good: weaudit release {about.appid}\n"
        f"Else: weaudit takeback {about.appid}\n"
        "On day 15 WeChat releases it to all by itself."
    )
    return Text(f"Rolling out: {about.app} {data.user_version}", body)


def _taken_back_zh(data: TakenBack, about: About) -> Text:
    return Text(f"已回退：{about.app} {data.user_version}", "所有用户已恢复为之前的线上版本。")


def _taken_back_en(data: TakenBack, about: About) -> Text:
    return Text(f"Taken back: {about.app} {data.user_version}", "All users have the version before again.")


def _conflict_zh(data: InConflict, about: About) -> Text:
    return Text(f"需要人工处理：{about.app} {data.user_version}", data.chinese or data.reason)


def _conflict_en(data: InConflict, about: About) -> Text:
    return Text(f"Needs you: {about.app} {data.user_version}", data.reason)


def _resubmitted_zh(data: Resubmitted, about: About) -> Text:
    body = f"审核 {data.previous_auditid} 未通过，已重新提交为 {data.auditid}（第 {data.round} 次提交）。"
    return Text(f"已重新提交审核：{about.app} {data.user_version}", body)


def _resubmitted_en(data: Resubmitted, about: About) -> Text:
    body = f"Review {data.previous_auditid} was rejected; submitted again as {data.auditid} (round {data.round})."
    return Text(f"Submitted again: {about.app} {data.user_version}", body)


def _gave_up_zh(data: GaveUp, about: About) -> Text:
    said = f"（微信返回 {data.errcode}）" if data.errcode else ""
    reason = f"原因：{data.chinese}{said}\n详情：{data.reason}" if data.chinese else f"原因：{data.reason}"
    body = f"{data.queue} 在尝试 {data.tries} 次后放弃。\n{reason}\n处理后请执行：weaudit revive {data.push_id}"
    return Text(f"需要人工处理：{about.app}{_version(about)}", body)


def _gave_up_en(data: GaveUp, about: About) -> Text:
    body = f"{data.queue} gave up after {data.tries} tries: {data.reason}\nThen: weaudit revive {data.push_id}"
    return Text(f"Needs you: {about.app}{_version(about)}", body)


def _tickets_stopped_zh(data: TicketsStopped, about: About) -> Text:
    asked = f"请求微信重新推送失败：{data.problem}" if data.problem else "已请求微信重新推送。"
    body = (
        f"该 ticket 有效期为 12 小时，之后将无法调用微信接口。{asked}\n请检查 /callback/authorization 能否从公网访问。"
    )
    return Text(f"微信 ticket 推送中断：{about.app}", body)


def _tickets_stopped_en(data: TicketsStopped, about: About) -> Text:
    was = "WeChat was asked to push them again."
    asked = f"WeChat refused to push them again: {data.problem}" if data.problem else was
    body = (
        "A ticket is good for 12 hours; without one, nothing can be asked of WeChat. "
        f"{asked}\nPlease check that WeChat reaches /callback/authorization."
    )
    return Text(f"Verify tickets stopped: {about.app}", body)


def _unauthorized_zh(_: Unauthorized, about: About) -> Text:
    body = "该小程序的待办任务将等待其重新授权。\n如需继续服务，请商户重新授权：weaudit authorize-url --redirect URL"
    return Text(f"商户取消授权：{about.app}", body)


def _unauthorized_en(_: Unauthorized, about: About) -> Text:
    waits = "What waits for this mini program waits until it authorizes again."
    body = f"{waits}\nA new link: weaudit authorize-url --redirect URL"
    return Text(f"Authorization taken back: {about.app}", body)


def _put_off_zh(data: PutOff, about: About) -> Text:
    until = f"微信接口额度已用完，{data.queue} 将在 {about.waits_until} 自动继续。"
    sooner = f"如已提前增加额度，可执行：weaudit revive {data.push_id} --waiting"
    return Text(f"推迟处理：{about.app}{_version(about)}", f"{until}\n{data.chinese or data.reason}\n{sooner}")


def _put_off_en(data: PutOff, about: About) -> Text:
    until = f"A limit of WeChat's is used up; {data.queue} goes on by itself at {about.waits_until}."
    sooner = f"Sooner, if there is room: weaudit revive {data.push_id} --waiting"
    return Text(f"Put off: {about.app}{_version(about)}", f"{until}\n{data.reason}\n{sooner}")


Writer = Callable[..., Text | None]
WRITERS: Mapping[type[Data], Mapping[Language, Writer]] = MappingProxyType(
    {
        AuditSuccess: {"zh": _approved_zh, "en": _approved_en},
        AuditFail: {"zh": _rejected_zh, "en": _rejected_en},
        AuditDelay: {"zh": _delayed_zh, "en": _delayed_en},
        Released: {"zh": _released_zh, "en": _released_en},
        RollingOut: {"zh": _rolling_out_zh, "en": _rolling_out_en},
        TakenBack: {"zh": _taken_back_zh, "en": _taken_back_en},
        InConflict: {"zh": _conflict_zh, "en": _conflict_en},
        Resubmitted: {"zh": _resubmitted_zh, "en": _resubmitted_en},
        PutOff: {"zh": _put_off_zh, "en": _put_off_en},
        GaveUp: {"zh": _gave_up_zh, "en": _gave_up_en},
        **cause_texts.WRITERS,
        Unauthorized: {"zh": _unauthorized_zh, "en": _unauthorized_en},
        TicketsStopped: {"zh": _tickets_stopped_zh, "en": _tickets_stopped_en},
    }
)
