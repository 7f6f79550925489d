"""The reaction to an approved review: release it, once for each audit id, if policy allows."""

from functools import partial

from handlers import audits, policy
from handlers.context import Answer, Context, Done, Skipped, Wait
from handlers.wechat import online
from handlers.wechat.audit import AuditStatus
from handlers.wechat.endpoint import Nothing
from handlers.wechat.errors import AlreadyDone, Refused
from service import submissions
from service.kinds import AuditSuccess, Released
from service.messages import Message
from service.submissions import Claim

# grayrelease says so when the same percent has the version already.
AS_MANY_HAVE_IT = 85082


def release(context: Context, message: Message) -> Answer:
    """Release the mini program whose review passed. The push is a hint: WeChat is asked first.

    Raises WeChatError.
    """
    if not isinstance(message.data, AuditSuccess):
        return Skipped(f"{message.type} is no approval")
    settings, appid = context.settings, message.subject
    latest = audits.ask_about(context, appid, AuditStatus.APPROVED)
    decision = policy.may_release(
        latest, settings.on_audit_success, settings.release_window, settings.timezone, context.clock()
    )
    if not isinstance(decision, policy.Go):
        return decision
    now = context.clock()
    with context.engine.begin() as connection:
        claim = submissions.claim(connection, appid, latest.auditid, message.id, now=now, until=now + audits.CLAIM)
    if claim is Claim.RELEASED:
        return Skipped(f"review {latest.auditid} is released already")
    if claim is Claim.BUSY:
        return Wait(now + audits.CLAIM, f"another push of review {latest.auditid} is being acted on")
    already = _release(context, appid, decision.percent, again=claim is Claim.AGAIN)
    outcome = Released(
        origin=message.data.origin,
        push_id=message.id,
        auditid=latest.auditid,
        user_version=latest.user_version,
        gray_percentage=decision.percent,
        already=already,
    )
    note = "released already, WeChat says" if already else f"released to {decision.percent} %"
    also = partial(submissions.released, appid=appid, auditid=latest.auditid, now=context.clock())
    return Done(f"review {latest.auditid} ({latest.user_version}) {note}", outcome, also)


def _release(context: Context, appid: str, percent: int, *, again: bool) -> bool:
    """Call WeChat; True if somebody else had released it before.

    `again` says that this push may have released it before, and did not live to write it down: what WeChat then calls
    done already was done by us.
    """
    try:
        if percent < 100:
            context.wechat.call(online.grayrelease, online.GrayReleaseRequest(gray_percentage=percent), appid)
        else:
            context.wechat.call(online.release, Nothing(), appid)
    except AlreadyDone:
        return not again
    except Refused as error:
        if not (again and error.code == AS_MANY_HAVE_IT):
            raise
    return False
