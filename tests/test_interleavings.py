"""Random interleavings of pushes, repetitions, delays, crashes and faults, against what must be true in the end."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from handlers.context import Context
from handlers.reactions import REACTIONS
from handlers.reconcile import reconcile
from handlers.submit import Wish, submit
from handlers.wechat.client import Client
from handlers.wechat.code import CommitRequest
from handlers.wechat.errors import Unreachable, WeChatError
from handlers.wechat.transport import Transport
from handlers.wechat.turns import Turns
from handlers.worker import LEASE, Worker
from service import attempts, database, inbox, submissions
from service.attempts import State
from service.credentials import Credentials
from service.database import reading
from service.inbox import Entry
from service.messages import Message
from service.simulator.faults import Fault
from service.simulator.mini_program import APPROVED, REJECTED, UNDER_WAY, MiniProgram
from service.tables import attempts as ledger
from tests.conftest import APP, FERNET, Wechat, outbound
from tests.handlers.samples import told

OTHER = "wx0000000000000002"
CHANGES = ("release", "submit_audit")


class Died(BaseException):
    """The worker dies here, and no `except` of ours runs."""


class Unlucky(Transport):
    """A way to WeChat on which, when it is told to, the answer to a change is lost or the process dies."""

    fate = ""
    unheard = 0

    def send(self, endpoint: Any, request: Any, query: Any, appid: str = "") -> Any:
        """Send, and suffer the fate."""
        fate = self.fate if endpoint.name in CHANGES else ""
        if fate == "dies before":
            self.fate = ""
            raise Died
        answer = super().send(endpoint, request, query, appid)
        if fate:
            self.fate = ""
            self.unheard += endpoint.name == "release"
            if fate == "dies after":
                raise Died
            raise Unreachable(endpoint.name, "the answer is lost", sent=True)
        return answer


class Story:
    """One weaudit, two mini programs, and all that happens to them."""

    def __init__(self, path: Path, on_audit_success: str) -> None:
        self.engine = database.connect(f"sqlite:///{path}")
        # Power does not fail here, and a slow disk would only hold up the stories.
        event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        settings = outbound(
            on_audit_success=on_audit_success, on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0
        )
        self.holds = on_audit_success == "hold"
        self.wechat = Wechat(self.engine, Credentials([FERNET]), settings)
        self.way = Unlucky(self.wechat.http, clock=lambda: self.wechat.now, pause=0.0)
        self.context = self.over(self.way)
        self.context_of_people = self.over(Transport(self.wechat.http, clock=lambda: self.wechat.now, pause=0.0))
        self.pushes: list[Message] = []
        self.decided: Counter[str] = Counter()
        self.submitted = 0
        self.wechat.give_ticket()
        for appid in (APP, OTHER):
            self.wechat.authorize(appid)

    def over(self, way: Transport) -> Context:
        """Make what reacts over a way to WeChat; the story's time stands still while it waits, so it does not wait."""
        turns = Turns(self.engine, lambda: self.wechat.now, patience=0.0)
        client = Client(way, self.wechat.tokens(way, patience=0.0), turns)
        settings = self.wechat.context.settings
        return Context(settings, self.engine, self.wechat.credentials, client, lambda: self.wechat.now)

    def submit(self, appid: str) -> None:
        """Submit another version, if WeChat takes it."""
        version = CommitRequest(template_id=1, ext_json="{}", user_version=f"{self.submitted}.0", user_desc="x")
        try:
            submit(self.context_of_people, appid, Wish(version))
        except WeChatError:
            return
        self.submitted += 1

    def decide(self, appid: str, verdict: str, *, push: bool) -> None:
        """Let WeChat decide the review that is under way; the push comes, or is kept back."""
        app = self.wechat.world.apps[appid]
        if app.latest is None or app.latest.status not in UNDER_WAY:
            return
        reason = f"1:reason {sum(self.decided.values())}:<br>"
        app.decide(verdict, reason)
        self.decided[verdict] += 1
        event = "weapp_audit_success" if verdict == "approve" else "weapp_audit_fail"
        message = told(self.wechat, event, appid, Reason=reason)
        self.pushes.append(message)
        if not push:
            with self.engine.begin() as connection:
                connection.execute(ledger.delete().where(ledger.c.push_id == message.id))
                connection.exec_driver_sql("DELETE FROM pushes WHERE id = ?", (message.id,))

    def push_again(self, place: int) -> None:
        """Let one of the pushes come once more, or late."""
        if self.pushes:
            message = self.pushes[place % len(self.pushes)]
            with self.engine.begin() as connection:
                inbox.add(connection, [Entry(message)], self.wechat.credentials, self.wechat.now)

    def pass_time(self, seconds: int) -> None:
        """Let time pass, and tickets come."""
        self.wechat.now += seconds
        self.wechat.give_ticket()

    def work(self) -> None:
        """Let the worker react to whatever is due; one that dies is replaced."""
        worker = Worker(self.context, "memory://", REACTIONS)
        with self.engine.begin() as connection:
            attempts.take_due(connection, now=self.wechat.now, limit=100)
        with reading(self.engine) as connection:
            waiting = connection.execute(
                select(ledger.c.push_id, ledger.c.queue).where(ledger.c.state == State.WAITING.value)
            ).all()
        for push_id, queue in waiting:
            with self.engine.begin() as connection:
                attempt = attempts.begin(connection, push_id, queue, now=self.wechat.now, lease=LEASE)
            if attempt is None:
                continue
            try:
                worker.carry_out(attempt)
            except Died:
                worker = Worker(self.context, "memory://", REACTIONS)

    def come_to_rest(self) -> None:
        """Let everything that can still happen happen: leases run out, retries come due, WeChat is asked."""
        self.way.fate = ""
        self.wechat.simulator.api.faults.clear()
        for _ in range(12):
            self.pass_time(7_300)
            reconcile(self.context_of_people)
            self.work()

    def check(self) -> None:
        """Check what must be true, whatever happened."""
        for app in self.wechat.world.apps.values():
            self._check_releases(app)
            self._check_rejection(app)
        calls = [call.errcode for call in self.wechat.simulator.api.calls if call.endpoint == "release"]
        released = sum(len(app.released) for app in self.wechat.world.apps.values())
        heard_twice = sum(errcode in (0, 85052) for errcode in calls) - released
        assert heard_twice <= self.way.unheard, "a release is not asked for again, unless nobody heard of the first"
        audits = sum(len(app.audits) for app in self.wechat.world.apps.values())
        assert audits <= self.submitted + self.decided["reject"], "a rejection is submitted again at most once"
        with reading(self.engine) as connection:
            rows = connection.execute(select(ledger)).all()
        for row in rows:
            assert row.note, f"{row.queue} says why it is {row.state}"
            waits = row.state == State.RETRYING and self.wechat.now < row.due_at < self.wechat.now + 86_400
            assert waits or row.state in (State.DONE, State.SKIPPED, State.DEAD), row

    def _check_releases(self, app: MiniProgram) -> None:
        assert len(app.released) == len(set(app.released)), "one release an audit id"
        statuses = {audit.auditid: audit.status for audit in app.audits}
        assert all(statuses[auditid] == APPROVED for auditid in app.released)
        if self.holds:
            assert not app.released
        elif app.latest and app.latest.status == APPROVED:
            assert app.latest.auditid in app.released, "the newest approved review is released"

    def _check_rejection(self, app: MiniProgram) -> None:
        """Check that a rejection which is still the newest was a resubmission, or is no longer what is committed."""
        if app.latest is None or app.latest.status != REJECTED:
            return
        with reading(self.engine) as connection:
            rejected = submissions.find(connection, app.appid, app.latest.auditid)
        assert rejected
        assert rejected.round > 1 or app.committed is not app.latest.code


