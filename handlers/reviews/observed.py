"""What WeChat shows of one mini program, as one value: asked for what the state of a row needs, and once a look."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from handlers.context import Context
from handlers.reviews.policy import newest_template
from handlers.reviews.steps import Seen
from handlers.reviews.verdict import is_asked_by_its_id
from handlers.wechat.endpoint import Endpoint, Got, NoParameters, Sent
from handlers.wechat.endpoints import audit, code, online, templates
from handlers.wechat.endpoints.audit import Audit, AuditRequest, LatestAudit
from handlers.wechat.endpoints.code import CommitRequest, Experience, OnlineVersion, VersionInfo
from handlers.wechat.endpoints.online import GrayReleasePlan
from handlers.wechat.endpoints.templates import TemplateListRequest
from handlers.wechat.errors import TryLater, WeChatError
from service.store import reviews
from service.store.engine import reading
from service.store.reviews import Review, State

# get_latest_auditstatus says so where nothing was submitted through this platform, get_auditstatus of what it forgot.
NO_REVIEW = frozenset({85058, 85012, 86001})
CHECK_UNDER_WAY = 61039
REVIEW, VERSIONS, PLAN, CHECKED, LEFT, NEWER = "review", "versions", "plan", "checked", "left", "newer"
DECISIVE = (REVIEW, VERSIONS)
# Besides the newest review, which is always asked for last: what a change is decided by is the freshest.
NEEDS: Mapping[State, tuple[str, ...]] = MappingProxyType(
    {
        State.PLANNED: (VERSIONS,),
        State.COMMITTING: (VERSIONS,),
        State.COMMITTED: (CHECKED, LEFT, VERSIONS),
        State.SUBMITTING: (VERSIONS,),
        State.APPROVED: (PLAN, VERSIONS),
        State.RELEASING: (PLAN, VERSIONS),
        State.ROLLING_OUT: (PLAN, VERSIONS),
        State.TAKING_BACK: (PLAN, VERSIONS),
        State.RELEASED: (PLAN, VERSIONS),
    }
)


Told = TypeVar("Told")


class Look:
    """One look at a mini program; what was asked is remembered until it is forgotten."""

    def __init__(self, context: Context, appid: str) -> None:
        """Take the way to WeChat."""
        self._context = context
        self._appid = appid
        self._answers: dict[str, Any] = {}
        self._asked_at: dict[str, float] = {}

    def forget(self) -> None:
        """Forget what was seen, because something changed or it grew old."""
        self._answers.clear()
        self._asked_at.clear()

    def ask_again(self) -> None:
        """Forget what a change is decided by, so that it is seen right before the call; the rest keeps for a while."""
        for name in DECISIVE:
            self._answers.pop(name, None)
            self._asked_at.pop(name, None)

    @property
    def age(self) -> float:
        """Return how many seconds ago what a change is decided by was told: the versions, and the newest review."""
        told = [at for name, at in self._asked_at.items() if name in DECISIVE]
        return self._context.monotonic() - min(told, default=float("-inf"))

    def seen(self, row: Review, others: tuple[Review, ...], now: float, *, newest_template: bool) -> Seen:
        """Return what is to be known to decide about a row. Raises WeChatError."""
        needs = NEEDS.get(row.state, ())
        if row.state is State.CONFLICT and row.verdict == State.APPROVED.value and row.called_at is not None:
            needs = NEEDS[State.RELEASING]
        review = self.review() if row.state is State.REJECTED and row.request else None
        if review and review.auditid == row.auditid:
            needs = (VERSIONS, NEWER) if newest_template and row.commit_body else (VERSIONS,)
        checked = self.checked() if CHECKED in needs else True
        left = self.left() if LEFT in needs else 0
        plan = self.plan() if PLAN in needs else None
        newer = self._newer(row) if NEWER in needs else None
        versions = self.versions() if VERSIONS in needs else VersionInfo()
        review = self.review()
        ours = self._status(row) if is_asked_by_its_id(row, review, now) else None
        trial, shown = versions.exp_info or Experience(), versions.release_info or OnlineVersion()
        return Seen(review, ours, trial, shown, plan, checked, left, newer, others)

    def review(self) -> LatestAudit | None:
        """Return the newest review; None of a mini program that was never submitted through this platform."""
        return self._once(REVIEW, lambda: self._or_none(audit.get_latest_auditstatus, NoParameters()))

    def versions(self) -> VersionInfo:
        """Return the trial version and the one that is online."""
        return self._once(VERSIONS, lambda: self._call(code.getversioninfo, NoParameters()))

    def plan(self) -> GrayReleasePlan | None:
        """Return the gray release; how WeChat says that there is none is not documented, so status 0 and 4 are none."""
        plan = self._once(PLAN, lambda: self._call(online.getgrayreleaseplan, NoParameters())).gray_release_plan
        return plan if plan and plan.status in (1, 2, 3) else None

    def checked(self) -> bool:
        """Return whether the privacy check of the committed code is over."""
        return self._once(CHECKED, self._check)

    def left(self) -> int:
        """Return how many reviews the platform may still begin this month, less those that it may be beginning."""
        return self._once(LEFT, self._left)

    def _check(self) -> bool:
        try:
            self._call(code.get_code_privacy_info, NoParameters())
        except TryLater as error:
            if error.code != CHECK_UNDER_WAY:
                raise
            return False
        return True

    def _left(self) -> int:
        with reading(self._context.engine) as connection:
            on_their_way = reviews.on_their_way(connection)
        # Counted first: one that ends meanwhile counts twice, and none is forgotten.
        rest = self._call(audit.queryquota, NoParameters()).rest
        self._context.metrics.quota.set(rest)
        return rest - on_their_way

    def _newer(self, row: Review) -> CommitRequest | None:
        former = CommitRequest.model_validate_json(row.commit_body)
        library = self._once(NEWER, lambda: self._call(templates.gettemplatelist, TemplateListRequest())).template_list
        newest = newest_template(library, former.template_id)
        if newest is None:
            return None
        version, description = newest.user_version or former.user_version, newest.user_desc or former.user_desc
        changes = {"template_id": newest.template_id, "user_version": version, "user_desc": description}
        return former.model_copy(update=changes)

    def _status(self, row: Review) -> Audit | None:
        request = AuditRequest(auditid=row.auditid or 0)
        return self._once(f"status {row.auditid}", lambda: self._or_none(audit.get_auditstatus, request))

    def _or_none(self, endpoint: Endpoint[Sent, Got], request: Sent) -> Got | None:
        try:
            return self._call(endpoint, request)
        except WeChatError as error:
            if error.code not in NO_REVIEW:
                raise
            return None

    def _call(self, endpoint: Endpoint[Sent, Got], request: Sent) -> Got:
        return self._context.wechat.call(endpoint, request, self._appid)

    def _once(self, name: str, ask: Callable[[], Told]) -> Told:
        if name not in self._answers:
            self._answers[name] = ask()
            self._asked_at[name] = self._context.monotonic()
        told: Told = self._answers[name]
        return told
