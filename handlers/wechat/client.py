"""Typed calls on behalf of the platform or of a mini program, each with the right token and in its turn."""

from contextlib import AbstractContextManager, nullcontext

from handlers.wechat.endpoint import Endpoint, Got, Sent, Token
from handlers.wechat.errors import StaleToken
from handlers.wechat.tokens import Tokens
from handlers.wechat.transport import Transport
from handlers.wechat.turns import Turns


class Client:
    """WeChat's API, as one platform may use it."""

    def __init__(self, transport: Transport, tokens: Tokens, turns: Turns) -> None:
        """Take the way to WeChat, the tokens, and what keeps calls apart that WeChat wants one by one."""
        self._transport = transport
        self.turns = turns
        self.tokens = tokens

    def call(self, endpoint: Endpoint[Sent, Got], request: Sent, appid: str = "") -> Got:
        """Call an endpoint, for the mini program `appid` if it wants such a token.

        A token that WeChat calls stale is replaced and the call made once more, never a third time. Raises WeChatError.
        """
        if endpoint.token is Token.NONE:
            return self._transport.send(endpoint, request, {})
        token = self._token(endpoint, appid)
        with self._turn(endpoint, appid):
            try:
                return self._transport.send(endpoint, request, {endpoint.token_parameter: token}, appid)
            except StaleToken:
                fresh = self._token(endpoint, appid, stale=token)
                return self._transport.send(endpoint, request, {endpoint.token_parameter: fresh}, appid)

    def _token(self, endpoint: Endpoint[Sent, Got], appid: str, stale: str | None = None) -> str:
        if endpoint.token is Token.COMPONENT or (endpoint.token is Token.EITHER and not appid):
            return self.tokens.component(stale)
        return self.tokens.authorizer(appid, stale)

    def _turn(self, endpoint: Endpoint[Sent, Got], appid: str) -> AbstractContextManager[None]:
        return self.turns.of(endpoint.name, appid) if endpoint.in_turn else nullcontext()
