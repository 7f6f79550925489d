"""The ledger of reactions: one row a push and queue, begun before it is tried and ended only by a committed row.

waiting ──begin──▶ running ──finish──▶ done | skipped | dead | blocked (on a cause: service/store/causes.py)
   ▲                  │ finish(retrying)                 dead ── dismiss ──▶ skipped
   └──── due.take ────┴──▶ retrying        (a lease that ran out, or a time that has come)
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

import structlog
from sqlalchemy import ColumnElement, Connection, bindparam, case, exists, func, or_, select, tuple_, update

from service.store.leases import LEASE
from service.store.tables import BLOCKED, DEAD, OPEN, RETRYING, attempts, pushes

log = structlog.get_logger(__name__)

DISMISSED = "dismissed by a person: "


class AttemptState(StrEnum):
    """Where a reaction stands."""

    WAITING = "waiting"
    RUNNING = "running"
    RETRYING = "retrying"
    BLOCKED = "blocked"
    DONE = "done"
    SKIPPED = "skipped"
    DEAD = "dead"


OPEN_STATES = frozenset({AttemptState.WAITING, AttemptState.RUNNING, AttemptState.RETRYING})


class Attempt(NamedTuple):
    """A reaction that was begun for the `tries`-th time, with its message as JSON; no two tries have one `fence`.

    `waits_for` is the cause that blocked it, if this try is to see whether that is gone.
    """

    push_id: str
    queue: str
    tries: int
    fence: int
    body: str
    waits_for: str = ""


def begin(connection: Connection, push_id: str, queue: str, *, now: float) -> Attempt | None:
    """Count a delivery and take the reaction for LEASE seconds; None if it is not waiting (a repetition)."""
    which = {"of_push": push_id, "of_queue": queue, "now": now, "until": now + LEASE}
    taken = connection.execute(_BEGIN, which).first()
    return None if taken is None else Attempt(push_id, queue, taken.tries, taken.fence, taken.body, taken.waits_for)


# Built once, as what is done for each reaction: to build it takes longer than to run it.
_BEGIN = (
    update(attempts)
    .where(
        attempts.c.push_id == bindparam("of_push"),
        attempts.c.queue == bindparam("of_queue"),
        attempts.c.state == AttemptState.WAITING.value,
    )
    .values(
        state=AttemptState.RUNNING.value,
        tries=attempts.c.tries + 1,
        fence=attempts.c.fence + 1,
        due_at=bindparam("until"),
        changed_at=bindparam("now"),
    )
    .returning(
        attempts.c.tries,
        attempts.c.fence,
        attempts.c.waits_for,
        select(pushes.c.body).where(pushes.c.id == attempts.c.push_id).scalar_subquery().label("body"),
    )
)


def hold(connection: Connection, held: Iterable[Attempt], *, now: float) -> None:
    """Move running reactions on, all in one statement, but those that are no longer ours."""
    keys = [(attempt.push_id, attempt.queue, attempt.fence) for attempt in held]
    ours = tuple_(attempts.c.push_id, attempts.c.queue, attempts.c.fence).in_(keys)
    running = attempts.c.state == AttemptState.RUNNING.value
    connection.execute(update(attempts).where(ours, running).values(due_at=now + LEASE))


def finish(
    connection: Connection,
    attempt: Attempt,
    state: AttemptState,
    note: str,
    *,
    now: float,
    due_at: float | None = None,
    counts: bool = True,
    waits_for: str = "",
) -> bool:
    """End a running reaction, or put it off until `due_at`; False, and nothing written, if it is no longer ours.

    A try that only found that it is not time yet does not count as one.
    """
    which = {"of_push": attempt.push_id, "of_queue": attempt.queue, "of_fence": attempt.fence}
    ended = {
        "state": state.value,
        "note": note,
        "changed_at": now,
        "due_at": now if due_at is None else due_at,
        "tries": attempt.tries if counts else max(attempt.tries - 1, 0),
        "waits_for": waits_for,
    }
    return connection.execute(_FINISH, {**which, **ended}).rowcount == 1


_FINISH = update(attempts).where(
    attempts.c.push_id == bindparam("of_push"),
    attempts.c.queue == bindparam("of_queue"),
    attempts.c.state == AttemptState.RUNNING.value,
    attempts.c.fence == bindparam("of_fence"),
)


def put_off(connection: Connection, push_id: str, queue: str, *, now: float) -> None:
    """Let a reaction that is waiting be published again after LEASE seconds, if nobody makes it due before."""
    mine = (attempts.c.push_id == push_id) & (attempts.c.queue == queue)
    waiting = attempts.c.state == AttemptState.WAITING.value
    connection.execute(update(attempts).where(mine, waiting).values(due_at=now + LEASE))


def wake(connection: Connection, waits_for: str, *, now: float) -> int:
    """Make due what is tried later because something outside was away; return how many.

    The try that found it away does not count: if it is away again, this one was not to blame either.
    """
    away = (attempts.c.waits_for == waits_for) & (attempts.c.due_at > now)
    tries = case((attempts.c.tries > 0, attempts.c.tries - 1), else_=0)
    return connection.execute(update(attempts).where(RETRYING, away).values(due_at=now, tries=tries)).rowcount


def are_waiting_for(connection: Connection, cause: str) -> bool:
    """Tell whether a reaction is blocked on a cause, or tries whether that is gone."""
    those = select(attempts.c.push_id).where(attempts.c.waits_for == cause).limit(1)
    return any(connection.execute(those.where(state)).first() for state in (BLOCKED, OPEN))


class Chosen(NamedTuple):
    """Which dead reactions are meant: of pushes, of a mini program, with words in the note, of a queue; or all.

    With `waiting` also those that are to be tried later, with `dismissed` those that a person dismissed; with `by` none
    that changed after that time.
    """

    push_ids: tuple[str, ...] = ()
    appid: str = ""
    reason: str = ""
    queue: str = ""
    waiting: bool = False
    dismissed: bool = False
    by: float | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what they have in common."""
        # By a name of its own: who reads the pushes of what is chosen has that table, too.
        its = pushes.alias("its_push")
        of_the_app = exists().where(its.c.id == attempts.c.push_id, its.c.appid == self.appid)
        return [
            or_(DEAD, *([RETRYING] if self.waiting else []), *([_DISMISSED] if self.dismissed else [])),
            *([attempts.c.push_id.in_(self.push_ids)] if self.push_ids else []),
            *([of_the_app] if self.appid else []),
            *([attempts.c.note.contains(self.reason, autoescape=True)] if self.reason else []),
            *([attempts.c.queue == self.queue] if self.queue else []),
            *([attempts.c.changed_at <= self.by] if self.by is not None else []),
        ]


