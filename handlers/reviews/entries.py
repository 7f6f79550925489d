"""What enters the table by being looked at: the newest review, whoever submitted it, and what people ordered."""

from typing import Any

from sqlalchemy import Connection

from handlers.notes.reading import in_both_languages
from handlers.reviews import announcements, lifecycle, wishes
from handlers.reviews.steps import Conflict, Nothing, Step
from handlers.reviews.visit import Visit
from handlers.wechat.endpoints.audit import LatestAudit
from service.store import inbox, mini_programs, reviews
from service.store.engine import reading
from service.store.reviews import MOST_OF_ONE, UNDER_WAY, Review, State


def enter_the_newest(visit: Visit) -> None:
    """Write down the newest review if there is no row of it, and what the hint says. Raises WeChatError, LeaseLost."""
    review, hint = visit.look.review(), visit.hint
    row = _row_of(visit, review) if review else None
    step = _entry(visit, review) if review and not row else None
    newest = review.auditid if review else 0
    is_news = visit.known_auditid is None or visit.known_auditid < newest
    if not (is_news or step or hint.ordered or hint.again or _is_told_first(visit, row, review)):
        return
    with visit.writing() as (connection, now):
        if is_news:
            mini_programs.know_auditid(connection, visit.appid, newest)
        if review and step:
            row = _enter(visit, connection, review, step, now)
            visit.know(row)
        if row and _is_told_first(visit, row, review):
            visit.know(reviews.write(connection, row, now=now, pushed_at=now))
        if hint.ordered:
            _order(visit, connection, now)
        if hint.again:
            _again(visit, connection, now)


def _row_of(visit: Visit, review: LatestAudit) -> Review | None:
    row = next((row for row in visit.rows if row.auditid == review.auditid), None)
    # If they are fewer, all there are were read.
    if row or len(visit.rows) < MOST_OF_ONE:
        return row
    with reading(visit.context.engine) as connection:
        return reviews.find(connection, visit.appid, review.auditid)


def _entry(visit: Visit, review: LatestAudit) -> Step | None:
    """Decide whether a review of which there is no row becomes one."""
    hint = visit.hint
    is_ordered = hint.ordered and hint.auditid in (None, review.auditid)
    pushed = is_ordered or hint.speaks_of(review)
    step = lifecycle.entry(review, visit.rows, visit.known_auditid, pushed=pushed)
    return None if isinstance(step, Nothing) else step


def _is_told_first(visit: Visit, row: Review | None, review: LatestAudit | None) -> bool:
    """Tell whether a push is the first word of a verdict."""
    if row is None or review is None or not visit.hint.speaks_of(review):
        return False
    return row.state in (*UNDER_WAY, State.CONFLICT) and row.pushed_at is None


def _enter(visit: Visit, connection: Connection, review: LatestAudit, step: Step, now: float) -> Review:
    """Add a row for a review that is not known; what WeChat shows of it is decided about as of any other."""
    fields: dict[str, Any] = {"appid": visit.appid, "auditid": review.auditid, "state": State.IN_REVIEW.value}
    fields |= {"user_version": review.user_version, "user_desc": review.user_desc}
    fields |= {"pushed_at": now} if visit.hint.speaks_of(review) else {}
    # It is as old as WeChat says, so that it is known whether its verdict may still be pushed.
    at = min(review.submit_audit_time or now, now)
    (row,) = reviews.add(connection, [{**fields, "submitted_at": at, "changed_at": at}], now=now)
    if isinstance(step, Conflict):
        said = in_both_languages({"state": State.CONFLICT.value, "note": step.why})
        row = reviews.write(connection, row, now=now, **said)
        inbox.add(connection, announcements.became(visit.context, row, now), visit.context.credentials, now)
    return row


def _order(visit: Visit, connection: Connection, now: float) -> None:
    """Write down that a person said release, of the review that was named or of the newest that can be released."""
    rows = [row for row in reviews.of(connection, visit.appid) if row.auditid is not None]
    for row in sorted(rows, key=lambda row: row.auditid or 0, reverse=True):
        if visit.hint.auditid in (None, row.auditid) and wishes.is_releasable(row):
            if row.wished_at < visit.hint.said_at:
                said = {"wished_at": visit.hint.said_at, **wishes.release(row)}
                visit.know(reviews.write(connection, row, now=now, **said))
            return


def _again(visit: Visit, connection: Connection, now: float) -> None:
    """Write down that a person said resubmit, of the review that was named."""
    rejected = reviews.find(connection, visit.appid, visit.hint.auditid or 0)
    if rejected and rejected.wished_at < visit.hint.said_at:
        visit.know(reviews.write(connection, rejected, now=now, wished_at=visit.hint.said_at, again=True))
