"""What happens while weaudit calls WeChat."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from handlers.context import Context
from handlers.wechat.client import Client
from handlers.wechat.transport import Transport
from tests.conftest import Wechat


class Died(BaseException):
    """The process dies here."""


class Meanwhile(Transport):
    """A way to WeChat on which something happens once, just before or after an endpoint is called."""

    def __init__(self, wechat: Wechat, endpoint: str, happens: Callable[[], object], *, after: bool) -> None:
        super().__init__(wechat.http, clock=lambda: wechat.now, pause=0.0)
        self.endpoint, self.after = endpoint, after
        self.happens: Callable[[], object] | None = happens

    def send(self, endpoint: Any, request: Any, query: Any, appid: str = "") -> Any:
        """Send, and let it happen."""
        happens = self.happens if endpoint.name == self.endpoint else None
        if happens:
            self.happens = None
        if happens and not self.after:
            happens()
        try:
            return super().send(endpoint, request, query, appid)
        finally:
            if happens and self.after:
                happens()


def meanwhile(wechat: Wechat, endpoint: str, happens: Callable[[], object], *, after: bool = False) -> Context:
    """Give a context in which something happens when an endpoint is called."""
    way = Meanwhile(wechat, endpoint, happens, after=after)
    return replace(wechat.context, wechat=Client(way, wechat.client.tokens, wechat.heartbeat, patience=0.0))


def die() -> None:
    """Die."""
    raise Died
