"""A story: some weaudits, two mini programs, people, and all that happens to them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Engine, select

from handlers.operators import orders
from handlers.operators.allowed import Action, NotNow
from handlers.operators.orders import Desk
from handlers.reacting import Reacting
from handlers.reactions import REACTIONS
from handlers.reviews.driver import Busy, look_at
from handlers.reviews.plans import plan
from handlers.reviews.reconcile import discover, reconcile
from handlers.wechat.client import Client
from handlers.wechat.errors import Unreachable, WeChatError
from service.events.message import Message
from service.simulator import audits, code, online
from service.simulator.faults import Fault
from service.simulator.mini_program import UNDER_WAY, MiniProgram, Version
from service.simulator.refusal import Refusal
from service.store import attempts, due, mini_programs
from service.store.attempts import AttemptState
from service.store.credentials import Credentials
from service.store.leases import LEASE, LeaseLost
from service.store.mini_programs import MINI_PROGRAM
from service.store.orders import By
from service.store.reviews import NotAsExpected
from service.store.tables import attempts as ledger
from tests.conftest import APP, FERNET, Wechat, outbound
from tests.support.samples import CATEGORY, commit, new_template, told
from tests.support.story_process import DirectWay, Mortal, Process
from tests.support.transport import Died

OTHER = "wx0000000000000002"
CHANGES = ("commit", "submit_audit", "release", "grayrelease")
UNDOES = ("undocodeaudit", "revertgrayrelease", "revertcoderelease")
# In seconds: WeChat takes no call later than this, and shows what it did within 30 s more; weaudit waits for a minute.
LATEST = 25.0


@dataclass
class Story:
    """Some weaudits over one database, two mini programs, people, and WeChat."""

    engine: Engine
    settings: dict[str, Any]
    unknowns: dict[str, Any]
    skew: float = 0.0
    decided: Counter[str] = field(default_factory=Counter)
    pushed: list[Message] = field(default_factory=list)
    late: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    # By mini program: whether people did what makes weaudit ask them.
    people: set[str] = field(default_factory=set)
    released_by_people: Counter[str] = field(default_factory=Counter)
    ordered: Counter[tuple[str, Action]] = field(default_factory=Counter)
    versions: int = 0

    def __post_init__(self) -> None:
        """Begin: two mini programs authorize the platform."""
        always = {"on_audit_fail": "resubmit", "resubmit_reasons": ".", "resubmit_delay": 0}
        self.wechat = Wechat(self.engine, Credentials([FERNET]), outbound(**{**always, **self.settings}))
        self.world = self.wechat.world
        vars(self.world.unknowns).update(self.unknowns)
        self.processes = [self._process(skew) for skew in (0.0, self.skew)]
        self.wechat.give_ticket()
        with self.engine.begin() as connection:
            for appid in (APP, OTHER):
                mini_programs.keep(
                    connection,
                    mini_programs.MiniProgram(appid, True, "", "", "", changed_at=1.0, account=MINI_PROGRAM),
                )
        for appid in (APP, OTHER):
            self.wechat.authorize(appid)
            # There is no gray release of a first version.
            yesterday = int(self.wechat.now) - 86_400
            self.world.apps[appid].versions.append(Version(0, "0", "", yesterday, yesterday))

    def _process(self, skew: float) -> Process:
        heartbeat = Mortal(self.engine, lambda _: self.wechat.now, lambda: self.wechat.now)
        way = DirectWay(self.wechat)
        way.world, way.api = self.world, self.wechat.simulator.api
        way._clock = lambda: self.wechat.now + skew
        tokens = self.wechat.tokens(way, patience=0.0)
        tokens._clock = lambda: self.wechat.now + skew
        client = Client(way, tokens, heartbeat, patience=0.0)
        context = replace(
            self.wechat.over(client), heartbeat=heartbeat, clock=lambda: self.wechat.now + skew, wechat=client
        )
        return Process(context, way, heartbeat)

    def app(self, appid: str) -> MiniProgram:
        """Give a mini program as WeChat has it."""
        return self.world.apps[appid]

    # What weaudit is asked to do.

    def plan(self, appid: str, *, same_name: bool) -> None:
        """Plan another version, perhaps under a name that there was before."""
        self.versions += not same_name
        plan(self.processes[0].context, {appid: commit(f"{self.versions}.0")}, again=True)

    def order(self, appid: str, action: Action) -> None:
        """Let a person order something, if it can be ordered just now."""
        with self.engine.begin() as connection:
            try:
                orders.order(Desk(connection, self.wechat.settings, By("zhang", "here")), action, appid)
            except NotNow:
                return
        self.ordered[appid, action] += 1

    def work(self, who: int) -> None:
        """Let a worker react to all that is waiting; one that dies is replaced, and its leases run out."""
        process = self.processes[who]
        with self.engine.begin() as connection:
            due.take(connection, now=self.wechat.now, limit=1000)
            waiting = connection.execute(
                select(ledger.c.push_id, ledger.c.queue).where(ledger.c.state == AttemptState.WAITING.value)
            ).all()
        for push_id, queue in waiting:
            with self.engine.begin() as connection:
                attempt = attempts.begin(connection, push_id, queue, now=self.wechat.now)
            if attempt is None:
                continue
            worker = Reacting(process.context, REACTIONS)
            try:
                worker.carry_out(attempt)
            except Died:
                process.heartbeat.dies_at_write = 0.0

    def look(self, who: int, appid: str) -> None:
        """Let a process look at a mini program, as the clock does."""
        try:
            look_at(self.processes[who].context, appid)
        except (Busy, WeChatError, LeaseLost, NotAsExpected):
            pass
        except Died:
            self.processes[who].heartbeat.dies_at_write = 0.0

    def go_round(self, who: int) -> None:
        """Let the clock ask about what is open, and about all others."""
        for job in (reconcile, discover):
            try:
                job(self.processes[who].context)
            except (LeaseLost, NotAsExpected):
                pass
            except Died:
                self.processes[who].heartbeat.dies_at_write = 0.0

    # What happens to it.

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and WeChat take what it takes late."""
        until = self.wechat.now + seconds
        for at, act in sorted(self.late, key=lambda each: each[0]):
            if at <= until:
                self.wechat.now = max(self.wechat.now, at)
                act()
        self.late = [each for each in self.late if each[0] > until]
        self.wechat.now = until
        self.wechat.give_ticket()

    def meet(self, who: int, fate: str, endpoint: str) -> None:
        """Let the next call of an endpoint meet a fate."""
        way = self.processes[who].way

        def dies() -> None:
            raise Died

        def is_lost() -> None:
            raise Unreachable(endpoint, "the answer is lost", sent=True)

        def is_overtaken() -> None:
            self.pass_time(LEASE + 1)
            for appid in (APP, OTHER):
                self.look(1 - who, appid)

        fates: dict[str, tuple[Callable[[], None], bool]] = {
            "dies before": (dies, False),
            "dies after": (dies, True),
            "is lost before": (is_lost, False),
            "is lost after": (is_lost, True),
            "is overtaken before": (is_overtaken, False),
            "is overtaken after": (is_overtaken, True),
            "is slow": (lambda: self.pass_time(9), False),
            "is slow to answer": (lambda: self.pass_time(9), True),
        }
        happens, after = fates[fate]
        way.at(endpoint, happens, after=after)

    def be_taken_late(self, who: int, endpoint: str, seconds: float) -> None:
        """Let WeChat take the next call of an endpoint late, and nobody hear of it."""
        process = self.processes[who]
        way, sent = process.way, process.way.send

        def send(what: Any, request: Any, query: Any, appid: str = "", **how: Any) -> Any:
            if what.name != endpoint:
                return sent(what, request, query, appid, **how)
            vars(way)["send"] = sent

            def is_taken() -> None:
                way._exchange_directly(what, request, query)

            self.late.append((self.wechat.now + seconds, is_taken))
            raise Unreachable(endpoint, "WeChat takes it late", sent=True)

        vars(way)["send"] = send

    def die_at_write(self, who: int, number: int, *, before: bool) -> None:
        """Let a process die at one of its next writes."""
        self.processes[who].heartbeat.dies_at_write = number - 0.5 if before else number

    def fail(self, endpoint: str, errcode: int, times: int) -> None:
        """Let an endpoint fail some times."""
        self.wechat.simulator.api.expect(Fault(endpoint, times=times, errcode=errcode))
        if errcode in (85020, 85009):
            self.people |= {APP, OTHER}

    def expire_tokens(self) -> None:
        """Let all tokens be refused."""
        self.world.expire_tokens()

    # What WeChat and people do.

    def decide(self, appid: str, verdict: str, push: str) -> None:
        """Let WeChat decide the review that is under way; the push comes, comes twice, or is lost."""
        app = self.app(appid)
        if app.latest is None or app.latest.status not in UNDER_WAY:
            return
        reason = f"1:reason {sum(self.decided.values())}:<br>"
        app.decide(verdict, reason, at=self.wechat.now)
        self.decided[verdict] += 1
        if push == "is lost":
            return
        event = "weapp_audit_success" if verdict == "approve" else "weapp_audit_fail"
        self.pushed.append(told(self.wechat, event, appid, Reason=reason))

    def push_again(self, number: int) -> None:
        """Let WeChat push something once more, as another message."""
        if self.pushed:
            former = self.pushed[number % len(self.pushed)]
            event = former.type.removeprefix("wechat.")
            told(
                self.wechat,
                event,
                former.subject,
                CreateTime=getattr(former.data, "create_time", None),
                Number=str(self.wechat.now),
            )

    def person(self, appid: str, does: str) -> None:
        """Let a person, or another tool, do something by hand."""
        app, before = self.app(appid), len(self.wechat.simulator.api.calls)
        acts: dict[str, Callable[[], Any]] = {
            "commits": lambda: self._commit(app, f"p{self.versions}", "by hand"),
            "commits the same": lambda: self._commit(app, f"{self.versions}.0", "x"),
            "submits": lambda: audits.submit_audit(self.world, app, item_list=[CATEGORY]),
            "releases": lambda: self._release(app),
            "withdraws": lambda: audits.undocodeaudit(self.world, app),
            "takes back": lambda: online.revertgrayrelease(self.world, app),
        }
        try:
            acts[does]()
        except Refusal:
            return
        assert len(self.wechat.simulator.api.calls) == before
        self.people.add(appid)

    def _commit(self, app: MiniProgram, version: str, desc: str) -> None:
        code.commit(self.world, app, template_id=1, ext_json="{}", user_version=version, user_desc=desc)

    def _release(self, app: MiniProgram) -> None:
        online.release(self.world, app)
        self.released_by_people[app.appid] += 1

    def new_template(self) -> None:
        """Let developers make another template."""
        number = max(self.world.templates) + 1
        new_template(self.wechat, number, f"t{number}")

    def come_to_rest(self) -> None:
        """Let everything that can still happen happen: leases run out, retries come due, WeChat is asked."""
        for process in self.processes:
            process.way.events.clear()
            process.heartbeat.dies_at_write = 0.0
            vars(process.way).pop("send", None)
        self.wechat.simulator.api.faults.clear()
        for _ in range(4):
            self.pass_time(100)
            for who in (0, 1):
                self.work(who)
        for _ in range(8):
            self.pass_time(7_300)
            self.go_round(0)
            self.work(1)
