"""Typed calls on behalf of the platform or of a mini program, each with the right token, one by one where it must."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from handlers.wechat.endpoint import CALL_WITHIN, Endpoint, Got, Sent, Token
from handlers.wechat.errors import StaleToken, TryLater, WeChatError, may_have_worked
from handlers.wechat.tokens import Tokens
from handlers.wechat.transport import Transport
from service.store.heartbeat import Heartbeat

# Who waits for a mini program's lease gives up after so many seconds; a holder that died loses it long before.
PATIENCE = 60.0
POLL = 0.05


def lease_of(appid: str) -> str:
    """Return the name of the lease under which one at a time changes a mini program."""
    return f"mini program: {appid}"


class Client:
    """WeChat's API, as one platform may use it."""

    def __init__(
        self, transport: Transport, tokens: Tokens, heartbeat: Heartbeat, *, patience: float = PATIENCE
    ) -> None:
        """Take the way to WeChat, the tokens, what keeps leases, and how many seconds to wait for one."""
        self._transport = transport
        self._heartbeat = heartbeat
        self._patience = patience
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

    def call_once(self, endpoint: Endpoint[Sent, Got], request: Sent, appid: str, token: str) -> Got:
        """Call an endpoint with a token in hand, and whatever comes of it, not again.

        A token that WeChat calls stale is replaced for the next call. Raises WeChatError.
        """
        try:
            return self._transport.send(endpoint, request, {endpoint.token_parameter: token}, appid, repeats=False)
        except StaleToken:
            self._token(endpoint, appid, stale=token)
            raise

    @contextmanager
    def alone(self, endpoint: str, lease_name: str) -> Iterator[None]:
        """Wait for a lease, and hold it until the block ends.

        A call of which nobody heard may still be under way at WeChat: the lease then rests as long as a call may take.
        Raises TryLater when somebody else holds it for too long.
        """
        give_up = time.monotonic() + self._patience
        while not (lease := self._heartbeat.take_if_free(lease_name)):
            if time.monotonic() > give_up:
                raise TryLater(endpoint, f"somebody else is at it ({lease_name}), and takes too long")
            time.sleep(POLL)
        rest = 0.0
        try:
            yield
        except WeChatError as error:
            rest = CALL_WITHIN if may_have_worked(error) else 0.0
            raise
        finally:
            self._heartbeat.end(lease, rest=rest)

    def _token(self, endpoint: Endpoint[Sent, Got], appid: str, stale: str | None = None) -> str:
        if endpoint.token is Token.COMPONENT or (endpoint.token is Token.EITHER and not appid):
            return self.tokens.component(stale)
        return self.tokens.authorizer(appid, stale)

    def _turn(self, endpoint: Endpoint[Sent, Got], appid: str) -> AbstractContextManager[None]:
        return self.alone(endpoint.name, lease_of(appid)) if endpoint.in_turn else nullcontext()
