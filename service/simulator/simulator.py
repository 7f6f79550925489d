"""WeChat's servers together: the world, its API, and its pushes."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.simulator import events
from service.simulator.api import Api
from service.simulator.sender import AGAIN, Sender
from service.simulator.world import World

PATIENTLY = 200


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

    def push(self, fields: Mapping[str, Any], appid: str = "", again: int = AGAIN) -> None:
        """Seal and send a push, in the background, with WeChat's repetitions."""
        sealed = self.sender.prepare(fields, appid)
        threading.Thread(target=self.sender.send, args=(sealed, again), name="simulator-push", daemon=True).start()

    def push_ticket(self) -> None:
        """Push a new verify ticket; unlike WeChat, until somebody takes it, so that weaudit may be started later."""
        self.push(events.ticket(self.world.component_appid, self._now(), self.world.new_ticket()), again=PATIENTLY)

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
        app.decide(verdict, reason, screenshot, self.world.clock())
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