_DISMISSED = (attempts.c.state == AttemptState.SKIPPED.value) & attempts.c.note.startswith(DISMISSED)


def count_chosen(connection: Connection, which: Chosen) -> int:
    """Count them."""
    return int(connection.execute(select(func.count()).select_from(attempts).where(*which.conditions())).scalar_one())


def revive(connection: Connection, which: Chosen, *, now: float) -> int:
    """Let dead reactions begin anew, as if never tried; return how many."""
    fresh = {"state": AttemptState.WAITING.value, "tries": 0, "due_at": now, "changed_at": now}
    return connection.execute(update(attempts).where(*which.conditions()).values(fresh)).rowcount


def bodies_of(connection: Connection, which: Chosen, queue: str) -> Sequence[str]:
    """Return the messages, as JSON, whose reaction in a queue is chosen."""
    chosen = select(pushes.c.body).join(attempts, attempts.c.push_id == pushes.c.id)
    return connection.execute(chosen.where(attempts.c.queue == queue, *which.conditions())).scalars().all()


def dismiss(connection: Connection, which: Chosen, *, now: float) -> int:
    """Let what is dead be settled, because a person saw to it or it does not matter any more; return how many."""
    settled = {"state": AttemptState.SKIPPED.value, "note": DISMISSED + attempts.c.note, "changed_at": now}
    return connection.execute(update(attempts).where(*which.conditions()).values(settled)).rowcount


def state_of(connection: Connection, push_id: str, queue: str) -> AttemptState | None:
    """Return where a reaction stands; None if the push calls for none."""
    mine = (attempts.c.push_id == push_id) & (attempts.c.queue == queue)
    state = connection.execute(select(attempts.c.state).where(mine)).scalar()
    return None if state is None else AttemptState(state)


def count(connection: Connection) -> dict[tuple[str, str], int]:
    """Count the reactions that are open, blocked or dead, by (queue, state)."""
    counted = select(attempts.c.queue, attempts.c.state, func.count()).group_by(attempts.c.queue, attempts.c.state)
    rows = connection.execute(counted.where(OPEN).union_all(counted.where(DEAD), counted.where(BLOCKED)))
    return {(queue, state): number for queue, state, number in rows}
