"""Nothing has to arrive: reviews that are pending too long are asked for, and the answer enters the inbox as a push."""

from functools import partial
from operator import attrgetter

import structlog
from sqlalchemy import Connection

from handlers import audits
from handlers.context import Context
from handlers.policy import STATES
from handlers.rounds import go_round
from handlers.wechat import audit as wechat_audit
from handlers.wechat.audit import Audit, AuditRequest, AuditStatus, LatestAudit
from handlers.wechat.errors import Refused, WeChatError
from service import apps, inbox, messages, submissions
from service.database import reading
from service.inbox import Entry
from service.kinds import AuditFail, AuditSuccess, Data
from service.messages import Message
from service.submissions import Submission

log = structlog.get_logger(__name__)

# WeChat's clock and ours may be so many seconds apart.
CLOCKS_DIFFER = 60


def reconcile(context: Context) -> None:
    """Ask for the reviews that have been pending for RECONCILE_AFTER, the longest not asked for first."""
    before = context.clock() - context.settings.reconcile_after
    with reading(context.engine) as connection:
        pending = submissions.pending(connection, before=before)
    go_round(context, "reconcile", pending, partial(_ask_in_turn, context), attrgetter("appid"))


def discover(context: Context) -> None:
    """Ask for the newest review of each mini program of which none is known to be pending.

    One that WeChat says is under way is expected from then on, whoever submitted it.
    """
    with reading(context.engine) as connection:
        pending = {submission.appid for submission in submissions.pending(connection, before=context.clock() + 1)}
        unknown = [app.appid for app in apps.every(connection) if app.authorized and app.appid not in pending]
    go_round(context, "discover", unknown, partial(_discover, context))


def _discover(context: Context, appid: str) -> None:
    try:
        latest = audits.ask_latest(context, appid)
    except Refused as error:
        if error.code not in audits.NO_REVIEW_YET:
            raise
        return
    if latest.status in audits.UNDER_WAY:
        with context.engine.begin() as connection:
            audits.expect(connection, appid, latest, context.clock())


def _ask_in_turn(context: Context, submission: Submission) -> None:
    try:
        _ask(context, submission)
    except WeChatError:
        # Asked for again after all others, in case it is this one that WeChat never tells of.
        with context.engine.begin() as connection:
            submissions.close(connection, submission, submission.state, now=context.clock())
        raise


def _ask(context: Context, submission: Submission) -> None:
    """Ask for one review; what was learned and the verdict that it means are one commit."""
    appid = submission.appid
    latest = audits.ask_latest(context, appid)
    asked: Audit = latest
    if latest.auditid != submission.auditid:
        request = AuditRequest(auditid=submission.auditid)
        asked = context.wechat.call(wechat_audit.get_auditstatus, request, appid)
    now = context.clock()
    with context.engine.begin() as connection:
        # Of a review that a newer one has superseded only the end is written down; the newest decides what happens.
        known = submissions.find(connection, appid, latest.auditid)
        verdict = verdict_message(context, appid, latest) if known is None or known.is_pending else None
        submissions.close(connection, submission, STATES[asked.status], now=now)
        new = inbox.add(connection, [Entry(verdict)] if verdict else [], context.credentials, now)
        audits.learn(connection, appid, latest, now)
    if new:
        log.info("reconcile.found", appid=appid, auditid=latest.auditid, status=latest.status.name)


def told_already(connection: Connection, message: Message) -> bool:
    """Tell whether a pushed verdict is one that WeChat was asked for before the push came, and that was told then.

    A push names no review: it speaks of the newest that was submitted before it was sent.
    """
    data = message.data
    if data.origin != "push" or not isinstance(data, AuditSuccess | AuditFail) or not data.create_time:
        return False
    status = AuditStatus.APPROVED if isinstance(data, AuditSuccess) else AuditStatus.REJECTED
    sent = data.create_time
    for review in submissions.newest_of(connection, message.subject, before=sent + CLOCKS_DIFFER):
        told_at = inbox.received_at(connection, _id(message.subject, review.auditid, status))
        if told_at is not None and sent <= told_at + CLOCKS_DIFFER:
            return True
        if review.submitted_at < sent - CLOCKS_DIFFER:
            # The push speaks of this one, or of one that was submitted in the same minute.
            return False
    return False


def _id(appid: str, auditid: int, status: AuditStatus) -> str:
    return messages.identity(appid, {"reconciled": auditid, "status": int(status)})


def verdict_message(context: Context, appid: str, audit: LatestAudit) -> Message | None:
    """Build what WeChat would have pushed; None while there is no verdict."""
    now = context.clock()
    data: Data
    if audit.status is AuditStatus.APPROVED:
        kind = "wechat.weapp_audit_success"
        data = AuditSuccess(origin="reconcile", succ_time=int(now))
    elif audit.status is AuditStatus.REJECTED:
        kind = "wechat.weapp_audit_fail"
        told = {"reason": audit.reason, "screen_shot": audit.screenshot, "fail_time": int(now), "origin": "reconcile"}
        data = AuditFail.model_validate(told)
    else:
        return None
    return messages.build(
        kind,
        appid,
        data,
        id=_id(appid, audit.auditid, audit.status),
        component_appid=context.wechat.tokens.component_appid,
        at=now,
    )
