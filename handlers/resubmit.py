"""The reaction to a rejected review: submit the same version again, if policy allows and weaudit submitted it."""

from functools import partial

from handlers import audits, policy
from handlers.context import Answer, Context, Done, Skipped, Wait
from handlers.wechat import audit
from handlers.wechat.audit import AuditStatus, SubmitAuditRequest
from service import submissions
from service.database import reading
from service.kinds import AuditFail, Resubmitted
from service.messages import Message
from service.submissions import Claim, Submission


def resubmit(context: Context, message: Message) -> Answer:
    """Submit a rejected version again. The push is a hint: WeChat is asked first.

    Raises WeChatError.
    """
    if not isinstance(message.data, AuditFail):
        return Skipped(f"{message.type} is no rejection")
    settings, appid = context.settings, message.subject
    told_at = max(message.data.fail_time or 0, message.data.create_time or 0)
    latest = audits.ask_about(context, appid, AuditStatus.REJECTED, told_at)
    with reading(context.engine) as connection:
        begun = submissions.claimed(connection, appid, message.id)
        submitted = submissions.find(connection, appid, latest.auditid)
    if begun and begun.auditid != latest.auditid and begun.user_version == latest.user_version:
        # This push submitted it before, and did not live to write it down.
        return _done(context, message, begun, latest.auditid)
    decision = policy.superseded(latest, told_at) or policy.may_resubmit(
        latest,
        hold=settings.on_audit_fail == "hold",
        reasons=settings.resubmit_reasons,
        limit=settings.resubmit_limit,
        delay=settings.resubmit_delay,
        round=submitted.round if submitted else 1,
        rejected_at=message.data.fail_time or message.data.create_time or 0,
        now=context.clock(),
    )
    if not isinstance(decision, policy.Go):
        return decision
    if submitted is None or not submitted.request:
        return Skipped(f"weaudit did not submit review {latest.auditid}, so it does not know what to submit again")
    now = context.clock()
    with context.engine.begin() as connection:
        claim = submissions.claim(connection, appid, latest.auditid, message.id, now=now, until=now + audits.CLAIM)
    if claim is Claim.BUSY:
        return Wait(now + audits.CLAIM, f"another push of review {latest.auditid} is being acted on")
    request = SubmitAuditRequest.model_validate_json(submitted.request)
    answer = context.wechat.call(audit.submit_audit, request, appid)
    return _done(context, message, submitted, answer.auditid)


def _done(context: Context, message: Message, rejected: Submission, auditid: int) -> Done:
    record = partial(
        submissions.record,
        appid=rejected.appid,
        auditid=auditid,
        user_version=rejected.user_version,
        request=rejected.request,
        round=rejected.round + 1,
        now=context.clock(),
    )
    outcome = Resubmitted(
        origin=message.data.origin,
        push_id=message.id,
        auditid=auditid,
        previous_auditid=rejected.auditid,
        user_version=rejected.user_version,
        round=rejected.round + 1,
    )
    return Done(f"review {rejected.auditid} submitted again as {auditid}", outcome, record)
