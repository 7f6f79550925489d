"""What subscribers and people are told of a version: its verdict, if no push came, and what weaudit did."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from handlers.context import Context
from service.events.from_weaudit import InConflict, Outcome, Planned, Released, Resubmitted, RollingOut, TakenBack
from service.events.from_wechat import AuditFail, AuditSuccess, Data
from service.events.message import build, identity
from service.store.inbox import Entry
from service.store.reviews import Review, State

PUSHES: Mapping[State, str] = MappingProxyType(
    {State.APPROVED: "wechat.weapp_audit_success", State.REJECTED: "wechat.weapp_audit_fail"}
)


def verdict(context: Context, row: Review, now: float, *, screenshots: str) -> list[Entry]:
    """Announce a verdict that WeChat was asked for, as WeChat would have pushed it."""
    which: dict[str, Any] = {"auditid": row.auditid, "user_version": row.user_version, "origin": "reconcile"}
    data: Data
    if row.verdict == State.APPROVED:
        status, data = 0, AuditSuccess(succ_time=int(now), **which)
    elif row.verdict == State.REJECTED:
        fields = {"reason": row.reason, "screen_shot": screenshots, "fail_time": int(now), **which}
        status, data = 1, AuditFail.model_validate(fields)
    else:
        return []
    id = identity(row.appid, {"reconciled": row.auditid, "status": status})
    return [_entry(context, PUSHES[State(row.verdict)], data, id, row.appid, now)]


def begun(context: Context, row: Review, now: float) -> list[Entry]:
    """Announce that a rejected version was submitted again."""
    if row.previous_auditid is None:
        return []
    told = Resubmitted(**_which(row), previous_auditid=row.previous_auditid, round=row.round)
    return [_outcome(context, "weaudit.resubmitted", row, told, now)]


def became(context: Context, row: Review, now: float) -> list[Entry]:
    """Announce what people and subscribers want to know about the state that a version is in."""
    match row.state:
        case State.ROLLING_OUT:
            told: Outcome = RollingOut(**_which(row), gray_percentage=row.percent)
            return [_outcome(context, "weaudit.rolling_out", row, told, now)]
        case State.RELEASED:
            told = Released(**_which(row), already=row.called_at is None)
            return [_outcome(context, "weaudit.released", row, told, now)]
        case State.TAKEN_BACK:
            return [
                _outcome(context, "weaudit.taken_back", row, TakenBack(**_which(row), gray_percentage=row.percent), now)
            ]
        case State.CONFLICT:
            told = InConflict(**_which(row), reason=row.note, chinese=row.chinese)
            return [_outcome(context, "weaudit.conflict", row, told, now)]
        case _:
            return []


def planned_id(row: Review) -> str:
    """Return the id of the message that carries a plan to a worker."""
    return identity(row.appid, {"type": "weaudit.planned", "row": row.id})


def planned(context: Context, row: Review, template_id: int, now: float) -> Entry:
    """Announce that a version is wanted: the message that carries it to a worker."""
    told = Planned(**_which(row), review=row.id, plan=row.plan, template_id=template_id)
    return _entry(context, "weaudit.planned", told, planned_id(row), row.appid, now)


def _which(row: Review) -> dict[str, Any]:
    return {"auditid": row.auditid, "user_version": row.user_version}


def _outcome(context: Context, kind: str, row: Review, data: Outcome, now: float) -> Entry:
    """Make a message that a row tells once; a release once a review, whichever row speaks of it."""
    once: dict[str, object] = {"row": row.id, "reason": row.note}
    if isinstance(data, Released):
        once = {"auditid": row.auditid}
    if isinstance(data, TakenBack):
        # It may be released again, and taken back again.
        once |= {"at": row.changed_at}
    return _entry(context, kind, data, identity(row.appid, {"type": kind, **once}), row.appid, now)


def _entry(context: Context, kind: str, data: Data, id: str, appid: str, now: float) -> Entry:  # noqa: PLR0917 its parts
    us = context.wechat.tokens.component_appid
    return Entry(build(kind, appid, data, id=id, component_appid=us, at=now))
