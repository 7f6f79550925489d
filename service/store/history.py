"""The ledger as people read it: what was told, what each reaction did about it or waits for, and what is dead."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from service.events.message import MessageError, decode_loosely
from service.store.attempts import AttemptState
from service.store.tables import attempts, pushes


class ReactionStatus(NamedTuple):
    """One reaction to a push: where it stands since when, why, and when it is due again; times in Unix seconds."""

    queue: str
    state: str
    tries: int
    note: str
    changed_at: float
    due_at: float | None


class PushHistory(NamedTuple):
    """A push and its reactions; `problem` is what of it could not be read."""

    id: str
    type: str
    appid: str
    received_at: float | None
    reactions: tuple[ReactionStatus, ...]
    problem: str = ""

    def as_row(self) -> Mapping[str, Any]:
        """Return what programs read."""
        return {**self._asdict(), "reactions": [reaction._asdict() for reaction in self.reactions]}


def newest(connection: Connection, *, appid: str = "", limit: int = 20) -> Sequence[PushHistory]:
    """List the newest pushes, of one mini program or of all, the newest first."""
    chosen = [pushes.c.appid == appid] if appid else []
    rows = connection.execute(select(pushes).where(*chosen).order_by(pushes.c.seq.desc()).limit(limit)).all()
    return _with_reactions(connection, rows)


def dead(connection: Connection, *, limit: int = 1000) -> Sequence[PushHistory]:
    """List the pushes with a dead reaction, and of their reactions just those, the longest dead first.

    A push that somebody deleted by hand is listed by its id alone.
    """
    is_dead = attempts.c.state == AttemptState.DEAD.value
    ids = select(attempts.c.push_id).where(is_dead).group_by(attempts.c.push_id)
    oldest = ids.order_by(func.min(attempts.c.changed_at)).limit(limit).subquery()
    columns = (oldest.c.push_id.label("id"), pushes.c.type, pushes.c.appid, pushes.c.received_at, pushes.c.body)
    rows = connection.execute(select(*columns).outerjoin_from(oldest, pushes, pushes.c.id == oldest.c.push_id)).all()
    entries = _with_reactions(connection, rows)
    only_dead = [
        entry._replace(reactions=tuple(each for each in entry.reactions if each.state == AttemptState.DEAD.value))
        for entry in entries
    ]
    # One may have been revived since.
    still_dead = [entry for entry in only_dead if entry.reactions]
    return sorted(still_dead, key=lambda entry: min(each.changed_at for each in entry.reactions))


def _with_reactions(connection: Connection, rows: Sequence[Any]) -> Sequence[PushHistory]:
    reactions: dict[str, list[ReactionStatus]] = defaultdict(list)
    chosen = attempts.c.push_id.in_([row.id for row in rows])
    for row in connection.execute(select(attempts).where(chosen).order_by(attempts.c.queue)):
        due_at = row.due_at if row.state == AttemptState.RETRYING.value else None
        reactions[row.push_id].append(ReactionStatus(row.queue, row.state, row.tries, row.note, row.changed_at, due_at))
    return [
        PushHistory(
            row.id, row.type or "", row.appid or "", row.received_at, tuple(reactions[row.id]), _problem(row.body)
        )
        for row in rows
    ]


def _problem(body: str | None) -> str:
    try:
        data, _ = decode_loosely(body or "")
    except MessageError:
        return ""
    return data.data.problem or ""
