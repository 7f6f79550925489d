"""Nothing has to arrive: reviews that are pending too long are asked for, and the answer enters the inbox as a push."""

from collections.abc import Collection, Mapping
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection

from handlers.context import Context
from handlers.reviews import latest as audits
from handlers.reviews.policy import STATES
from handlers.rounds import go_round
from handlers.wechat.endpoints import audit as wechat_audit
from handlers.wechat.endpoints.audit import Audit, AuditRequest, AuditStatus, LatestAudit
from handlers.wechat.errors import Refused, WeChatError
from service.events.from_wechat import AuditFail, AuditSuccess, Data, Verdict
from service.events.message import Message, build, decode_loosely, identity
from service.store import attempts, inbox, mini_programs, notified
from service.store import reviews as submissions
from service.store.engine import reading
from service.store.inbox import Entry
from service.store.reviews import State, Submission

log = structlog.get_logger(__name__)

# WeChat's clock and ours may be so many seconds apart.
CLOCKS_DIFFER = 60


def reconcile(context: Context) -> None:
    """Ask for the reviews that have been pending for RECONCILE_AFTER, the longest not asked for first."""
    before = context.clock() - context.settings.reconcile_after
    with reading(context.engine) as connection:
        pending = submissions.pending(connection, before=before)
    go_round(context, "reconcile", pending, partial(_ask_in_turn, context), attrgetter("appid"))


def discover(context: Context) -> None:
    """Ask for the newest review of each mini program of which none is known to be pending.

    One that WeChat says is under way is expected from then on, whoever submitted it.
    """
    with reading(context.engine) as connection:
        pending = {submission.appid for submission in submissions.pending(connection, before=context.clock() + 1)}
        unknown = [appid for appid in mini_programs.authorized(connection) if appid not in pending]
    go_round(context, "discover", unknown, partial(_discover, context))


def _discover(context: Context, appid: str) -> None:
    latest = audits.ask_latest_if_any(context, appid)
    if latest and latest.status in audits.UNDER_WAY:
        with context.engine.begin() as connection:
            audits.expect(connection, appid, latest, context.clock())


def _ask_in_turn(context: Context, submission: Submission) -> None:
    try:
        _ask(context, submission)
    except WeChatError:
        # Asked for again after all others, in case it is this one that WeChat never tells of.
        with context.engine.begin() as connection:
            submissions.close(connection, submission, submission.state, now=context.clock())
        raise


def _ask(context: Context, submission: Submission) -> None:
    """Ask for one review: the newest decides what happens; of one that it superseded only the end is written down."""
    appid = submission.appid
    latest = audits.ask_latest_if_any(context, appid)
    if latest:
        _enter(context, appid, latest)
    is_latest = latest is not None and latest.auditid == submission.auditid
    unknown = (audits.NO_SUCH_REVIEW,) if latest else audits.NO_REVIEW_YET
    state = STATES[latest.status] if latest and is_latest else _state_of_older(context, submission, unknown)
    with context.engine.begin() as connection:
        submissions.close(connection, submission, state, now=context.clock())


def _enter(context: Context, appid: str, latest: LatestAudit) -> None:
    """Let a verdict enter the inbox, unless it is known; what was learned and what it means are one commit."""
    now = context.clock()
    with context.engine.begin() as connection:
        known = submissions.find(connection, appid, latest.auditid)
        verdict = verdict_message(context, appid, latest) if known is None or known.is_pending else None
        new = inbox.add(connection, [Entry(verdict)] if verdict else [], context.credentials, now)
        audits.learn(connection, appid, latest, now)
    if new:
        log.info("reconcile.found", appid=appid, auditid=latest.auditid, status=latest.status.name)


def _state_of_older(context: Context, submission: Submission, unknown: Collection[int]) -> State:
    """Ask how a review ended that is not the newest; one that WeChat says is unknown to it counts as withdrawn."""
    try:
        request = AuditRequest(auditid=submission.auditid)
        asked: Audit = context.wechat.call(wechat_audit.get_auditstatus, request, submission.appid)
    except Refused as error:
        if error.code not in unknown:
            raise
        return State.WITHDRAWN
    return STATES[asked.status]


