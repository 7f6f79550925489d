"""Ask WeChat where the newest review of a mini program stands, and write down what it says."""

from sqlalchemy import Connection

from handlers.context import Context
from handlers.policy import STATES
from handlers.wechat import audit
from handlers.wechat.audit import AuditStatus, LatestAudit
from handlers.wechat.endpoint import Nothing
from service import submissions

# For so long one push may act on a review; longer than the call that it makes and the tokens that it may have to fetch.
CLAIM = 300.0
VERDICTS = frozenset({AuditStatus.APPROVED, AuditStatus.REJECTED})


def ask_latest(context: Context, appid: str) -> LatestAudit:
    """Ask for the newest review. Raises WeChatError."""
    return context.wechat.call(audit.get_latest_auditstatus, Nothing(), appid)


def ask_about(context: Context, appid: str, verdict: AuditStatus) -> LatestAudit:
    """Ask because of a verdict that was pushed, and write the answer down, unless it is the other verdict.

    The other verdict has a push of its own; if that is lost, only a review that still counts as pending is asked for.
    Raises WeChatError.
    """
    latest = ask_latest(context, appid)
    if latest.status not in VERDICTS - {verdict}:
        with context.engine.begin() as connection:
            learn(connection, appid, latest, context.clock())
    return latest


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
