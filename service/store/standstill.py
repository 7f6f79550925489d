"""Why the reactions to some pushes do not go on: given up, blocked, or taken up by nobody."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, exists, or_, select, update

from service.store.attempts import AttemptState
from service.store.reviews import State
from service.store.tables import BLOCKED, DEAD, OPEN, attempts, pushes, reviews
from service.topology import RELEASE

ASKS_FOR_A_RELEASE = ("wechat.weapp_audit_success", "weaudit.release_ordered")
ONLINE_SINCE = "a version went online since: "


class Stuck(NamedTuple):
    """Why a reaction does not go on: it was given up, or waits for a cause, whose name this is."""

    note: str
    cause: str


def stuck(connection: Connection, queue: str, push_ids: Collection[str]) -> Mapping[str, Stuck]:
    """Return, of those pushes whose reaction was given up or is blocked, why."""
    those = (attempts.c.queue == queue) & attempts.c.push_id.in_(push_ids)
    columns = (attempts.c.push_id, attempts.c.note, attempts.c.waits_for)
    rows = connection.execute(select(*columns).where(those, or_(DEAD, BLOCKED)))
    return {row.push_id: Stuck(row.note, row.waits_for) for row in rows}


def settle_what_is_online(connection: Connection, *, now: float) -> int:
    """Settle what gave up a release, where a version of that mini program went online since; return how many."""
    online_since = exists().where(
        pushes.c.id == attempts.c.push_id,
        pushes.c.type.in_(ASKS_FOR_A_RELEASE),
        reviews.c.appid == pushes.c.appid,
        reviews.c.state == State.RELEASED.value,
        reviews.c.changed_at > attempts.c.changed_at,
    )
    settled = {"state": AttemptState.SKIPPED.value, "note": ONLINE_SINCE + attempts.c.note, "changed_at": now}
    given_up = (DEAD, attempts.c.queue == RELEASE)
    return connection.execute(update(attempts).where(*given_up, online_since).values(settled)).rowcount


def not_taken_up(connection: Connection, queue: str, push_ids: Collection[str], *, now: float, after: float) -> str:
    """Return which process has to run, relay or worker, if nothing was done for `after` seconds; else empty."""
    mine = select(attempts.c.state, attempts.c.due_at, attempts.c.changed_at)
    those = (attempts.c.queue == queue) & attempts.c.push_id.in_(push_ids)
    rows = connection.execute(mine.where(those, or_(OPEN, attempts.c.changed_at > now - after))).all()
    waiting = [row for row in rows if row.state == AttemptState.WAITING.value]
    others = [row for row in rows if row.state != AttemptState.WAITING.value]
    is_idle = all(row.changed_at <= now - after for row in rows) and all(row.due_at <= now - after for row in others)
    if not rows or not is_idle:
        return ""
    return "relay" if others or any(row.due_at <= now - after for row in waiting) else "worker"
