"""WeChat's side: no answers, wrong ones, late ones, revoked tokens, mini programs that hang, clocks that differ."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from service.simulator.faults import Fault
from service.simulator.refusal import Refusal
from service.simulator.world import World
from tests.chaos.outages import broken_by, outage
from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers

Line = Callable[[Servers], Row]
BOTH = "postgresql+amqp"
MANY = 10**6
# Longer than the shortest outage that is noticed as one.
LONG = 12.0
HANGING, WELL = 20, 30


def ails(**how: Any) -> Line:
    """Let every call fail in one way."""

    def line(shared: Servers) -> Row:
        ailment = Fault("", times=MANY, **how)
        fault = broken_by(
            lambda rig: rig.wechat.api.faults.append(ailment), lambda rig: rig.wechat.api.faults.remove(ailment)
        )
        row = outage(shared, BOTH, "", fault, seconds=LONG)
        failed = MANY - ailment.times
        return replace(row, note=f"{failed} calls failed", problem=row.problem or ("" if failed else "no call failed"))

    return line


class Hanging:
    """WeChat's API, where the calls for some mini programs take half a minute."""

    def __init__(self, app: ASGIApp, world: World, appids: Collection[str]) -> None:
        self._app = app
        self._world = world
        self._appids = appids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or first wait."""
        token = scope.get("query_string", b"").decode().partition("access_token=")[2].partition("&")[0]
        try:
            appid = self._world.holder(token).appid if token else ""
        except Refusal:
            appid = ""
        if appid in self._appids:
            await asyncio.sleep(30)
        await self._app(scope, receive, send)


def mini_programs_that_hang(shared: Servers) -> Row:
    """Let the calls of 20 mini programs hang, and measure when 30 others are released."""
    hanging: set[str] = set()
    with Rig(
        shared, BOTH, around_wechat=lambda app, world: app.add_middleware(Hanging, world=world, appids=hanging)
    ) as rig:
        rig.prepare(HANGING + WELL)
        with rig.sending() as load:
            hanging.update(rig.apps[:HANGING])
            rig.approve(rig.apps[:HANGING])
            time.sleep(2.0)
            began = time.monotonic()
            rig.approve(rig.apps[HANGING:])
            rig.until(lambda: rig.released(rig.apps[HANGING:]), "the releases of those that are well")
            recovery = time.monotonic() - began
            hanging.clear()
            rig.until(lambda: rig.released(rig.apps), "the releases of those that hung")
            load.finish()
            return rig.row("", recovery, limit=5.0)


def clocks_apart(shared: Servers, name: str, seconds: float) -> Row:
    """Let one process have another time than all others, and measure how late releases are."""
    with Rig(shared, BOTH) as rig:
        rig.prepare(6)
        child = rig.children[name]
        child.end()
        child.ails = child.ails._replace(clock_is_off_by=seconds)
        child.start()
        with rig.sending() as load:
            rig.until(lambda: load.accepted, "the first push")
            began = time.monotonic()
            rig.approve(rig.apps)
            rig.until(lambda: rig.released(rig.apps), "the releases")
            recovery = time.monotonic() - began
            load.finish()
            return rig.row("", recovery, limit=5.0)


revoked = broken_by(lambda rig: rig.wechat.world.expire_tokens())
LINES: Mapping[str, Line] = {
    "WeChat: 502": ails(answer="502"),
    "WeChat: a page": ails(answer="html"),
    "WeChat: hangs up": ails(answer="drop"),
    "WeChat: half an answer": ails(answer="half"),
    "WeChat: 30 s late": ails(delay=30.0),
    "WeChat: -1": ails(errcode=-1),
    "WeChat: all tokens revoked": partial(outage, setting=BOTH, name="", fault=revoked, seconds=1.0),
    "20 mini programs hang, 30 do not": mini_programs_that_hang,
    **{
        f"the clock of {name} {seconds:+.0f} s": partial(clocks_apart, name=name, seconds=seconds)
        for name in ("web", "relay", "worker")
        for seconds in (60.0, -60.0)
    },
}
