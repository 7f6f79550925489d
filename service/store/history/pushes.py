"""Pushes as people read them: what was told, what each reaction did about it or waits for, and what is dead."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from service.events.message import MessageError, decode_loosely
from service.store.attempts import AttemptState
from service.store.tables import BLOCKED, DEAD, OPEN, attempts, calls, pushes, reviews


class ReactionStatus(NamedTuple):
    """One reaction to a push: where it stands since when, why, and when it is due again; times in Unix seconds.

    `waits_for` is the cause that it is blocked on, if it is.
    """

    queue: str
    state: str
    tries: int
    note: str
    changed_at: float
    due_at: float | None
    waits_for: str = ""


class PushHistory(NamedTuple):
    """A push and its reactions; `problem` is what of it could not be read, `note` why subscribers do not have it."""

    id: str
    type: str
    appid: str
    received_at: float | None
    reactions: tuple[ReactionStatus, ...]
    problem: str = ""
    seq: int = 0
    note: str = ""
    body: str = ""

    def as_row(self) -> Mapping[str, Any]:
        """Return what programs read."""
        row = {**self._asdict(), "reactions": [reaction._asdict() for reaction in self.reactions]}
        return {name: value for name, value in row.items() if name != "body"}


class Wanted(NamedTuple):
    """Which pushes: of one mini program, a type (`weapp_audit_fail` will do), with a reaction in a state, since a time.

    `auditid`: that speak of a review; `rid`: that a call was made for which WeChat gave that rid. `after`, `before`:
    newer or older than one by its seq.
    """

    appid: str = ""
    type: str = ""
    state: str = ""
    since: float = 0.0
    auditid: int | None = None
    rid: str = ""
    after: int = 0
    before: int = 0


def newest(connection: Connection, wanted: Wanted = Wanted(), *, limit: int = 20) -> Sequence[PushHistory]:  # noqa: B008
    """List the newest pushes, the newest first."""
    chosen = select(pushes).where(*_conditions(connection, wanted)).order_by(pushes.c.seq.desc()).limit(limit)
    return with_reactions(connection, connection.execute(chosen).all())


def _conditions(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.appid:
        conditions.append(pushes.c.appid == wanted.appid)
    if wanted.type:
        conditions.append(pushes.c.type.in_([wanted.type, f"wechat.{wanted.type}", f"weaudit.{wanted.type}"]))
    if wanted.state:
        conditions.append(_with_a_reaction(wanted.state))
    if wanted.since:
        conditions.append(pushes.c.received_at >= wanted.since)
    if wanted.after:
        conditions.append(pushes.c.seq > wanted.after)
    if wanted.before:
        conditions.append(pushes.c.seq < wanted.before)
    if wanted.auditid is not None:
        conditions += _of_review(connection, wanted.auditid)
    if wanted.rid:
        conditions += _of_rid(connection, wanted.rid)
    return conditions


def _with_a_reaction(state: str) -> ColumnElement[bool]:
    """Choose pushes with a reaction in a state: by its index where few are, else by the newest, which are many."""
    for few in (DEAD, BLOCKED, OPEN):
        if f"'{state}'" in few.text:
            return pushes.c.id.in_(select(attempts.c.push_id).where(few, attempts.c.state == state))
    return exists().where(attempts.c.push_id == pushes.c.id, attempts.c.state == state)


def _of_review(connection: Connection, auditid: int) -> list[ColumnElement[bool]]:
    """Choose what speaks of a review: what names it, and its verdict as WeChat pushed it, which names none."""
    row = connection.execute(select(reviews).where(reviews.c.auditid == auditid)).first()
    named = or_(*(pushes.c.body.contains(f'"auditid":{auditid}{end}') for end in (",", "}")))
    if row is None:
        return [named]
    later = select(func.min(reviews.c.submitted_at)).where(
        reviews.c.appid == row.appid, reviews.c.auditid > auditid, reviews.c.submitted_at > 0
    )
    until = connection.execute(later).scalar()
    verdicts = pushes.c.type.like("wechat.weapp_audit%") & (pushes.c.received_at >= row.submitted_at)
    its = verdicts if until is None else verdicts & (pushes.c.received_at < until)
    return [pushes.c.appid == row.appid, or_(named, its)]


def _of_rid(connection: Connection, rid: str) -> list[ColumnElement[bool]]:
    """Choose what notes a call, or speaks of the review that it was made for."""
    call = connection.execute(select(calls.c.appid, calls.c.review).where(calls.c.rid == rid)).first()
    noted = pushes.c.id.in_(select(attempts.c.push_id).where(attempts.c.note.contains(rid, autoescape=True)))
    if call is None:
        return [noted]
    auditid = connection.execute(select(reviews.c.auditid).where(reviews.c.id == call.review)).scalar()
    of_review = [] if auditid is None else [and_(*_of_review(connection, auditid))]
    return [pushes.c.appid == call.appid, or_(noted, *of_review)]


def find(connection: Connection, id: str) -> PushHistory | None:
    """Find a push by its id, or by the first characters of it, if no other begins with them."""
    chosen = select(pushes).where(pushes.c.id >= id, pushes.c.id < id + "g").limit(2)
    rows = connection.execute(chosen).all()
    return with_reactions(connection, rows)[0] if len(rows) == 1 else None


def dead(connection: Connection, *, limit: int = 1000) -> Sequence[PushHistory]:
    """List the pushes with a dead reaction, and of their reactions just those, the longest dead first.

    A push that somebody deleted by hand is listed by its id alone.
    """
    is_dead = attempts.c.state == AttemptState.DEAD.value
    ids = select(attempts.c.push_id).where(is_dead).group_by(attempts.c.push_id)
    oldest = ids.order_by(func.min(attempts.c.changed_at)).limit(limit).subquery()
    columns = (
        oldest.c.push_id.label("id"),
        *(pushes.c.seq, pushes.c.type, pushes.c.appid, pushes.c.received_at, pushes.c.body, pushes.c.note),
    )
    rows = connection.execute(select(*columns).outerjoin_from(oldest, pushes, pushes.c.id == oldest.c.push_id)).all()
    entries = with_reactions(connection, rows)
    only_dead = [
        entry._replace(reactions=tuple(each for each in entry.reactions if each.state == AttemptState.DEAD.value))
        for entry in entries
    ]
    # One may have been revived since.
    still_dead = [entry for entry in only_dead if entry.reactions]
    return sorted(still_dead, key=lambda entry: min(each.changed_at for each in entry.reactions))


def with_reactions(connection: Connection, rows: Sequence[Any]) -> Sequence[PushHistory]:
    """Add to rows of pushes what each reaction did about them."""
    reactions: dict[str, list[ReactionStatus]] = defaultdict(list)
    chosen = attempts.c.push_id.in_([row.id for row in rows])
    for row in connection.execute(select(attempts).where(chosen).order_by(attempts.c.queue)):
        due_at = row.due_at if row.state == AttemptState.RETRYING.value else None
        known = (row.queue, row.state, row.tries, row.note, row.changed_at, due_at, row.waits_for)
        reactions[row.push_id].append(ReactionStatus(*known))
    return [
        PushHistory(
            row.id,
            row.type or "",
            row.appid or "",
            row.received_at,
            tuple(reactions[row.id]),
            _problem(row.body),
            row.seq or 0,
            row.note or "",
            row.body or "",
        )
        for row in rows
    ]


def _problem(body: str | None) -> str:
    try:
        data, _ = decode_loosely(body or "")
    except MessageError:
        return ""
    return data.data.problem or ""
