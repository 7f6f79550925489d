"""A story: one weaudit, two mini programs, and all that happens to them."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from sqlalchemy import event, select

from handlers.context import Context
from handlers.reactions import REACTIONS
from handlers.reviews.driver import Wish, submit
from handlers.reviews.reconcile import reconcile
from handlers.wechat.client import Client
from handlers.wechat.endpoints.code import CommitRequest
from handlers.wechat.errors import Unreachable, WeChatError
from handlers.wechat.transport import Transport
from handlers.worker import Worker
from service.events.message import Message
from service.simulator.faults import Fault
from service.simulator.library import Draft, Template
from service.simulator.mini_program import UNDER_WAY, Version
from service.store import attempts, inbox
from service.store.attempts import State
from service.store.credentials import Credentials
from service.store.engine import connect, reading
from service.store.inbox import Entry
from service.store.tables import attempts as ledger
from tests.conftest import APP, FERNET, Wechat, outbound
from tests.support.samples import told

OTHER = "wx0000000000000002"
RELEASES = ("release", "grayrelease")


class Died(BaseException):
    """The worker dies here, and no `except` of ours runs."""


class Unlucky(Transport):
    """A way to WeChat on which, when it is told to, the answer to a change is lost or the process dies."""

    overtake: Callable[[], None]
    fate = ""
    fated = ""
    unheard = 0

    def send(self, endpoint: Any, request: Any, query: Any, appid: str = "") -> Any:
        """Send, and suffer the fate."""
        fate = self.fate if endpoint.name == self.fated else ""
        if fate:
            self.fate = ""
        if fate == "dies before":
            raise Died
        if fate == "is overtaken":
            self.overtake()
            return super().send(endpoint, request, query, appid)
        answer = super().send(endpoint, request, query, appid)
        if fate:
            self.unheard += endpoint.name in RELEASES
            if fate == "dies after":
                raise Died
            raise Unreachable(endpoint.name, "the answer is lost", sent=True)
        return answer


Step = tuple[Any, ...]


class Policy(NamedTuple):
    """What weaudit does after a verdict: ON_AUDIT_SUCCESS, RELEASE_WINDOW and RESUBMIT_TEMPLATE."""

    on_audit_success: str = "release"
    release_window: str | None = None
    resubmit_template: str = "same"


class Story:
    """One weaudit, two mini programs, and all that happens to them."""

    def __init__(self, path: Path, policy: Policy) -> None:
        self.engine = connect(f"sqlite:///{path}")
        # Power does not fail here, and a slow disk would only hold up the stories.
        event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        always = {"on_audit_fail": "resubmit", "resubmit_reasons": ".", "resubmit_delay": 0}
        settings = outbound(**policy._asdict(), **always)
        self.policy = policy
        self.wechat = Wechat(self.engine, Credentials([FERNET]), settings)
        self.way = Unlucky(self.wechat.http, clock=lambda: self.wechat.now, pause=0.0)
        self.way.overtake = self.work
        self.context = self.over(self.way)
        self.context_of_people = self.over(Transport(self.wechat.http, clock=lambda: self.wechat.now, pause=0.0))
        self.pushes: list[Message] = []
        self.decided: Counter[str] = Counter()
        self.submitted = 0
        self.wechat.give_ticket()
        for appid in (APP, OTHER):
            self.wechat.authorize(appid)
            # There is no gray release of a first version.
            self.wechat.world.apps[appid].versions.append(Version(0, "0", "", 0, 0))

    def over(self, way: Transport) -> Context:
        """Make what reacts over a way to WeChat; the story's time stands still while it waits, so it does not wait."""
        client = Client(way, self.wechat.tokens(way, patience=0.0), self.wechat.heartbeat, patience=0.0)
        return self.wechat.over(client)

    def submit(self, appid: str) -> None:
        """Submit another version, if WeChat takes it."""
        version = CommitRequest(template_id=1, ext_json="{}", user_version=f"{self.submitted}.0", user_desc="x")
        try:
            submit(self.context_of_people, appid, Wish(version))
        except WeChatError:
            return
        self.submitted += 1

    def new_template(self) -> None:
        """Let developers make another template."""
        number = max(self.wechat.world.templates) + 1
        draft = Draft(number, int(self.wechat.now), f"template {number}", "newer")
        self.wechat.world.templates[number] = Template(number, draft)

    def decide(self, appid: str, verdict: str, push: Literal["comes", "is lost"]) -> None:
        """Let WeChat decide the review that is under way; the push comes or is lost."""
        app = self.wechat.world.apps[appid]
        if app.latest is None or app.latest.status not in UNDER_WAY:
            return
        reason = f"1:reason {sum(self.decided.values())}:<br>"
        app.decide(verdict, reason)
        self.decided[verdict] += 1
        event = "weapp_audit_success" if verdict == "approve" else "weapp_audit_fail"
        message = told(self.wechat, event, appid, Reason=reason)
        self.pushes.append(message)
        if push == "is lost":
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
                attempt = attempts.begin(connection, push_id, queue, now=self.wechat.now)
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
            self.reconcile()
            self.work()

    def reconcile(self) -> None:
        """Let WeChat be asked for what is pending too long."""
        reconcile(self.context_of_people)

    def find(self) -> None:
        """Let enough time pass that WeChat is asked for what is pending, and ask."""
        self.pass_time(7_300)
        self.reconcile()

    def meet(self, fate: str, endpoint: str) -> None:
        """Let a call of the worker's meet a fate.

        It `dies before` or `dies after`, it `is overtaken` by another worker, or the answer `is lost`.
        """
        self.way.fate, self.way.fated = fate, endpoint

    def fail(self, endpoint: str, errcode: int, times: int) -> None:
        """Let an endpoint fail some times."""
        self.wechat.simulator.api.expect(Fault(endpoint, times=times, errcode=errcode))

    def expire_tokens(self) -> None:
        """Let all tokens be refused."""
        self.wechat.world.expire_tokens()

    def tell(self, step: Step) -> None:
        """Let one thing happen, given the name of a method above and its arguments; it takes a second."""
        name, *given = step
        self.wechat.now += 1
        getattr(self, name)(*given)
