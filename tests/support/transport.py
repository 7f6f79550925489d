"""A way to WeChat on which things happen: before or after a call the process dies, an answer is lost, time passes."""

from collections.abc import Callable
from typing import Any, NamedTuple

from handlers.context import Context
from handlers.wechat.client import Client
from handlers.wechat.errors import Unreachable
from handlers.wechat.transport import Transport
from tests.conftest import Wechat


class Died(BaseException):
    """The process dies here, and no `except` of ours runs."""


class Event(NamedTuple):
    """What happens at the next call of an endpoint; it may raise."""

    endpoint: str
    happens: Callable[[], object]
    after: bool


class FaultyTransport(Transport):
    """A way to WeChat on which each event happens once, in their order."""

    def __init__(self, wechat: Wechat) -> None:
        super().__init__(wechat.http, clock=lambda: wechat.now, pause=0.0)
        self.events: list[Event] = []

    def at(self, endpoint: str, happens: Callable[[], object], *, after: bool = False) -> None:
        """Let something happen at the next call of an endpoint."""
        self.events.append(Event(endpoint, happens, after))

    def send(self, endpoint: Any, request: Any, query: Any, appid: str = "", **how: Any) -> Any:
        """Send, and let what is to happen happen."""
        event = next((event for event in self.events if event.endpoint == endpoint.name), None)
        if event:
            self.events.remove(event)
        if event and not event.after:
            event.happens()
        answer = super().send(endpoint, request, query, appid, **how)
        if event and event.after:
            event.happens()
        return answer


def over(wechat: Wechat, way: Transport) -> Context:
    """Make what reacts over a way to WeChat."""
    return wechat.over(Client(way, wechat.client.tokens, wechat.heartbeat, patience=0.0))


def meanwhile(wechat: Wechat, endpoint: str, happens: Callable[[], object], *, after: bool = False) -> Context:
    """Give a context in which something happens once when an endpoint is called."""
    way = FaultyTransport(wechat)
    way.at(endpoint, happens, after=after)
    return over(wechat, way)


def pass_time(wechat: Wechat, seconds: float) -> None:
    """Let time pass."""
    wechat.now += seconds


def die() -> None:
    """Die."""
    raise Died


def lose(endpoint: str = "?") -> Callable[[], None]:
    """Make what loses an answer."""

    def lost() -> None:
        raise Unreachable(endpoint, "the answer is lost", sent=True)

    return lost
