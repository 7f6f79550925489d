"""The reaction to a rejected review: submit the same version again, if policy allows and weaudit submitted it."""

from functools import partial

from handlers import audits, policy
from handlers.context import Answer, Context, Done, Skipped
from handlers.wechat import code_management as code
from handlers.wechat.code_management import AuditStatus, SubmitAuditRequest
from service import submissions
from service.kinds import AuditFail, Resubmitted
from service.messages import Message


def resubmit(context: Context, message: Message) -> Answer:
    """Submit a rejected version again. The push is a hint: WeChat is asked first.

    Raises WeChatError.
    """
    if not isinstance(message.data, AuditFail):
        return Skipped(f"{message.type} is no rejection")
    settings, appid = context.settings, message.subject
    latest = audits.ask_about(context, appid, AuditStatus.REJECTED)
    with context.engine.begin() as connection:
        submitted = submissions.find(connection, appid, latest.auditid)
    rounds = submitted.round if submitted else 1
    decision = policy.may_resubmit(
        latest,
        hold=settings.on_audit_fail == "hold",
        reasons=settings.resubmit_reasons,
        limit=settings.resubmit_limit,
        delay=settings.resubmit_delay,
        round=rounds,
        rejected_at=message.data.fail_time or message.data.create_time or 0,
        now=context.clock(),
    )
    if not isinstance(decision, policy.Go):
        return decision
    if submitted is None or not submitted.request:
        return Skipped(f"weaudit did not submit review {latest.auditid}, so it does not know what to submit again")
    request = SubmitAuditRequest.model_validate_json(submitted.request)
    answer = context.wechat.call(code.submit_audit, request, appid)
    record = partial(
        submissions.record,
        appid=appid,
        auditid=answer.auditid,
        user_version=latest.user_version,
        request=submitted.request,
        round=rounds + 1,
        now=context.clock(),
    )
    outcome = Resubmitted(
        origin=message.data.origin,
        push_id=message.id,
        auditid=answer.auditid,
        previous_auditid=latest.auditid,
        user_version=latest.user_version,
        round=rounds + 1,
    )
    return Done(f"review {latest.auditid} submitted again as {answer.auditid}", outcome, record)
