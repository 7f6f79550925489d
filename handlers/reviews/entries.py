"""What enters the table by being looked at: the newest review, whoever submitted it, and what people ordered."""

from typing import Any

from sqlalchemy import Connection

from handlers.reviews import announcements, lifecycle, wishes
from handlers.reviews.steps import Conflict, Nothing, Step
from handlers.reviews.visit import Visit
from handlers.wechat.endpoints.audit import LatestAudit
from service.store import inbox, mini_programs, reviews
from service.store.engine import reading
from service.store.reviews import UNDER_WAY, Review, State


def enter_the_newest(visit: Visit) -> None:
    """Write down the newest review if there is no row of it, and what the hint says. Raises WeChatError, LeaseLost."""
    review, hint = visit.look.review(), visit.hint
    with reading(visit.context.engine) as connection:
        known = mini_programs.known_auditid(connection, visit.appid)
        rows = reviews.of(connection, visit.appid)
        row = reviews.find(connection, visit.appid, review.auditid) if review else None
    is_pushed = review is not None and hint.speaks_of(review)
    is_ordered = review is not None and hint.ordered and hint.auditid in (None, review.auditid)
    step = lifecycle.entry(review, rows, known, pushed=is_pushed or is_ordered) if review and not row else None
    with visit.writing() as (connection, now):
        mini_programs.know_auditid(connection, visit.appid, review.auditid if review else 0)
        if review and step and not isinstance(step, Nothing):
            row = _enter(visit, connection, review, step, now)
        if row and is_pushed and row.state in (*UNDER_WAY, State.CONFLICT) and row.pushed_at is None:
            reviews.write(connection, row, now=now, pushed_at=now)
        if hint.ordered:
            _order(visit, connection, now)
        rejected = reviews.find(connection, visit.appid, hint.auditid or 0) if hint.again else None
        if rejected and rejected.wished_at < hint.said_at:
            reviews.write(connection, rejected, now=now, wished_at=hint.said_at, again=True)


def _enter(visit: Visit, connection: Connection, review: LatestAudit, step: Step, now: float) -> Review:
    """Add a row for a review that is not known; what WeChat shows of it is decided about as of any other."""
    fields: dict[str, Any] = {"appid": visit.appid, "auditid": review.auditid, "state": State.IN_REVIEW.value}
    fields |= {"user_version": review.user_version, "user_desc": review.user_desc}
    # It is as old as WeChat says, so that it is known whether its verdict may still be pushed.
    at = min(review.submit_audit_time or now, now)
    (row,) = reviews.add(connection, [{**fields, "submitted_at": at, "changed_at": at}], now=now)
    if isinstance(step, Conflict):
        changes: dict[str, Any] = {"state": State.CONFLICT.value, "note": step.why, "chinese": step.chinese}
        row = reviews.write(connection, row, now=now, **changes)
        inbox.add(connection, announcements.became(visit.context, row, now), visit.context.credentials, now)
    return row


def _order(visit: Visit, connection: Connection, now: float) -> None:
    """Write down that a person said release, of the review that was named or of the newest that can be released."""
    rows = [row for row in reviews.of(connection, visit.appid) if row.auditid is not None]
    for row in sorted(rows, key=lambda row: row.auditid or 0, reverse=True):
        if visit.hint.auditid in (None, row.auditid) and wishes.is_releasable(row):
            if row.wished_at < visit.hint.said_at:
                reviews.write(connection, row, now=now, wished_at=visit.hint.said_at, **wishes.release(row))
            return
