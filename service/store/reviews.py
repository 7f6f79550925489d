"""The life of each version: one row a version on its way into one mini program, in one named state."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, func, insert, or_, select, update

from service.store import mini_programs
from service.store.tables import reviews as table


class State(StrEnum):
    """Where a version is; docs/architecture.md draws how it gets from one to the next."""

    PLANNED = "planned"
    COMMITTING = "committing"
    COMMITTED = "committed"
    SUBMITTING = "submitting"
    IN_REVIEW = "in_review"
    DELAYED = "delayed"
    APPROVED = "approved"
    RELEASING = "releasing"
    ROLLING_OUT = "rolling_out"
    TAKING_BACK = "taking_back"
    RELEASED = "released"
    TAKEN_BACK = "taken_back"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    CONFLICT = "conflict"


class Wanted(StrEnum):
    """What a person wants of a version beside a release (`ordered`) or another try (`again`)."""

    NOTHING = ""
    HOLD = "hold"
    WITHDRAW = "withdraw"
    TAKE_BACK = "take_back"


# On its way to a review, under way at WeChat, and on its way to the users.
BEFORE_REVIEW = (State.PLANNED, State.COMMITTING, State.COMMITTED, State.SUBMITTING)
UNDER_WAY = (State.IN_REVIEW, State.DELAYED)
AFTER_REVIEW = (State.APPROVED, State.RELEASING, State.ROLLING_OUT, State.TAKING_BACK)
# What WeChat is asked about by itself, however long it takes: nobody pushes that a release is over.
WITH_WECHAT = (*UNDER_WAY, State.RELEASING, State.ROLLING_OUT, State.TAKING_BACK)
ENDS = (State.RELEASED, State.TAKEN_BACK, State.WITHDRAWN, State.SUPERSEDED, State.REFUSED)
# More of one mini program are never looked at together.
MOST_OF_ONE = 20


class NotAsExpected(Exception):
    """The row is not in the state any more from which it was to be changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One version on its way into one mini program. Times in Unix seconds; of other programs' versions much is empty.

    `plan`: the submission of many that it belongs to. `mark`: what its user_desc ends in, so that WeChat shows which
    version is ours. `commit_body`, `audit_fields`: what is wanted; `request`: the body of submit_audit as it is sent.
    `former_*`: what WeChat showed before weaudit first changed something (exp_time, auditid; release_time and a gray
    plan's create_timestamp at the verdict). `trial`: the exp_time of our commit. `called_at`, `answer`: the last call
    that changes something, and WeChat's errcode, None while no answer was heard; `refusals`: how often it was refused
    in a way that may pass. `pushed_at`: since when a push says that there is a verdict. `ordered`: a person
    said release; `again`: a person said submit the rejected one once more; `wanted`: what else a person said last;
    `wished_at`: when a person said something last.
    """

    id: int
    appid: str
    state: State
    user_version: str
    plan: str = ""
    mark: str = ""
    round: int = 1
    user_desc: str = ""
    commit_body: str = ""
    digest: str = ""
    audit_fields: str = "{}"
    request: str = ""
    auditid: int | None = None
    previous_auditid: int | None = None
    former_trial: int | None = None
    former_auditid: int | None = None
    former_release: int | None = None
    former_gray: int | None = None
    trial: int | None = None
    called_at: float | None = None
    answer: int | None = None
    refusals: int = 0
    verdict: str = ""
    reason: str = ""
    pushed_at: float | None = None
    ordered: bool = False
    again: bool = False
    wanted: Wanted = Wanted.NOTHING
    wished_at: float = 0.0
    percent: int = 0
    note: str = ""
    chinese: str = ""
    submitted_at: float = 0.0
    changed_at: float = 0.0
    asked_at: float = 0.0


COLUMNS = tuple(field.name for field in fields(Review))
# What a person's word changes while a visit goes on, beside the state, which a write expects; all else only visits do.
PEOPLE_CHANGE = (
    table.c.ordered,
    table.c.again,
    table.c.wanted,
    table.c.wished_at,
    table.c.called_at,
    table.c.answer,
    table.c.refusals,
)


def add(connection: Connection, rows: Sequence[Mapping[str, Any]], *, now: float) -> Sequence[Review]:
    """Add rows, and return them as they are then, in their order."""
    known = {"changed_at": now, "asked_at": now}
    written = connection.execute(
        insert(table).returning(table, sort_by_parameter_order=True), [{**known, **row} for row in rows]
    )
    return [of_row(row) for row in written]


def write(connection: Connection, review: Review, *, now: float, same_wish: bool = False, **changes: Any) -> Review:
    """Change a row that is in the state in which it was read, and with `same_wish` nobody said anything since.

    Return it as it is then. A new state has a new time. Raises NotAsExpected.
    """
    if unknown := changes.keys() - set(COLUMNS):
        raise TypeError(f"a review has no {', '.join(sorted(unknown))}")
    since = {"changed_at": now} if changes.get("state", review.state) is not review.state else {}
    same = {"of_id": review.id, "of_state": review.state.value, "of_wish": review.wished_at}
    statement = _WRITE_OF_THE_SAME_WISH if same_wish else _WRITE
    written = connection.execute(statement, {**same, **since, **changes}).mappings().first()
    if written is None:
        raise NotAsExpected(f"review row {review.id} is not {review.state} any more, or something else is wanted")
    told = {**since, **changes, **written}
    told |= {"state": State(changes.get("state", review.state)), "wanted": Wanted(written["wanted"])}
    return replace(review, **told)


def of(connection: Connection, appid: str) -> Sequence[Review]:
    """List the rows of a mini program, the newest first: all that something can become of, and the newest others."""
    return sorted((of_row(row) for row in connection.execute(_OF, {"of": appid})), key=lambda review: -review.id)


def of_many(connection: Connection, appids: Collection[str]) -> Mapping[str, Sequence[Review]]:
    """List the rows of mini programs, by appid, as `of` does."""
    order = (table.c.state.not_in(_values((*BEFORE_REVIEW, *UNDER_WAY, *AFTER_REVIEW))), table.c.id.desc())
    number = func.row_number().over(partition_by=table.c.appid, order_by=order)
    numbered = select(table, number.label("number")).where(table.c.appid.in_(appids)).subquery()
    chosen = select(numbered).where(numbered.c.number <= MOST_OF_ONE).order_by(numbered.c.id.desc())
    found: defaultdict[str, list[Review]] = defaultdict(list)
    for row in connection.execute(chosen):
        found[row.appid].append(of_row(row))
    return found


def find(connection: Connection, appid: str, auditid: int) -> Review | None:
    """Find the row of a review."""
    row = connection.execute(_FIND, {"of": appid, "of_audit": auditid}).first()
    return None if row is None else of_row(row)


def of_auditid(connection: Connection, auditid: int) -> Review | None:
    """Find the row of a review of any mini program."""
    return _first(connection, select(table).where(table.c.auditid == auditid).limit(1))


def get(connection: Connection, id: int) -> Review | None:
    """Find a row."""
    return _first(connection, select(table).where(table.c.id == id))


def of_ids(connection: Connection, ids: Collection[int]) -> Mapping[int, Review]:
    """Find rows by their ids."""
    return {row.id: of_row(row) for row in connection.execute(select(table).where(table.c.id.in_(ids)))}


def of_plan(connection: Connection, plan: str) -> Sequence[Review]:
    """List the rows of a plan, in their order."""
    return [of_row(row) for row in connection.execute(select(table).where(table.c.plan == plan).order_by(table.c.id))]


def newest_plan(connection: Connection) -> str:
    """Return the plan that was made last; empty if there is none."""
    planned = select(table.c.plan).where(table.c.plan != "").order_by(table.c.id.desc()).limit(1)
    return connection.execute(planned).scalar() or ""


def of_digest(connection: Connection, appids: Collection[str], digests: Collection[str]) -> Mapping[str, Review]:
    """Return, by mini program, the newest row of what was wanted before, given hashes of what is."""
    chosen = select(table).where(table.c.appid.in_(appids), table.c.digest.in_(digests)).order_by(table.c.id)
    return {row.appid: of_row(row) for row in connection.execute(chosen)}


def spoken_of(connection: Connection, appid: str, verdict: State | None, told_at: float) -> Review | None:
    """Find the review that a push of a time speaks of: the newest submitted before it that can have that verdict."""
    before = table.c.submitted_at <= told_at + 1.0 if told_at else table.c.auditid.is_not(None)
    possible = table.c.verdict.in_([verdict.value, ""]) if verdict else table.c.auditid.is_not(None)
    chosen = select(table).where(table.c.appid == appid, table.c.auditid.is_not(None), before, possible)
    review = _first(connection, chosen.order_by(table.c.auditid.desc()).limit(1))
    # The newest has no verdict yet: it is being asked for, and the one before it is not meant.
    return None if review and verdict and not review.verdict else review


def is_superseded(connection: Connection, review: Review) -> bool:
    """Return whether another review was submitted after this one, and not withdrawn."""
    newer = (table.c.appid == review.appid) & (table.c.auditid > (review.auditid or 0))
    chosen = select(table.c.id).where(newer, table.c.state != State.WITHDRAWN.value).limit(1)
    return connection.execute(chosen).first() is not None


def asked(connection: Connection, appid: str, *, now: float) -> None:
    """Write down that WeChat was asked about a mini program, with success or not: others are asked first then."""
    connection.execute(_ASKED, {"of": appid, "now": now})


def to_ask(connection: Connection, *, now: float, after: float, limit: int = 200) -> Sequence[str]:
    """List the mini programs whose open reviews are to be asked about, the longest not asked about first.

    What is with WeChat: from `after` seconds after it began; what waits for a person or a conflict's verdict: every
    `after` seconds. Of a mini program that took its authorization back nothing can be asked.
    """
    with_wechat = and_(table.c.state.in_(_values(WITH_WECHAT)), table.c.changed_at < now - after)
    with_people = and_(~table.c.state.in_(_values(WITH_WECHAT)), table.c.asked_at < now - after)
    authorized = table.c.appid.not_in(mini_programs.UNAUTHORIZED)
    chosen = select(table.c.appid).where(_open(), or_(with_wechat, with_people), authorized)
    grouped = chosen.group_by(table.c.appid).order_by(func.min(table.c.asked_at)).limit(limit)
    return list(connection.execute(grouped).scalars())


def on_their_way(connection: Connection) -> int:
    """Count the reviews, of all mini programs, that may be begun at WeChat and are not known to be."""
    chosen = select(func.count()).where(table.c.state == State.SUBMITTING.value, table.c.called_at.is_not(None))
    return int(connection.execute(chosen).scalar_one())


def _open() -> ColumnElement[bool]:
    """Choose what WeChat can tell something new about: what is with it, what people release, undecided conflicts."""
    undecided = and_(table.c.state == State.CONFLICT.value, table.c.auditid.is_not(None), table.c.verdict == "")
    return or_(table.c.state.in_(_values((*UNDER_WAY, *AFTER_REVIEW))), undecided)


def _values(states: Collection[State]) -> list[str]:
    return [state.value for state in states]


def _first(connection: Connection, chosen: Select[Any]) -> Review | None:
    row = connection.execute(chosen).first()
    return None if row is None else of_row(row)


def of_row(row: Row[Any]) -> Review:
    """Make a review of a row of its table."""
    told = {name: getattr(row, name) for name in COLUMNS}
    return Review(**{**told, "state": State(row.state), "wanted": Wanted(row.wanted)})


# Built once: each is run at every look at a mini program.
_OF = (
    select(table)
    .where(table.c.appid == bindparam("of"))
    .order_by(table.c.state.not_in(_values((*BEFORE_REVIEW, *UNDER_WAY, *AFTER_REVIEW))), table.c.id.desc())
    .limit(MOST_OF_ONE)
)
_FIND = select(table).where(table.c.appid == bindparam("of"), table.c.auditid == bindparam("of_audit"))
_WRITE = (
    update(table)
    .where(table.c.id == bindparam("of_id"), table.c.state == bindparam("of_state"))
    .returning(*PEOPLE_CHANGE)
)
_WRITE_OF_THE_SAME_WISH = _WRITE.where(table.c.wished_at == bindparam("of_wish"))
_ASKED = update(table).where(table.c.appid == bindparam("of"), _open()).values(asked_at=bindparam("now"))
