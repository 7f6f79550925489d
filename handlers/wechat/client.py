"""Typed calls on behalf of the platform or of a mini program, each with the right token, and in WeChat's pace."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from handlers.wechat.endpoint import Endpoint, Got, Sent, Token
from handlers.wechat.errors import StaleToken, TryLater
from handlers.wechat.tokens import Tokens
from handlers.wechat.transport import Transport
from handlers.wechat.turns import Turns

TOO_OFTEN = 45011


class Client:
    """WeChat's API, as one platform may use it."""

    def __init__(
        self, transport: Transport, tokens: Tokens, turns: Turns, clock: Callable[[], float] = time.time
    ) -> None:
        """Take the way to WeChat, the tokens, what keeps calls apart that WeChat wants one by one, and the time."""
        self._transport = transport
        self._turns = turns
        self._clock = clock
        self._paused: dict[tuple[str, str], TryLater] = {}
        self.tokens = tokens

    def call(self, endpoint: Endpoint[Sent, Got], request: Sent, appid: str = "") -> Got:
        """Call an endpoint, for the mini program `appid` if it wants such a token.

        A token that WeChat calls stale is replaced and the call made once more, never a third time. After WeChat said
        that an endpoint is called too often, it is not called for the rest of the minute. Raises WeChatError.
        """
        self._heed_pause(endpoint.path, appid)
        try:
            return self._call(endpoint, request, appid)
        except TryLater as error:
            if error.code == TOO_OFTEN:
                self._paused[endpoint.path, appid] = error
            raise

    def _call(self, endpoint: Endpoint[Sent, Got], request: Sent, appid: str) -> Got:
        if endpoint.token is Token.NONE:
            return self._transport.send(endpoint, request, {})
        token = self._token(endpoint, appid)
        with self._turn(endpoint, appid):
            try:
                return self._transport.send(endpoint, request, {endpoint.token_parameter: token})
            except StaleToken:
                fresh = self._token(endpoint, appid, stale=token)
                return self._transport.send(endpoint, request, {endpoint.token_parameter: fresh})

    def _token(self, endpoint: Endpoint[Sent, Got], appid: str, stale: str | None = None) -> str:
        if endpoint.token is Token.COMPONENT or (endpoint.token is Token.EITHER and not appid):
            return self.tokens.component(stale)
        return self.tokens.authorizer(appid, stale)

    def _turn(self, endpoint: Endpoint[Sent, Got], appid: str) -> AbstractContextManager[None]:
        return self._turns.of(endpoint.name, appid) if endpoint.in_turn else nullcontext()

    def _heed_pause(self, path: str, appid: str) -> None:
        error = self._paused.get((path, appid))
        if error and self._clock() < (error.again_at or 0):
            raise error.with_traceback(None)
        self._paused.pop((path, appid), None)
