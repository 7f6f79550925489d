"""The reaction to a rejected review: submit it again, the same version or a newer template, if policy allows."""

import json
from dataclasses import replace
from functools import partial
from typing import Any

from handlers.context import Answer, Context, Done, Skipped, Wait
from handlers.reviews import latest as audits
from handlers.reviews import policy, quota
from handlers.reviews.driver import (
    UNDER_WAY_ALREADY,
    UnderWay,
    Wish,
    is_ours,
    is_still_committed,
    shown_trial,
    submit,
)
from handlers.wechat.endpoints import audit, templates
from handlers.wechat.endpoints.audit import AuditStatus, LatestAudit, SubmitAuditRequest
from handlers.wechat.endpoints.code import CommitRequest, Experience
from handlers.wechat.endpoints.templates import TemplateListRequest
from handlers.wechat.errors import NeedsHuman, Refused, TryLater, WeChatError, may_have_worked
from service.events.from_weaudit import Resubmitted
from service.events.from_wechat import AuditFail
from service.events.message import Message
from service.store import reviews as submissions
from service.store import versions
from service.store.engine import reading
from service.store.reviews import Claim, Submission
from service.store.versions import Version

# WeChat's clock and ours may be so many seconds apart.
CLOCKS_DIFFER = 60


def resubmit(context: Context, message: Message) -> Answer:
    """Submit a rejected version again. The push is a hint: WeChat is asked first.

    Raises WeChatError.
    """
    if not isinstance(message.data, AuditFail):
        return Skipped(f"{message.type} is no rejection")
    try:
        return _react(context, message, message.data)
    except Refused as error:
        if not (isinstance(error, UnderWay) or error.code == UNDER_WAY_ALREADY):
            raise
        return Skipped(f"a newer review has begun; its own verdict decides ({error})")


def _react(context: Context, message: Message, data: AuditFail) -> Answer:
    appid = message.subject
    told_at = max(data.fail_time or 0, data.create_time or 0)
    latest = audits.ask_about(context, appid, AuditStatus.REJECTED, told_at)
    with reading(context.engine) as connection:
        begun = submissions.claimed(connection, appid, message.id)
        rejected = submissions.find(connection, appid, latest.auditid)
    if begun and (gone_on := _go_on(context, message, begun, latest)):
        return gone_on
    decision = policy.superseded(latest, told_at) or _decide(context, data, latest, rejected)
    if not isinstance(decision, policy.Go):
        return decision
    if rejected is None or not rejected.request:
        return Skipped(f"weaudit did not submit review {latest.auditid}, so it does not know what to submit again")
    return _resubmit(context, message, rejected)


def _decide(
    context: Context, told: AuditFail, latest: LatestAudit, rejected: Submission | None
) -> policy.Go | Wait | Skipped:
    settings = context.settings
    return policy.may_resubmit(
        latest,
        hold=settings.on_audit_fail == "hold",
        reasons=settings.resubmit_reasons,
        limit=settings.resubmit_limit,
        delay=settings.resubmit_delay,
        round=rejected.round if rejected else 1,
        rejected_at=told.fail_time or told.create_time or 0,
        now=context.clock(),
    )


def will_resubmit(context: Context, message: Message, rejected: Submission | None) -> bool:
    """Tell whether a rejection is going to be submitted again, as far as can be said before WeChat is asked."""
    if not isinstance(message.data, AuditFail) or rejected is None or not rejected.request:
        return False
    latest = LatestAudit(auditid=rejected.auditid, status=AuditStatus.REJECTED, reason=message.data.reason)
    return not isinstance(_decide(context, message.data, latest, rejected), Skipped)


def _go_on(context: Context, message: Message, begun: Submission, latest: LatestAudit) -> Answer | None:
    """Go on with what this push began and did not live to write down; None if it has begun nothing."""
    with reading(context.engine) as connection:
        planned = versions.planned_by(connection, begun.appid, message.id)
    if planned:
        newer, known = CommitRequest.model_validate_json(planned.body), _is_known(context, begun.appid, latest)
        is_next = latest.auditid in (begun.auditid, planned.auditid) or is_ours(latest, planned, newer, known=known)
        if not is_next:
            return Skipped(f"review {latest.auditid} is newer than {begun.auditid}; its own verdict decides")
        shown = shown_trial(context, begun.appid)
        if latest.auditid == begun.auditid and not is_still_committed(planned, newer, shown):
            _check_committed(context, begun)
        return _submit_newer(context, message, begun, newer)
    return _done_before(context, message, begun, latest)


def _done_before(context: Context, message: Message, begun: Submission, latest: LatestAudit) -> Answer | None:
    """Take the newest review for the resubmission of which nobody heard, if it is of that version and nobody else's."""
    is_other = begun.auditid == latest.auditid or begun.user_version != latest.user_version
    if is_other or _is_known(context, begun.appid, latest):
        return None
    return _done(context, message, begun, latest.auditid, submitted_at=latest.submit_audit_time)


def _is_known(context: Context, appid: str, latest: LatestAudit) -> bool:
    """Tell whether it is written down what was submitted as the newest review."""
    with reading(context.engine) as connection:
        known = submissions.find(connection, appid, latest.auditid)
    return known is not None and bool(known.request)


