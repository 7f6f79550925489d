"""A whole weaudit on servers of its own, WeChat beside it, and what has to be true whatever happened."""

import json
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Select, create_engine, func, make_url, select, text

from handlers.commands import simulate
from handlers.context import Context, open_context
from handlers.reviews.plans import plan
from handlers.wechat.endpoints.code import CommitRequest
from service.settings import Outbound
from service.simulator import audits, code
from service.simulator.app import create_app as create_wechat
from service.simulator.counts import Limits
from service.simulator.hang_up import HangsUp
from service.simulator.sender import Sealed
from service.simulator.simulator import Simulator
from service.store.engine import reading
from service.store.tables import OPEN, attempts, mini_programs, pushes, reviews
from tests.chaos.children import Child
from tests.chaos.load import APP, Load
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.conftest import outbound, values
from tests.support.live import is_ready, serving
from tests.support.samples import CATEGORY
from tests.support.servers import Server, free_port
from tests.support.tunnel import tunnel

PATIENCE = 90.0
# In seconds, of two pushes that many merchants cause.
BETWEEN = 0.01
# Platforms of this size have asked WeChat for more.
PLENTY = Limits(privacy_check=0, reviews_a_month=10**6, calls_a_day=10**7)
FOUR = ("web", "relay", "worker", "clock")