APPIDS = st.sampled_from([APP, OTHER])
FATES = st.sampled_from(["dies before", "dies after", "lost"])
FAULTS = st.tuples(
    st.just("fault"),
    st.sampled_from(["release", "submit_audit", "get_latest_auditstatus", "api_authorizer_token"]),
    st.sampled_from([-1, 40001, 45011, 85020]),
    st.integers(1, 4),
)
TROUBLE = st.one_of(st.tuples(st.just("fate"), FATES), FAULTS, st.just(("tokens expire",)), st.just(("work",)))
LATER = st.one_of(
    st.just(("work",)),
    st.just(("reconcile",)),
    st.tuples(st.just("time"), st.sampled_from([1, 31, 90, 400, 7_300])),
    st.tuples(st.just("push again"), st.integers(0, 20)),
    TROUBLE,
)


@st.composite
def a_review(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Draw a version that is submitted and decided, while things go wrong, the worker reacts, and time passes."""
    appid, verdict = draw(APPIDS), draw(st.sampled_from(["approve", "approve", "reject"]))
    return [
        ("submit", appid),
        *draw(st.lists(LATER, max_size=2)),
        ("decide", appid, verdict, draw(st.booleans())),
        *draw(st.lists(TROUBLE, max_size=1)),
        *draw(st.sampled_from([[], [("fate", "dies before")], [("fate", "dies after")], [("fate", "lost")]])),
        ("work",),
        *draw(st.lists(LATER, max_size=4)),
    ]


STORIES = st.lists(a_review(), min_size=1, max_size=5).map(lambda reviews: [step for one in reviews for step in one])


def tell(story: Story, step: tuple[Any, ...]) -> None:
    """Let one thing happen."""
    match step:
        case ("submit", appid):
            story.submit(appid)
        case ("decide", appid, verdict, push):
            story.decide(appid, verdict, push=push)
        case ("push again", place):
            story.push_again(place)
        case ("work",):
            story.work()
        case ("reconcile",):
            reconcile(story.context_of_people)
        case ("time", seconds):
            story.pass_time(seconds)
        case ("fate", fate):
            story.way.fate = fate
        case ("fault", endpoint, errcode, times):
            story.wechat.simulator.api.expect(Fault(endpoint, times=times, errcode=errcode))
        case ("tokens expire",):
            story.wechat.world.expire_tokens()


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STORIES, st.sampled_from(["release", "release", "release", "hold"]))
def test_whatever_happens_each_approved_version_is_released_once(
    tables_in_sqlite: Path, tmp_path: Path, steps: list[tuple[Any, ...]], on_audit_success: str
) -> None:
    """None twice, none that was not approved, none forgotten; and every reaction says how it ended."""
    path = tmp_path / "story.db"
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    shutil.copy(tables_in_sqlite, path)
    story = Story(path, on_audit_success)
    try:
        for step in steps:
            tell(story, step)
        story.come_to_rest()
        story.check()
    finally:
        story.engine.dispose()