def _resubmit(context: Context, message: Message, rejected: Submission) -> Answer:
    appid, now = rejected.appid, context.clock()
    until = now + audits.CLAIM
    with context.engine.begin() as connection:
        claim = submissions.claim(connection, appid, rejected.auditid, message.id, now=now, until=until)
    if claim is Claim.BUSY:
        return Wait(until, f"another push of review {rejected.auditid} is being acted on")
    try:
        newer = _newer_template(context, rejected)
        _check_committed(context, rejected, newer)
        quota.check(context, appid)
        if newer:
            return _submit_newer(context, message, rejected, newer)
        return _submit_same(context, message, rejected, again=claim is Claim.AGAIN)
    except WeChatError as error:
        with context.engine.begin() as connection:
            is_begun = versions.planned_by(connection, appid, message.id) is not None
            if claim is Claim.GRANTED and not is_begun and not may_have_worked(error):
                submissions.unclaim(connection, appid, rejected.auditid, message.id)
        raise


def _check_committed(context: Context, rejected: Submission, newer: CommitRequest | None = None) -> None:
    """Check that nothing else was committed since, but what another push of the rejection may have committed.

    Raises UnderWay if that was submitted, too, TryLater if weaudit is about to, and else NeedsHuman: people were told
    that the rejected code is submitted again, so they are told that it is not.
    """
    shown = shown_trial(context, rejected.appid)
    with reading(context.engine) as connection:
        version = versions.of_review(connection, rejected.appid, rejected.auditid)
        coming = versions.on_their_way(connection, rejected.appid)
    if _is_the_rejected(shown, rejected, version):
        return
    latest = audits.ask_latest(context, rejected.appid)
    if latest.auditid != rejected.auditid:
        raise UnderWay(audit.submit_audit.name, f"review {latest.auditid} is newer than {rejected.auditid}")
    found = f"{shown.exp_version} ({shown.exp_desc})"
    committed = [CommitRequest.model_validate_json(each.body) for each in coming]
    there = [each for each, version in zip(committed, coming, strict=True) if is_still_committed(version, each, shown)]
    if newer in there:
        return
    if there:
        raise TryLater(audit.submit_audit.name, f"version {found} was committed with weaudit, and is not submitted yet")
    text = (
        f"after {rejected.user_version} was submitted, version {found} was committed; a person decides which to submit"
    )
    chinese = f"{rejected.user_version} 提交之后又上传了 {found}，请人工决定提交哪个版本"
    raise NeedsHuman(audit.submit_audit.name, text, chinese=chinese)


def _is_the_rejected(shown: Experience, rejected: Submission, version: Version | None) -> bool:
    if shown.exp_version != rejected.user_version:
        return False
    if version and version.trial and version.trial != version.trial_before:
        return shown.exp_time == version.trial
    return shown.exp_time <= rejected.submitted_at + CLOCKS_DIFFER


def _fields(context: Context, rejected: Submission) -> dict[str, Any]:
    feedback = {"feedback_info": context.settings.resubmit_feedback} if context.settings.resubmit_feedback else {}
    return {**json.loads(rejected.request), **feedback}


def _submit_same(context: Context, message: Message, rejected: Submission, *, again: bool) -> Answer:
    request, appid = SubmitAuditRequest.model_validate(_fields(context, rejected)), rejected.appid
    with (
        quota.reserved(context, appid),
        context.wechat.alone(audit.submit_audit.name, f"version of {appid}"),
    ):
        latest = audits.ask_latest(context, appid)
        if again and (done := _done_before(context, message, rejected, latest)):
            return done
        if latest.auditid != rejected.auditid:
            raise UnderWay(audit.submit_audit.name, f"review {latest.auditid} is newer than {rejected.auditid}")
        _check_committed(context, rejected)
        auditid = context.wechat.call(audit.submit_audit, request, appid).auditid
    return _done(context, message, rejected, auditid)


def _submit_newer(context: Context, message: Message, rejected: Submission, newer: CommitRequest) -> Answer:
    """Commit and submit another template, step by step; submit() writes down what it became."""
    # Its pages may be others.
    fields = {name: value for name, value in _fields(context, rejected).items() if name != "item_list"}
    wish = Wish(newer, audit=fields, round=rejected.round + 1, by=message.id)
    submitted = submit(context, rejected.appid, wish, sleep=None)
    if submitted.auditid <= rejected.auditid:
        # The same template was submitted before what was rejected now.
        submitted = submit(context, rejected.appid, replace(wish, again=True), sleep=None)
    done = _done(context, message, rejected, submitted.auditid, version=newer.user_version)
    return replace(done, also=None)


def _newer_template(context: Context, rejected: Submission) -> CommitRequest | None:
    """Give what to commit instead of what was rejected: the newest template, if RESUBMIT_TEMPLATE wants it."""
    if context.settings.resubmit_template != "newest" or not rejected.committed:
        return None
    former = CommitRequest.model_validate_json(rejected.committed)
    library = context.wechat.call(templates.gettemplatelist, TemplateListRequest()).template_list
    newest = policy.newest_template(library, former.template_id)
    if newest is None:
        return None
    version, description = newest.user_version or former.user_version, newest.user_desc or former.user_desc
    changes = {"template_id": newest.template_id, "user_version": version, "user_desc": description}
    return former.model_copy(update=changes)


def _done(
    context: Context,
    message: Message,
    rejected: Submission,
    auditid: int,
    *,
    version: str = "",
    submitted_at: float = 0.0,
) -> Done:
    record = partial(
        submissions.record,
        appid=rejected.appid,
        auditid=auditid,
        user_version=rejected.user_version,
        request=rejected.request,
        committed=rejected.committed,
        round=rejected.round + 1,
        now=context.clock(),
        submitted_at=submitted_at or None,
    )
    outcome = Resubmitted(
        origin=message.data.origin,
        push_id=message.id,
        auditid=auditid,
        previous_auditid=rejected.auditid,
        user_version=version or rejected.user_version,
        round=rejected.round + 1,
    )
    note = f"review {rejected.auditid} submitted again as {auditid} ({outcome.user_version})"
    return Done(note, outcome, record)