class Rig:
    """weaudit on one database and one broker: in four processes, or with `memory` in one."""

    def __init__(
        self,
        shared: Servers,
        setting: str,
        *,
        around_wechat: Callable[[Any, Any], Any] | None = None,
        database_user: str = "postgres",
        broker_user: str = "guest:guest",
        tunnelled: str = "",
        hosts: Sequence[Server] = (),
        way: Callable[[int], AbstractContextManager[Any]] = tunnel,
        **changes: Any,
    ) -> None:
        self.setting = setting
        self._database_user, self._broker_user = database_user, broker_user
        self.database, self.broker = setting.split("+")
        self.shared = shared
        self.folder = Path(tempfile.mkdtemp(dir=shared.folder))
        self._stack = ExitStack()
        self._ended = threading.Event()
        self.tunnel: Any = None
        self._way = way
        self._hosts = hosts
        port, self._theirs = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.database_url, self.broker_url = self._database_url(), self._broker_url()
        self.values = values(
            database_url=self.database_url,
            broker_url=self.broker_url,
            wechat_api_base=f"http://127.0.0.1:{self._theirs}",
            port=port,
            log_format="json",
            **changes,
        )
        self._around_wechat = around_wechat
        names = ("up",) if self.broker == "memory" else FOUR
        theirs = self._tunnelled(tunnelled)
        self.children = {name: Child(name, theirs, self.folder) for name in names}
        self.wechat: Simulator
        self.context: Context
        self.load: Load
        self.apps: list[str] = []

    def __enter__(self) -> Self:
        """Start everything, and wait until it is ready."""
        self.wechat = simulate.make(self.settings, self.url, PLENTY)
        self.context = self._stack.enter_context(open_context(self.settings))
        for child in self.children.values():
            child.start()
        self.until(lambda: is_ready(self.url), "readiness")
        app: Any = create_wechat(self.wechat)
        if self._around_wechat:
            self._around_wechat(app, self.wechat.world)
        self._stack.enter_context(serving(app, self._theirs, HangsUp))
        return self

    def __exit__(self, *_: object) -> None:
        """Kill everything."""
        self._ended.set()
        for child in self.children.values():
            child.kill()
        self._stack.close()

    def _tunnelled(self, name: str) -> dict[str, Any]:
        """Let the processes reach a server, but not the test itself, by some way."""
        if not name:
            return self.values
        url = make_url(self.values[name])
        self.tunnel = self._stack.enter_context(self._way(url.port or 0))
        return {**self.values, name: url.set(port=self.tunnel.port).render_as_string(hide_password=False)}

    @property
    def settings(self) -> Outbound:
        """Give the settings of all, for what the test itself does in the database."""
        return outbound(**{key: value for key, value in self.values.items() if key not in ("port", "log_format")})

    @property
    def server(self) -> Server:
        """Give the broker."""
        return self.shared.get(self.broker)

    def prepare(self, number: int) -> None:
        """Let so many mini programs have a version in review."""
        self.apps = self.authorize(number)
        self.plan(self.apps)
        self.until(lambda: self.in_review(self.apps), "the reviews")

    def authorize(self, number: int) -> list[str]:
        """Let so many more mini programs authorize; gives their appids."""
        known = len(self.wechat.world.apps)
        appids = [f"wx{place:016}" for place in range(known + 1, known + number + 1)]
        for appid in appids:
            self.wechat.authorize(appid, appid)
        self.until(lambda: self.authorized(known + number), "the authorizations")
        return appids

    def authorized(self, number: int) -> bool:
        """Tell whether weaudit knows of so many mini programs."""
        return self.count(select(func.count()).select_from(mini_programs).where(mini_programs.c.authorized)) == number

    def submit_by_hand(self, number: int) -> list[str]:
        """Let merchants submit versions without weaudit."""
        known = len(self.wechat.world.apps)
        appids = [f"wx{place:016}" for place in range(known + 1, known + number + 1)]
        for appid in appids:
            self.wechat.authorize(appid, appid)
            time.sleep(BETWEEN)
            app, world = self.wechat.world.apps[appid], self.wechat.world
            code.commit(world, app, template_id=1, ext_json="{}", user_version="1.0", user_desc="theirs")
            audits.submit_audit(world, app, item_list=[CATEGORY])
        return appids

    def plan(self, appids: Sequence[str]) -> None:
        """Want a version of each."""
        body = CommitRequest(template_id=1, ext_json="{}", user_version="1.0", user_desc="chaos")
        plan(self.context, dict.fromkeys(appids, body))

    def in_review(self, appids: Sequence[str]) -> bool:
        """Tell whether a version of each is in review."""
        those = (reviews.c.state == "in_review") & reviews.c.appid.in_(appids)
        return self.count(select(func.count()).select_from(reviews).where(those)) == len(appids)

    def approve(self, appids: Sequence[str]) -> None:
        """Let WeChat approve, and push that until it is accepted: WeChat's few repetitions would be over too soon."""
        for appid in appids:
            self.wechat.decide(appid, "approve", push=False)
            push = self.wechat.sender.prepare(self.wechat.last_told[appid], appid)
            threading.Thread(target=self._push, args=(push,), daemon=True).start()

    def _push(self, push: Sealed) -> None:
        while not self._ended.is_set() and not self.wechat.sender.send(push, again=0).accepted:
            self._ended.wait(0.5)

    def released(self, appids: Sequence[str]) -> bool:
        """Tell whether all of them are online."""
        return all(self.wechat.world.apps[appid].releases for appid in appids)

    def told_released(self, appid: str) -> bool:
        """Tell whether all reactions about it have ended, and subscribers know that it is released."""
        its = pushes.c.appid == appid
        told = its & (pushes.c.type == "weaudit.released") & pushes.c.publish_at.is_(None)
        mine = select(attempts.c.queue).join(pushes, pushes.c.id == attempts.c.push_id)
        with reading(self.context.engine) as connection:
            is_told = len(connection.execute(select(pushes.c.id).where(told)).all()) == 1
            return is_told and not connection.execute(mine.where(its, OPEN)).all()

    def until(self, condition: Callable[[], object], what: str, patience: float = PATIENCE) -> float:
        """Wait for a condition, and give the seconds that it took."""
        began = time.monotonic()
        while not _quietly(condition):
            if time.monotonic() - began > patience:
                raise TimeoutError(f"{what} did not come true within {patience:.0f} s; logs: {self.folder}")
            time.sleep(0.05)
        return time.monotonic() - began

    def sending(self, rate: float = 25.0) -> Load:
        """Let pushes come."""
        self.load = Load(self.url, rate)
        return self.load

    def row(self, fault: str, recovery: float, limit: float = 15.0, note: str = "") -> Row:
        """Count what came of it; what is accepted while the database is being read is not counted."""
        sent, accepted = set(self.load.sent), set(self.load.accepted)
        with reading(self.context.engine) as connection:
            bodies = connection.execute(select(pushes.c.body).where(pushes.c.appid == APP)).scalars().all()
        kept = [json.loads(body)["data"] for body in bodies]
        names = [data.get("from_user_name") or data.get("fields", {}).get("FromUserName") for data in kept]
        lost = len(accepted - set(names))
        programs = self.wechat.world.apps.values()
        # A version is submitted once and released once.
        twice = sum(max(0, app.releases - 1) + max(0, len(app.audits) - 1) for app in programs)
        doubled = len(names) - len(set(names)) + twice
        return Row(
            fault,
            self.setting,
            len(sent),
            len(accepted),
            lost,
            doubled,
            self.load.worst,
            recovery,
            limit,
            note,
            self._problem(),
        )

    def _problem(self) -> str:
        missing, others = len(self.load.sent - self.load.accepted), self.load.others
        return f"{missing} were never accepted" if missing else f"answered {others}" if others else ""

    def when(self, kind: str) -> float:
        """Tell when a message of a type was told first, in Unix seconds."""
        with reading(self.context.engine) as connection:
            return float(
                connection.execute(select(func.min(pushes.c.received_at)).where(pushes.c.type == kind)).scalar_one()
            )

    def execute(self, statement: str) -> None:
        """Change something in the database behind weaudit's back."""
        with self.context.engine.begin() as connection:
            connection.execute(text(statement))

    def count(self, statement: "Select[Any]") -> int:
        """Run a statement that counts."""
        with reading(self.context.engine) as connection:
            return int(connection.execute(statement).scalar_one())

    def _database_url(self) -> str:
        if self.database == "sqlite":
            return f"sqlite:///{self.folder}/weaudit.db"
        name, base = f"chaos_{secrets.token_hex(4)}", self.admin_url
        admin = create_engine(f"{base}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        if self._hosts:
            hosts = "&".join(f"host=127.0.0.1:{host.port}" for host in self._hosts)
            return f"postgresql+psycopg://postgres@/{name}?{hosts}&target_session_attrs=read-write"
        return f"{base}/{name}"

    @property
    def admin_url(self) -> str:
        """Give the URL of our PostgreSQL, without a database."""
        first = self._hosts[0] if self._hosts else self.shared.get("postgresql")
        return f"postgresql+psycopg://{self._database_user}@127.0.0.1:{first.port}"

    def _broker_url(self) -> str:
        if self.broker == "memory":
            return "memory://"
        port = self.shared.get(self.broker).port
        if self.broker == "redis":
            return f"redis://127.0.0.1:{port}/0"
        return f"amqp://{self._broker_user}@127.0.0.1:{port}//"


def _quietly(condition: Callable[[], object]) -> object:
    try:
        return condition()
    except Exception:  # noqa: BLE001 what is broken on purpose does not answer
        return False
