"""The reaction to an approved review: release it, once for each audit id, if policy allows."""

from functools import partial

from handlers.context import Answer, Context, Done, Skipped, Wait
from handlers.reviews import latest as audits
from handlers.reviews import policy
from handlers.wechat.endpoint import Nothing
from handlers.wechat.endpoints import code, online
from handlers.wechat.endpoints.audit import AuditStatus, LatestAudit
from handlers.wechat.errors import AlreadyDone, Refused, WeChatError, may_have_worked
from service.events.from_weaudit import Released
from service.events.from_wechat import AuditSuccess
from service.events.message import Message
from service.store import reviews as submissions
from service.store.reviews import Claim

# grayrelease says so when as many have the version already, or had the one before.
NOT_MORE = 85082
# No review to release, or not in a state for it; or there is nothing to do.
NOT_RELEASABLE = (85019, 85020, 85080, NOT_MORE)


def release(context: Context, message: Message) -> Answer:
    """Release the mini program whose review passed. The push is a hint: WeChat is asked first.

    Raises WeChatError.
    """
    if not isinstance(message.data, AuditSuccess):
        return Skipped(f"{message.type} is no approval")
    settings, appid = context.settings, message.subject
    told_at = max(message.data.succ_time or 0, message.data.create_time or 0)
    latest = audits.ask_about(context, appid, AuditStatus.APPROVED, told_at)
    decision = policy.superseded(latest, told_at) or policy.may_release(
        latest,
        settings.on_audit_success,
        settings.release_window,
        settings.timezone,
        context.clock(),
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
    again = claim is Claim.AGAIN
    try:
        already, percent = _release(context, appid, decision.percent, again=again), decision.percent
    except WeChatError as error:
        explained = None
        try:
            explained = _explain(context, appid, latest) if error.code in NOT_RELEASABLE else None
        finally:
            if not (again or may_have_worked(error) or isinstance(explained, policy.Online)):
                with context.engine.begin() as connection:
                    submissions.unclaim(connection, appid, latest.auditid, message.id)
        if explained is None:
            raise
        if isinstance(explained, Skipped):
            return explained
        already, percent = not again or decision.percent < 100, 100
    outcome = Released(
        origin=message.data.origin,
        push_id=message.id,
        auditid=latest.auditid,
        user_version=latest.user_version,
        gray_percentage=percent,
        already=already,
    )
    note = "released already, WeChat says" if already else f"released to {percent} %"
    also = partial(submissions.released, appid=appid, auditid=latest.auditid, now=context.clock())
    return Done(f"review {latest.auditid} ({latest.user_version}) {note}", outcome, also)


def _explain(context: Context, appid: str, wanted: LatestAudit) -> policy.Online | Skipped | None:
    """Ask WeChat why it does not release; None if that is not to be seen."""
    newest = audits.ask_latest(context, appid)
    online = context.wechat.call(code.getversioninfo, Nothing(), appid).release_info
    return policy.after_refusal(wanted, newest, online)


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
        if not (again and error.code == NOT_MORE and _share(context, appid) == percent):
            raise
    return False


def _share(context: Context, appid: str) -> int:
    """Give how many percent of the users a gray release has reached."""
    plan = context.wechat.call(online.getgrayreleaseplan, Nothing(), appid).gray_release_plan
    return plan.gray_percentage if plan else 0
