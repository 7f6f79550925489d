"""The simulator as a server: WeChat's API, and /_simulator, where people and tests make things happen."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.simulator import events
from service.simulator.api import Api, Fault
from service.simulator.mini_program import VERDICTS
from service.simulator.refusal import Refusal
from service.simulator.sender import Sender
from service.simulator.world import World

log = structlog.get_logger(__name__)

TICKET_EVERY = 600.0


@dataclass
class Simulator:
    """WeChat's servers: the world, its API, and its pushes, which are sent without holding up either."""

    world: World
    sender: Sender
    api: Api = field(init=False)
    last_told: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Put the API over the world."""
        self.api = Api(self.world)

    def push(self, fields: Mapping[str, Any], appid: str = "") -> None:
        """Seal and send a push, in the background, with WeChat's repetitions."""
        sealed = self.sender.prepare(fields, appid)
        threading.Thread(target=self.sender.send, args=(sealed,), name="simulator-push", daemon=True).start()

    def push_ticket(self) -> None:
        """Push a new verify ticket."""
        self.push(events.ticket(self.world.component_appid, self._now(), self.world.new_ticket()))

    def authorize(self, appid: str, nickname: str) -> None:
        """Let a merchant authorize the platform."""
        code = self.world.authorize(appid, nickname)
        self.push(events.authorized(self.world.component_appid, self._now(), appid, code))

    def unauthorize(self, appid: str) -> None:
        """Let a merchant take the authorization back."""
        self.world.unauthorize(appid)
        self.push(events.unauthorized(self.world.component_appid, self._now(), appid))

    def decide(self, appid: str, verdict: str, reason: str = "", screenshot: str = "", *, push: bool = True) -> None:
        """Decide the review that is under way; without a push, it is as if WeChat had lost it."""
        app, now = self.world.apps[appid], self._now()
        if verdict == "reject":
            reason = reason or events.REASON
        app.decide(verdict, reason, screenshot)
        told = {
            "approve": lambda: events.audit_success(app.user_name, now),
            "reject": lambda: events.audit_fail(app.user_name, now, reason, screenshot),
            "delay": lambda: events.audit_delay(app.user_name, now, reason or events.DELAY_REASON),
        }[verdict]()
        self.last_told[appid] = told
        if push:
            self.push(told, appid)

    def _now(self) -> int:
        return int(self.world.clock())


def create_app(simulator: Simulator) -> Starlette:
    """Make the app; while it runs, a ticket is pushed at once and every ten minutes."""

    async def push_tickets() -> None:
        while True:
            simulator.push_ticket()
            await asyncio.sleep(TICKET_EVERY)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(push_tickets())
        yield
        task.cancel()

    return Starlette(routes=[*simulator.api.routes(), *_control(simulator)], lifespan=lifespan)


def _control(simulator: Simulator) -> list[Route]:
    def told(act: Callable[[dict[str, Any]], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                said = act(dict(await request.json() if await request.body() else {}))
            except (KeyError, TypeError, ValueError) as error:
                return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 422)
            except Refusal as refusal:
                return JSONResponse(refusal.answer, 409)
            return JSONResponse({"ok": True} if said is None else said)

        return endpoint

    def decide(fields: dict[str, Any]) -> None:
        if fields.get("verdict") not in VERDICTS:
            raise ValueError(f"verdict is one of {', '.join(VERDICTS)}")
        simulator.decide(**fields)

    api = simulator.api
    acts: Mapping[str, Callable[[dict[str, Any]], Any]] = {
        "authorize": lambda fields: simulator.authorize(**fields),
        "unauthorize": lambda fields: simulator.unauthorize(**fields),
        "decide": decide,
        "ticket": lambda _: simulator.push_ticket(),
        "expire_tokens": lambda _: simulator.world.expire_tokens(),
        "faults": lambda fields: api.faults.append(Fault(**fields)),
    }
    views: Mapping[str, Callable[[], Any]] = {
        "calls": lambda: [call._asdict() for call in api.calls],
        "apps": lambda: [asdict(app) for app in simulator.world.apps.values()],
    }

    def view(look: Callable[[], Any]) -> Callable[[Request], Any]:
        async def endpoint(_: Request) -> Response:
            return JSONResponse(look())

        return endpoint

    return [
        *(Route(f"/_simulator/{name}", told(act), methods=["POST"]) for name, act in acts.items()),
        *(Route(f"/_simulator/{name}", view(look), methods=["GET"]) for name, look in views.items()),
    ]