class Asked(NamedTuple):
    """A verdict that WeChat was asked for, and when it entered the inbox."""

    data: Verdict
    at: float


def asked_before(connection: Connection, message: Message) -> Mapping[int, Asked]:
    """Give the verdicts, by review, that WeChat was asked for and people are told of, and that a push may repeat."""
    data = message.data
    if data.origin != "push" or not isinstance(data, AuditSuccess | AuditFail) or not data.create_time:
        return {}
    status = AuditStatus.APPROVED if isinstance(data, AuditSuccess) else AuditStatus.REJECTED
    asked = {}
    for review in submissions.newest_of(connection, message.subject, before=data.create_time + CLOCKS_DIFFER):
        id = _id(message.subject, review.auditid, status)
        found = inbox.find(connection, id)
        verdict = decode_loosely(found[0])[0].data if found else None
        is_open = attempts.state_of(connection, id, "weaudit.notify") in attempts.OPEN_STATES
        is_told = bool(notified.who(connection, [id])[id] - {notified.TRIED})
        if found and isinstance(verdict, Verdict) and (is_open or is_told):
            asked[review.auditid] = Asked(verdict, found[1])
    return asked


def told_already(context: Context, message: Message) -> bool:
    """Tell whether a pushed verdict is one that WeChat was asked for, and that people are told of because of that.

    A push names no review, so WeChat is asked for the newest: the push speaks of that one, if it has a verdict and was
    submitted before the push was sent, and else of one before. In doubt it is told: twice is better than never.
    """
    with reading(context.engine) as connection:
        asked = asked_before(connection, message)
        reviews = submissions.newest_of(connection, message.subject)
    data = message.data
    if not asked or not isinstance(data, Verdict) or not data.create_time:
        return False
    try:
        latest = audits.ask_latest_if_any(context, message.subject)
    except WeChatError as error:
        log.warning("reconcile.not_asked", appid=message.subject, error=str(error))
        return any(data.create_time <= each.at + CLOCKS_DIFFER for each in asked.values())
    if latest and latest.auditid in asked:
        return True
    if latest and latest.status in audits.VERDICTS and latest.submit_audit_time <= data.create_time:
        return False
    before = (review.auditid for review in reviews if latest is None or review.auditid < latest.auditid)
    earlier = asked.get(next(before, 0))
    return earlier is not None and (data.create_time <= earlier.at + CLOCKS_DIFFER or _is_same(data, earlier.data))


def _is_same(one: Verdict, other: Verdict) -> bool:
    return isinstance(one, AuditFail) and isinstance(other, AuditFail) and one.reason == other.reason


def _id(appid: str, auditid: int, status: AuditStatus) -> str:
    return identity(appid, {"reconciled": auditid, "status": int(status)})


def verdict_message(context: Context, appid: str, audit: LatestAudit) -> Message | None:
    """Build what WeChat would have pushed; None while there is no verdict."""
    now = context.clock()
    which: dict[str, Any] = {"auditid": audit.auditid, "user_version": audit.user_version}
    data: Data
    if audit.status is AuditStatus.APPROVED:
        kind = "wechat.weapp_audit_success"
        data = AuditSuccess(origin="reconcile", succ_time=int(now), **which)
    elif audit.status is AuditStatus.REJECTED:
        kind = "wechat.weapp_audit_fail"
        fields = {"reason": audit.reason, "screen_shot": audit.screenshot, "fail_time": int(now), "origin": "reconcile"}
        data = AuditFail.model_validate({**fields, **which})
    else:
        return None
    return build(
        kind,
        appid,
        data,
        id=_id(appid, audit.auditid, audit.status),
        component_appid=context.wechat.tokens.component_appid,
        at=now,
    )
