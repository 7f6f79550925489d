"""One visit to a mini program: why, what is decided by, what is written and told, and what became of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection

from handlers.context import Context
from handlers.notes.reading import in_both_languages
from handlers.reviews.observed import Look
from handlers.reviews.policy import Policy, is_ordered
from handlers.reviews.steps import STATE_OF, Step
from handlers.wechat.client import lease_of
from handlers.wechat.endpoints.audit import LatestAudit
from handlers.wechat.errors import WeChatError
from service.store import calls, causes, inbox, mini_programs, reviews
from service.store.calls import Call
from service.store.inbox import Entry
from service.store.leases import Lease
from service.store.reviews import UNDER_WAY, Review, State

Teller = Callable[[Context, Review, float], list[Entry]]
NO_LEASE = Lease("", 0)


class Hint(NamedTuple):
    """Why to look: a verdict that was pushed at `told_at` (Unix seconds, 0 if unknown), or a release was ordered.

    `again`: a resubmission was; of review `auditid`, `said_at` so many Unix seconds: a later word counts.
    `any_verdict`: a push could not be read, and may have told of whichever is shown.
    """

    verdict: State | None = None
    told_at: float = 0.0
    ordered: bool = False
    auditid: int | None = None
    any_verdict: bool = False
    again: bool = False
    said_at: float = 0.0

    def speaks_of(self, review: LatestAudit) -> bool:
        """Return whether the push speaks of a review: of the verdict that is shown, or of one that is shown late."""
        state = STATE_OF[review.status]
        if self.any_verdict:
            return state not in UNDER_WAY
        is_older = 0 < self.told_at < review.submit_audit_time
        return self.verdict is not None and not is_older and (state is self.verdict or state in UNDER_WAY)


@dataclass
class Visit:
    """A visit under the mini program's lease; of each row, by id: the last step, what was done, what went wrong.

    `rows` and `known_auditid` are read once: who holds the lease is the only one who changes them, but for what people
    want, and of a plan that is made meanwhile a message tells. `stale` counts how often what WeChat showed
    was out of date before it could be called; `called` is the last call that was to change something, until it is kept.
    """

    context: Context
    appid: str
    hint: Hint
    policy: Policy
    look: Look
    lease: Lease = NO_LEASE
    rows: Sequence[Review] = ()
    known_auditid: int | None = None
    steps: dict[int, Step] = field(default_factory=dict)
    did: dict[int, str] = field(default_factory=dict)
    errors: dict[int, WeChatError] = field(default_factory=dict)
    stale: int = 0
    called: Call | None = None
    _told: tuple[float, float] = (0.0, 0.0)  # the database's time, and ours when it told that

    def begin(self) -> bool:
        """Take the lease, and read what it guards; False if somebody else has it. Raises the database's errors."""
        lease = self.context.heartbeat.try_to_take(lease_of(self.appid), read=self._read)
        self.lease = lease or NO_LEASE
        return lease is not None

    def _read(self, connection: Connection, now: float) -> None:
        """Read the rows, the newest review that is known, and whether a person paused it."""
        self._told = now, self.context.monotonic()
        self.rows = reviews.of(connection, self.appid)
        self.known_auditid = mini_programs.known_auditid(connection, self.appid)
        self._paused(connection)

    def _paused(self, connection: Connection) -> bool:
        pause = causes.pause_of(connection, self.appid)
        self.policy = replace(self.policy, pause=pause.name if pause else "", why_paused=pause.reason if pause else "")
        return pause is not None

    def now(self) -> float:
        """Return the database's time, by what it told last and how long ago that was."""
        then, at = self._told
        return then + self.context.monotonic() - at

    @contextmanager
    def writing(self) -> Iterator[tuple[Connection, float]]:
        """Open a transaction that only the holder of the lease can commit, with its time. Raises LeaseLost."""
        with self.context.heartbeat.writing(self.lease) as connection:
            now = self.context.now(connection)
            self._told = now, self.context.monotonic()
            if self.called:
                calls.keep(connection, self.called)
            yield connection, now
        self.called = None

    def write(self, row: Review, tell: Teller | None = None, *, same_wish: bool = False, **changes: Any) -> Review:
        """Change a row, and tell what it then tells, in one commit. Raises LeaseLost and NotAsExpected."""
        said = in_both_languages(changes)
        with self.writing() as (connection, now):
            changed = reviews.write(connection, row, now=now, same_wish=same_wish, **said)
            if tell:
                inbox.add(connection, tell(self.context, changed, now), self.context.credentials, now)
        self.know(changed)
        return changed

    def intend(self, row: Review, state: State, **changes: Any) -> Review | None:
        """Write down that a call is about to be made, and when; None if a person paused it since the rows were read.

        Raises LeaseLost and NotAsExpected.
        """
        fresh = {"answer": None, "note": "", "chinese": ""}
        with self.writing() as (connection, now):
            if self._paused(connection) and not is_ordered(row, self.rows):
                return None
            # What a person said meanwhile is looked at anew before anything is called.
            said = {"state": state.value, "called_at": now, **fresh, **changes}
            changed = reviews.write(connection, row, now=now, same_wish=True, **said)
        self.know(changed)
        return changed

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row. Raises LeaseLost."""
        with self.writing() as (connection, now):
            (added,) = reviews.add(connection, [row], now=now)
        self.know(added)

    def know(self, changed: Review) -> None:
        """Go on with a row as it is now, or with one more."""
        others = tuple(row for row in self.rows if row.id != changed.id)
        self.rows = sorted((changed, *others), key=lambda row: -row.id)

    def end(self) -> None:
        """End the lease."""
        self.context.heartbeat.end(self.lease, write=self._leave)

    def _leave(self, connection: Connection, now: float) -> None:
        """Write down that WeChat was asked, and a call of whose answer nothing else was written."""
        reviews.asked(connection, self.appid, now=now)
        if self.called:
            calls.keep(connection, self.called)
