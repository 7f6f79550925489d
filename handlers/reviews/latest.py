"""Ask WeChat where the newest review of a mini program stands, and write down what it says."""

from sqlalchemy import Connection

from handlers.context import Context
from handlers.reviews.policy import STATES, superseded
from handlers.wechat.endpoint import Nothing
from handlers.wechat.endpoints import audit
from handlers.wechat.endpoints.audit import AuditStatus, LatestAudit
from handlers.wechat.errors import Refused
from service.events.from_wechat import AuditDelay, AuditFail, AuditSuccess
from service.events.message import Message
from service.store import reviews as submissions
from service.store.reviews import State, Submission

# For so long one push may act on a review; longer than the call that it makes and the tokens that it may have to fetch.
CLAIM = 300.0
VERDICTS = frozenset({AuditStatus.APPROVED, AuditStatus.REJECTED})
UNDER_WAY = frozenset({AuditStatus.IN_REVIEW, AuditStatus.DELAYED})
# What WeChat says of a review that it does not know, and of a mini program that was never submitted.
NO_SUCH_REVIEW = 85012
NO_REVIEW_YET = (NO_SUCH_REVIEW, 86001)


def ask_latest(context: Context, appid: str) -> LatestAudit:
    """Ask for the newest review. Raises WeChatError."""
    return context.wechat.call(audit.get_latest_auditstatus, Nothing(), appid)


def ask_latest_if_any(context: Context, appid: str) -> LatestAudit | None:
    """Ask for the newest review; None of a mini program that was never submitted. Raises WeChatError."""
    try:
        return ask_latest(context, appid)
    except Refused as error:
        if error.code not in NO_REVIEW_YET:
            raise
        return None


def ask_about(context: Context, appid: str, verdict: AuditStatus, told_at: int) -> LatestAudit:
    """Ask because of a verdict that was pushed at a time (Unix seconds), and write the answer down.

    Not so a verdict that has a push of its own: the other one, or that of a review that was submitted after this push.
    If that push is lost, only a review that still counts as pending is asked for. Raises WeChatError.
    """
    latest = ask_latest(context, appid)
    has_its_own = latest.status in VERDICTS - {verdict} or superseded(latest, told_at)
    with context.engine.begin() as connection:
        if not has_its_own:
            learn(connection, appid, latest, context.clock())
        else:
            expect(connection, appid, latest, context.clock())
    return latest


def spoken_of(connection: Connection, message: Message) -> Submission | None:
    """Find the review that a message speaks of: the one that it names, or the newest submitted before it was sent."""
    data = message.data
    if named := getattr(data, "auditid", None):
        return submissions.find(connection, message.subject, named)
    if not isinstance(data, AuditSuccess | AuditFail | AuditDelay):
        return None
    # WeChat gives whole seconds.
    before = data.create_time + 1.0 if data.create_time else submissions.LATEST
    return next(iter(submissions.newest_of(connection, message.subject, before=before, limit=1)), None)


def is_superseded(connection: Connection, review: Submission) -> bool:
    """Tell whether another review was submitted after this one, and not withdrawn."""
    others = submissions.newest_of(connection, review.appid)
    newest = next((other for other in others if other.state is not State.WITHDRAWN), review)
    return newest.auditid != review.auditid


def expect(connection: Connection, appid: str, latest: LatestAudit, now: float) -> None:
    """Write down that a review has a verdict coming, if it is not known yet."""
    submissions.expect(
        connection,
        appid,
        latest.auditid,
        user_version=latest.user_version,
        submitted_at=latest.submit_audit_time or now,
        now=now,
    )


def learn(connection: Connection, appid: str, latest: LatestAudit, now: float) -> None:
    """Write down what WeChat said of a review."""
    submissions.learn(
        connection,
        appid,
        latest.auditid,
        STATES[latest.status],
        user_version=latest.user_version,
        submitted_at=latest.submit_audit_time or now,
        now=now,
    )
