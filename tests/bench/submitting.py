"""`weaudit submit --all`, where each call at WeChat takes a tenth of a second."""

import asyncio
import subprocess
import time

from sqlalchemy import insert
from starlette.types import ASGIApp, Receive, Scope, Send

from handlers.commands import simulate
from handlers.context import open_context
from service.simulator.app import create_app
from service.simulator.counts import Limits
from service.simulator.simulator import Simulator
from service.store import mini_programs as mini
from service.store.credentials import CredentialKind
from service.store.engine import database_time
from service.store.tables import mini_programs
from tests.bench import sides
from tests.bench.sides import BROKER, until
from tests.conftest import environment, outbound
from tests.support.live import serving
from tests.support.servers import free_port

NUMBER = 150
A_CALL = 0.1
# As many threads as WORKER_THREADS says by default.
THREADS = 32
APPS = [f"wx{number:016d}" for number in range(NUMBER)]


class Slow:
    """WeChat's API, at some distance."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer after a while."""
        await asyncio.sleep(A_CALL)
        await self._app(scope, receive, send)


class Submitting:
    """Submits, and remembers how many calls each mini program took."""

    def __init__(self) -> None:
        self._calls = 0.0

    def ours(self, database: sides.Database) -> float:
        """Give the mini programs a second, from the command to the last review."""
        theirs = free_port()
        with database() as url:
            told = {"database_url": url, "broker_url": BROKER, "wechat_api_base": f"http://127.0.0.1:{theirs}"}
            limits = Limits(privacy_check=0, reviews_a_month=10**6, calls_a_day=10**7)
            wechat = simulate.make(outbound(**told), "http://127.0.0.1:1", limits)
            _authorize(wechat, told)
            app = create_app(wechat)
            app.add_middleware(Slow)
            with serving(app, theirs), sides.up(url, BROKER, told["wechat_api_base"]):
                began, before = time.monotonic(), len(wechat.api.calls)
                command = [sides.weaudit(), "submit", "--template", "1", "--all", "--detach"]
                subprocess.run(command, env=environment(**told), check=True, capture_output=True)
                until(lambda: _submitted(wechat) == NUMBER, "the last review")
                self._calls = (len(wechat.api.calls) - before) / NUMBER
                return NUMBER / (time.monotonic() - began)

    def bound(self) -> float:
        """Give what is possible with so many threads and calls that take so long, if nothing else took any time."""
        return THREADS / (self._calls * A_CALL)


def _submitted(wechat: Simulator) -> int:
    return sum(call.endpoint == "submit_audit" and not call.errcode for call in wechat.api.calls)


def _authorize(wechat: Simulator, told: dict[str, str]) -> None:
    """Let all have authorized, with a token that is good, as the platform's is."""
    world = wechat.world
    with open_context(outbound(**told)) as context, context.engine.begin() as connection:
        now = database_time(connection)
        names = {"authorized": True, "user_name": "", "principal_name": "", "changed_at": 1.0}
        rows = [{"appid": app, "nickname": app, "account": mini.MINI_PROGRAM, **names} for app in APPS]
        connection.execute(insert(mini_programs), rows)
        life = {"issued_at": now, "expires_at": now + 7200}
        ours = world.grant(world.component_appid)
        context.credentials.keep(connection, CredentialKind.COMPONENT_TOKEN, world.component_appid, ours, **life)
        for app in APPS:
            world.authorize(app, app)
            context.credentials.keep(connection, CredentialKind.AUTHORIZER_TOKEN, app, world.grant(app), **life)
