"""What was submitted for review and what became of it: one row an audit id, whoever tells us of it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, or_, select, update

from service.store import mini_programs
from service.store.engine import upsert
from service.store.tables import submissions as table


class State(StrEnum):
    """Where a review stands, in the words of WeChat's `status`, and `released` for what is online."""

    APPROVED = "approved"
    REJECTED = "rejected"
    IN_REVIEW = "in_review"
    WITHDRAWN = "withdrawn"
    DELAYED = "delayed"
    RELEASED = "released"


class Claim(StrEnum):
    """Whether a push may act on an audit id: yes, yes as it may have done before, not now, never again."""

    GRANTED = "granted"
    AGAIN = "again"
    BUSY = "busy"
    RELEASED = "released"


class Submission(NamedTuple):
    """One review. `request` and `committed` are the bodies of submit_audit and commit, empty if weaudit sent none."""

    appid: str
    auditid: int
    state: State
    user_version: str
    request: str
    round: int
    submitted_at: float
    changed_at: float
    committed: str = ""

    @property
    def is_pending(self) -> bool:
        """Tell whether the review has no verdict yet."""
        return self.state in PENDING


# Later than any time there is.
LATEST = 1e12
# What there is to say of a review that weaudit did not submit and nobody acts on.
NOT_OURS = {"request": "", "round": 1, "claimed_by": "", "claimed_until": 0.0}
PENDING = (State.IN_REVIEW, State.DELAYED)


def record(
    connection: Connection,
    appid: str,
    auditid: int,
    *,
    user_version: str,
    request: str,
    round: int,
    now: float,
    committed: str = "",
    submitted_at: float | None = None,
) -> None:
    """Write down what we submitted, now if nothing else is known; what was learned of it meanwhile stays."""
    told = {"user_version": user_version, "request": request, "committed": committed, "round": round}
    row = {"appid": appid, "auditid": auditid, "state": State.IN_REVIEW.value, "changed_at": now, **told}
    row |= {"submitted_at": now if submitted_at is None else submitted_at}
    connection.execute(
        upsert(connection, table)
        .values(claimed_by="", claimed_until=0.0, **row)
        .on_conflict_do_update(index_elements=["appid", "auditid"], set_=told)
    )


def learn(
    connection: Connection,
    appid: str,
    auditid: int,
    state: State,
    *,
    user_version: str,
    submitted_at: float,
    now: float,
) -> None:
    """Write down what WeChat says of a review; a released one stays released, and a verdict is not taken back."""
    told = {"state": state.value, "user_version": user_version, "submitted_at": submitted_at}
    row = {"appid": appid, "auditid": auditid, **told, "changed_at": now, **NOT_OURS}
    connection.execute(
        upsert(connection, table)
        .values(row)
        .on_conflict_do_update(
            index_elements=["appid", "auditid"],
            set_={"state": state.value, "changed_at": now},
            where=table.c.state.in_(PENDING) if state in PENDING else table.c.state != State.RELEASED.value,
        )
    )


def expect(
    connection: Connection, appid: str, auditid: int, *, user_version: str, submitted_at: float, now: float
) -> None:
    """Write down that a review has a verdict coming; what is known of it already stays."""
    told = {"state": State.IN_REVIEW.value, "user_version": user_version, "submitted_at": submitted_at}
    row = {"appid": appid, "auditid": auditid, **told, "changed_at": now, **NOT_OURS}
    connection.execute(upsert(connection, table).values(row).on_conflict_do_nothing())


def close(connection: Connection, submission: Submission, state: State, *, now: float) -> None:
    """Write down where a pending review stands; one that is still pending is then the last to be asked for again."""
    connection.execute(
        update(table)
        .where(
            table.c.appid == submission.appid,
            table.c.auditid == submission.auditid,
            table.c.state.in_(PENDING),
        )
        .values(state=state.value, changed_at=now)
    )


def claim(connection: Connection, appid: str, auditid: int, owner: str, *, now: float, until: float) -> Claim:
    """Take the right to act on an audit id for one push until a time; the same push may take it again.

    AGAIN if any push has had it: who died with it may have acted.
    """
    mine = (table.c.appid == appid) & (table.c.auditid == auditid)
    known = connection.execute(select(table.c.state, table.c.claimed_by).where(mine)).one()
    granted = connection.execute(
        update(table)
        .where(
            mine,
            table.c.state != State.RELEASED.value,
            or_(table.c.claimed_until <= now, table.c.claimed_by == owner),
        )
        .values(claimed_by=owner, claimed_until=until)
    )
    if granted.rowcount == 1:
        return Claim.AGAIN if known.claimed_by else Claim.GRANTED
    return Claim.RELEASED if known.state == State.RELEASED.value else Claim.BUSY


def unclaim(connection: Connection, appid: str, auditid: int, owner: str) -> None:
    """Give a claim back: what the push claimed it for was refused, so nothing was done."""
    mine = (table.c.appid == appid) & (table.c.auditid == auditid) & (table.c.claimed_by == owner)
    connection.execute(update(table).where(mine).values(claimed_by="", claimed_until=0.0))


def claimed(connection: Connection, appid: str, owner: str) -> Submission | None:
    """Find the review that a push has claimed last."""
    row = connection.execute(
        select(table)
        .where(table.c.appid == appid, table.c.claimed_by == owner)
        .order_by(table.c.auditid.desc())
        .limit(1)
    ).first()
    return None if row is None else _submission(row)


def released(connection: Connection, appid: str, auditid: int, *, now: float) -> None:
    """Write down that a review's version is online."""
    connection.execute(
        update(table)
        .where(table.c.appid == appid, table.c.auditid == auditid)
        .values(state=State.RELEASED.value, changed_at=now, claimed_until=0.0)
    )


def find(connection: Connection, appid: str, auditid: int) -> Submission | None:
    """Find one review."""
    row = connection.execute(select(table).where(table.c.appid == appid, table.c.auditid == auditid)).first()
    return None if row is None else _submission(row)


def pending(connection: Connection, *, before: float, limit: int = 200) -> Sequence[Submission]:
    """List the reviews without a verdict that were submitted before a time, the longest not asked for first.

    Of a mini program that took its authorization back nothing can be asked, until it authorizes again.
    """
    rows = connection.execute(
        select(table)
        .where(
            table.c.state.in_(PENDING), table.c.submitted_at < before, table.c.appid.not_in(mini_programs.UNAUTHORIZED)
        )
        .order_by(table.c.changed_at)
        .limit(limit)
    )
    return [_submission(row) for row in rows]


def _submission(row: Row[Any]) -> Submission:
    return Submission(
        row.appid,
        row.auditid,
        State(row.state),
        row.user_version,
        row.request,
        row.round,
        row.submitted_at,
        row.changed_at,
        row.committed,
    )


def newest_of(connection: Connection, appid: str, *, before: float = LATEST, limit: int = 5) -> Sequence[Submission]:
    """List the newest reviews of a mini program that were submitted before a time, the newest first."""
    rows = connection.execute(
        select(table)
        .where(table.c.appid == appid, table.c.submitted_at < before)
        .order_by(table.c.submitted_at.desc(), table.c.id.desc())
        .limit(limit)
    )
    return [_submission(row) for row in rows]
