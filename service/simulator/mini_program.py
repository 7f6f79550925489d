"""One mini program as WeChat sees it: its code on the way from a commit to the users, and all that belongs to it.

commit ──▶ committed ──submit_audit──▶ in review ──verdict──▶ approved ──release──▶ online ──revert──▶ the one before
▲                           │
└────────── rejected ◀──────┘
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from service.simulator.refusal import Refusal

APPROVED, REJECTED, IN_REVIEW, WITHDRAWN, DELAYED = range(5)
UNDER_WAY = (IN_REVIEW, DELAYED)
VERDICTS = {"approve": APPROVED, "reject": REJECTED, "delay": DELAYED}
KEPT_VERSIONS = 5
GRAY_UNDER_WAY, GRAY_DONE, GRAY_DELETED = 1, 3, 4
# A gray release that nobody ends goes to everybody by itself so many seconds after it was begun.
LONGEST_GRAY = 15 * 86_400


@dataclass
class Committed:
    """The trial version. `ungranted`: privacy interfaces it uses that were not granted."""

    user_version: str
    user_desc: str
    pages: tuple[str, ...]
    at: float
    navigates: bool = False
    ungranted: tuple[str, ...] = ()


@dataclass
class Audit:
    """One review."""

    auditid: int
    code: Committed
    submitted_at: int
    status: int = IN_REVIEW
    reason: str = ""
    screenshot: str = ""
    speeded_up: bool = False
    decided_at: float = 0.0


@dataclass(frozen=True)
class Version:
    """A version that is online, or was."""

    app_version: int
    user_version: str
    user_desc: str
    commit_time: int
    released_at: int
    rolled_back_to: bool = False


@dataclass
class Gray:
    """A gray release."""

    gray_percentage: int
    create_timestamp: int
    support_debuger_first: bool
    support_experiencer_first: bool
    status: int = GRAY_UNDER_WAY


@dataclass
class Traits:
    """What WeChat checks and no endpoint of ours changes."""

    named: bool = True
    personal: bool = False
    game: bool = False
    banned: bool = False
    official_account: bool = False
    streaming: bool = False
    icp: bool = True
    blacklisted: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Kept:
    """A file at WeChat: image and video for reviewers, feedback, or screenshot; and until when it is kept."""

    kind: str
    until: float | None = None


@dataclass
class MiniProgram:
    """One mini program."""

    appid: str
    nickname: str
    user_name: str
    authorized: bool = False
    authorized_at: int = 0
    refresh_token: str = ""
    former_refresh_token: tuple[str, float] = ("", 0.0)
    traits: Traits = field(default_factory=Traits)
    committed: Committed | None = None
    committed_before: Committed | None = None
    audits: list[Audit] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    gray: Gray | None = None
    released_auditid: int = 0
    released: list[int] = field(default_factory=list)
    taken_back: list[int] = field(default_factory=list)
    releases: int = 0
    visible: bool = True
    support_version: str = "1.0.0"
    jump_rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    proved: bool = False
    embedded: dict[str, dict[str, Any]] = field(default_factory=dict)
    embedding: dict[str, dict[str, Any]] = field(default_factory=dict)
    embedded_flag: int = 0
    media: dict[str, Kept] = field(default_factory=dict)
    codesecret: str = ""
    sent: list[dict[str, str]] = field(default_factory=list)
    granted_apis: list[str] = field(default_factory=list)
    categories: list[dict[str, Any]] = field(default_factory=list)
    busy: bool = False

    @property
    def latest(self) -> Audit | None:
        """Return the newest review."""
        return self.audits[-1] if self.audits else None

    @property
    def online(self) -> str:
        """Return the version that everybody gets."""
        return self.versions[-1].user_version if self.versions else ""

    @property
    def is_gray(self) -> bool:
        """Return whether a gray release is under way."""
        return self.gray is not None and self.gray.status == GRAY_UNDER_WAY

    @property
    def gray_percentage(self) -> int:
        """Return the percentage of a gray release that is under way."""
        return self.gray.gray_percentage if self.gray and self.is_gray else 0

    def has_media(self, media_id: str, kind: str, now: float) -> bool:
        """Return whether a file of a kind is still kept."""
        kept = self.media.get(media_id)
        return kept is not None and kept.kind == kind and (kept.until is None or now < kept.until)

    def seen(self) -> dict[str, Any]:
        """Return all that there is to see."""
        return {**asdict(self), "online": self.online, "gray_percentage": self.gray_percentage}

    def code(self) -> Committed:
        """Return the committed code."""
        if self.committed is None:
            raise Refusal(86001)
        return self.committed

    def decide(self, verdict: str, reason: str = "", screenshot: str = "", at: float = 0.0) -> Audit:
        """Decide the review that is under way; a delayed one can still be decided."""
        audit = self.latest
        if audit is None or audit.status not in UNDER_WAY:
            raise Refusal(85012)
        audit.status, audit.reason, audit.screenshot, audit.decided_at = VERDICTS[verdict], reason, screenshot, at
        self.media.update({part: Kept("screenshot") for part in screenshot.split("|") if part})
        return audit
