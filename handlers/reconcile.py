"""Nothing has to arrive: reviews that are pending too long are asked for, and the answer enters the inbox as a push."""

import structlog

from handlers import audits
from handlers.context import Context
from handlers.policy import STATES
from handlers.wechat import code_management as code
from handlers.wechat.code_management import Audit, AuditStatus
from handlers.wechat.errors import WeChatError
from service import inbox, messages, submissions
from service.inbox import Entry
from service.kinds import AuditFail, AuditSuccess, Data
from service.messages import Message
from service.submissions import Submission

log = structlog.get_logger(__name__)


def reconcile(context: Context) -> None:
    """Ask for every review that has been pending for RECONCILE_AFTER; one that cannot be asked stops no other."""
    before = context.clock() - context.settings.reconcile_after
    with context.engine.begin() as connection:
        pending = submissions.pending(connection, before=before)
    for submission in pending:
        try:
            _ask(context, submission)
        except WeChatError as error:
            log.warning("reconcile.failed", appid=submission.appid, auditid=submission.auditid, error=str(error))


def _ask(context: Context, submission: Submission) -> None:
    """Ask for one review; what was learned and the verdict that it means are one commit."""
    latest = audits.ask_latest(context, submission.appid)
    superseded: Audit | None = None
    if latest.auditid != submission.auditid:
        # A newer review decides what happens; of this one only its end is written down.
        request = code.AuditStatusRequest(auditid=submission.auditid)
        superseded = context.wechat.call(code.get_auditstatus, request, submission.appid)
    now = context.clock()
    with context.engine.begin() as connection:
        if superseded:
            submissions.close(connection, submission, STATES[superseded.status], now=now)
            return
        verdict = verdict_message(context, submission, latest)
        new = inbox.add(connection, [Entry(verdict)], context.credentials, now) if verdict else set()
        audits.learn(connection, submission.appid, latest, now)
    if new:
        log.info("reconcile.found", appid=submission.appid, auditid=submission.auditid, status=latest.status.name)


def verdict_message(context: Context, submission: Submission, audit: Audit) -> Message | None:
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
        submission.appid,
        data,
        id=messages.identity(submission.appid, {"reconciled": submission.auditid, "status": int(audit.status)}),
        component_appid=context.wechat.tokens.component_appid,
        at=now,
    )
