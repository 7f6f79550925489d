"""The reaction to a rejected review: submit it again, the same version or a newer template, if policy allows."""

import json
from functools import partial
from typing import NoReturn

from handlers import audits, policy, quota
from handlers.context import Answer, Context, Done, Skipped, Wait
from handlers.submit import Wish, submit
from handlers.wechat import audit, templates
from handlers.wechat.audit import AuditStatus, LatestAudit, SubmitAuditRequest
from handlers.wechat.code import CommitRequest
from handlers.wechat.templates import TemplateListRequest
from service import submissions
from service.database import reading
from service.kinds import AuditFail, Resubmitted
from service.messages import Message
from service.submissions import Claim, Submission


class PutOff(Exception):
    """WeChat checks the committed code; it is submitted when that is done."""


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
    if begun and _is_next(latest, submitted, begun):
        # This push submitted it before, and did not live to write it down.
        return _done(context, message, begun, latest)
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
    return _submit_again(context, message, submitted)


def _is_next(latest: LatestAudit, submitted: Submission | None, begun: Submission) -> bool:
    """Tell whether the newest review is the one that was begun for a rejected one."""
    if latest.auditid == begun.auditid:
        return False
    is_ours = submitted is not None and submitted.request != "" and submitted.round == begun.round + 1
    return is_ours or latest.user_version == begun.user_version


def _submit_again(context: Context, message: Message, rejected: Submission) -> Answer:
    fields = json.loads(rejected.request) | {"feedback_info": context.settings.resubmit_feedback or None}
    if newer := _newer_template(context, rejected):
        # Its pages may be others.
        del fields["item_list"]
        wish = Wish(newer, audit=fields, round=rejected.round + 1)
        try:
            auditid = submit(context, rejected.appid, wish, _put_off).auditid
        except PutOff:
            return Wait(context.clock() + 60, f"version {newer.user_version} is committed, and WeChat checks it")
        latest = LatestAudit(auditid=auditid, status=AuditStatus.IN_REVIEW, user_version=newer.user_version)
        return _done(context, message, rejected, latest)
    quota.check(context, rejected.appid)
    request = SubmitAuditRequest.model_validate(fields)
    auditid = context.wechat.call(audit.submit_audit, request, rejected.appid).auditid
    latest = LatestAudit(auditid=auditid, status=AuditStatus.IN_REVIEW, user_version=rejected.user_version)
    return _done(context, message, rejected, latest)


def _put_off(_: float) -> NoReturn:
    raise PutOff


def _newer_template(context: Context, rejected: Submission) -> CommitRequest | None:
    """Give what to commit instead of what was rejected: the newest template, if RESUBMIT_TEMPLATE wants it."""
    if context.settings.resubmit_template != "newest" or not rejected.committed:
        return None
    former = CommitRequest.model_validate_json(rejected.committed)
    library = context.wechat.call(templates.gettemplatelist, TemplateListRequest()).template_list
    newest = max(library, key=lambda template: template.template_id, default=None)
    if newest is None or newest.template_id <= former.template_id:
        return None
    version, description = newest.user_version or former.user_version, newest.user_desc or former.user_desc
    changes = {"template_id": newest.template_id, "user_version": version, "user_desc": description}
    return former.model_copy(update=changes)


def _done(context: Context, message: Message, rejected: Submission, latest: LatestAudit) -> Done:
    record = partial(
        submissions.record,
        appid=rejected.appid,
        auditid=latest.auditid,
        user_version=latest.user_version,
        request=rejected.request,
        committed=rejected.committed,
        round=rejected.round + 1,
        now=context.clock(),
    )
    outcome = Resubmitted(
        origin=message.data.origin,
        push_id=message.id,
        auditid=latest.auditid,
        previous_auditid=rejected.auditid,
        user_version=latest.user_version,
        round=rejected.round + 1,
    )
    is_same = latest.user_version == rejected.user_version
    return Done(
        f"review {rejected.auditid} submitted again as {latest.auditid} ({latest.user_version})",
        outcome,
        record if is_same else None,
    )
