"""Mini programs of which WeChat says something odd, among many of which it does not: these notice nothing of it."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.simulator import audits, code
from service.simulator.refusal import Refusal
from service.simulator.world import World
from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.support.oddities import ODDITIES, READABLE, Spoil, oddity
from tests.support.samples import CATEGORY

Line = Callable[[Servers], Row]
BOTH = "postgresql+amqp"
# The good ones need no longer than this many times what they need alone.
AS_FAST = 1.3
# What else a machine does makes one comparison wrong, and hardly ever all of so many.
COMPARISONS = 3
PATIENCE = 900.0


class Spoiling:
    """WeChat's API, whose answers about some mini programs are spoilt."""

    def __init__(self, app: ASGIApp, world: World, odd: Mapping[str, Spoil]) -> None:
        self._app = app
        self._world = world
        self._odd = odd

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and spoil the answer if it is about an odd one; its token stays a token."""
        started: list[Message] = []
        asked: list[bytes] = []

        async def listen() -> Message:
            message = await receive()
            asked.append(message.get("body", b""))
            return message

        async def spoil(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
                return
            about = self._about(scope, b"".join(asked))
            body = self._odd[about](message["body"]) if about in self._odd else message["body"]
            head = [(name, value) for name, value in started[0]["headers"] if name != b"content-length"]
            await send({**started[0], "headers": [*head, (b"content-length", b"%d" % len(body))]})
            await send({**message, "body": body})

        await self._app(scope, listen, spoil if scope["type"] == "http" else send)

    def _about(self, scope: Scope, asked: bytes) -> str:
        if "authorizer_token" in scope["path"]:
            return ""
        found = re.search(rb'"authorizer_appid": ?"(\w+)"', asked)
        if found:
            return found[1].decode()
        token = scope["query_string"].decode().partition("access_token=")[2].partition("&")[0]
        try:
            return self._world.holder(token).appid if token else ""
        except Refusal:
            return ""


def fleet(shared: Servers, good: int, odd: Mapping[int, Spoil]) -> tuple[Row, float, set[str], str]:
    """Let WeChat list so many, approve them all without a push, and give the seconds until the good ones are online."""
    spoilt: dict[str, Spoil] = {}
    around: Any = lambda app, world: app.add_middleware(Spoiling, world=world, odd=spoilt)  # noqa: E731
    with Rig(shared, BOTH, around_wechat=around, worker_threads=64, reconcile_after=1, reconcile_every=1) as rig:
        rig.children["clock"].kill()
        # It may have learned already that there is nobody, and would look again in an hour.
        rig.execute("DELETE FROM leases")
        rig.apps = [f"wx{place:016}" for place in range(1, good + len(odd) + 1)]
        # They are spread over the list: every so many is odd.
        spread = max(1, len(rig.apps) // max(1, len(odd)))
        spoilt.update(zip(rig.apps[::spread], odd.values(), strict=False))
        world = rig.wechat.world
        for appid in rig.apps:
            world.authorize(appid, f"店{appid}")
            code.commit(world, world.apps[appid], template_id=1, ext_json="{}", user_version="1.0", user_desc="theirs")
            audits.submit_audit(world, world.apps[appid], item_list=[CATEGORY])
        well = [appid for appid in rig.apps if appid not in spoilt]
        with rig.sending(5.0) as load:
            rig.until(lambda: load.accepted, "the first push")
            began = time.monotonic()
            rig.children["clock"].start()
            rig.until(lambda: _known(rig, well), "the first look at all", PATIENCE)
            for appid in rig.apps:
                rig.wechat.decide(appid, "approve", push=False)
            rig.until(lambda: rig.released(well), "the releases", PATIENCE)
            took = time.monotonic() - began
            released = {appid for appid in spoilt if world.apps[appid].releases}
            rig.until(lambda: _readable(spoilt) <= {a for a in spoilt if world.apps[a].releases}, "the odd", PATIENCE)
            released = {appid for appid in spoilt if world.apps[appid].releases}
            load.finish()
            logged = "".join(child.log.read_text() for child in rig.children.values())
            return rig.row("", 0.0), took, set(spoilt) - released, logged


def _readable(spoilt: Mapping[str, Spoil]) -> set[str]:
    return {appid for place, appid in enumerate(spoilt) if place % len(ODDITIES) in READABLE}


def _known(rig: Rig, appids: list[str]) -> bool:
    """Tell whether WeChat was asked about the newest review of each."""
    asked = {call.appid for call in rig.wechat.api.calls if call.endpoint == "get_latest_auditstatus"}
    return asked >= set(appids)


def among(shared: Servers, good: int, odd: int, former: tuple[float, ...] = ()) -> Row:
    """Compare the good ones alone with the same beside odd ones, each of which is released or named in the log.

    If they were slow and nothing else is wrong, they are compared again.
    """
    _, alone, _, _ = fleet(shared, good, {})
    row, beside, unreleased, logged = fleet(shared, good, {number: oddity(number) for number in range(odd)})
    told = [line for line in logged.splitlines() if '"level": "warning"' in line or '"level": "error"' in line]
    named = {appid for line in told for appid in re.findall(r"wx\d{16}", line)}
    silent = unreleased - named
    ratio = beside / alone
    ratios = (*former, ratio)
    if ratio > AS_FAST and len(ratios) < COMPARISONS and not (row.problem or silent):
        return among(shared, good, odd, ratios)
    problems = [
        row.problem,
        f"{len(silent)} neither released nor named: {sorted(silent)[:5]}" if silent else "",
        f"{ratio:.2f} times as long" if ratio > AS_FAST else "",
    ]
    said = ", ".join(f"{each:.2f}" for each in ratios)
    note = (
        f"{good} alone {alone:.0f} s, beside {odd} odd ones {beside:.0f} s ({said}); of the odd "
        f"{odd - len(unreleased)} released, {len(unreleased & named)} named"
    )
    return replace(row, note=note, problem="; ".join(filter(None, problems)))


def lines(good: int, odd: int) -> Mapping[str, Line]:
    """Give the line, with so many."""
    return {f"{odd} odd mini programs among {good}": partial(among, good=good, odd=odd)}
