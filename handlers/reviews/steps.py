"""What is decided from, what WeChat shows, and what is decided, the next step of a version; each a frozen value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from handlers.answers import Wait
from handlers.reviews.policy import Policy
from handlers.wechat.endpoints.audit import Audit, AuditStatus, LatestAudit
from handlers.wechat.endpoints.code import CommitRequest, Experience, OnlineVersion
from handlers.wechat.endpoints.online import GrayReleasePlan
from service.store.reviews import Review, State

STATE_OF: Mapping[AuditStatus, State] = MappingProxyType(
    {
        AuditStatus.APPROVED: State.APPROVED,
        AuditStatus.REJECTED: State.REJECTED,
        AuditStatus.IN_REVIEW: State.IN_REVIEW,
        AuditStatus.WITHDRAWN: State.WITHDRAWN,
        AuditStatus.DELAYED: State.DELAYED,
    }
)
# In seconds: so long WeChat may be at a call of which nobody heard, or show late what it did.
QUIET = 60.0
# What WeChat shows late is looked at again after this.
SHOWN_AGAIN = 5.0
# What other people do takes its time, and wakes us by a push where it can.
OTHERS = 600.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What WeChat shows of one mini program, and our rows beside the one that is decided about.

    `review` is the newest; `ours` the row's own, where it was asked for by its id; `plan` a gray release, under way or
    done; `checked` whether the privacy check of the trial version is over; `left` how many reviews may still be begun
    this month; `newer` what to commit instead of what was rejected, where policy wants the newest template.
    """

    review: LatestAudit | None = None
    ours: Audit | None = None
    trial: Experience = field(default_factory=Experience)
    online: OnlineVersion = field(default_factory=OnlineVersion)
    plan: GrayReleasePlan | None = None
    checked: bool = True
    left: int = 1
    newer: CommitRequest | None = None
    others: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True)
class Commit:
    """Call commit."""


@dataclass(frozen=True, slots=True)
class Submit:
    """Call submit_audit."""


@dataclass(frozen=True, slots=True)
class Adopt:
    """The newest review is the one that this row began, without hearing of it."""

    review: LatestAudit


@dataclass(frozen=True, slots=True)
class Release:
    """Call release, or grayrelease for less than 100 percent."""

    percent: int = 100


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Call undocodeaudit."""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Call revertgrayrelease, or revertcoderelease for what everybody has."""


@dataclass(frozen=True, slots=True)
class Decline:
    """What a person wanted cannot be done; it is forgotten, and whoever wanted it is told why."""

    why: str


@dataclass(frozen=True, slots=True)
class Resubmit:
    """Begin another round, of the same code or of a newer template."""

    newer: CommitRequest | None = None


@dataclass(frozen=True, slots=True)
class Become:
    """Only the row changes; `why` is for people."""

    state: State
    why: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A person must look: weaudit cannot know what is right."""

    why: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to do until something else happens."""

    why: str


@dataclass(frozen=True, slots=True)
class OnHold:
    """Something is to be done, and a person paused it: `cause` names the pause."""

    cause: str
    why: str


@dataclass(frozen=True, slots=True)
class Learn:
    """A verdict is known; the state stays, because a person must look anyway."""

    verdict: State


Step = (
    Learn
    | OnHold
    | Commit
    | Submit
    | Adopt
    | Withdraw
    | Release
    | TakeBack
    | Decline
    | Resubmit
    | Become
    | Conflict
    | Wait
    | Nothing
)


class Case(NamedTuple):
    """All that a step is decided from: the row, what WeChat shows, what is wanted, and the database's time."""

    row: Review
    seen: Seen
    policy: Policy
    now: float

    @property
    def newer(self) -> LatestAudit | None:
        """Return the newest review if it is newer than the row's own, or than the newest before its first intent."""
        row, review = self.row, self.seen.review
        known = row.auditid if row.auditid is not None else (row.former_auditid or 0)
        return review if review and review.auditid > known else None

    @property
    def is_quiet(self) -> bool:
        """Return whether WeChat may still be at a call of the row's, or show late what came of it."""
        return self.row.called_at is not None and self.now < self.row.called_at + QUIET


# One line of the table: it fits, and says what comes next, or it does not.
Line = Callable[[Case], Step | None]
