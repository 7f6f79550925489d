"""Tokens: ticket -> component token -> authorizer token, each fetched once for all threads and processes."""

import time
from collections.abc import Callable
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from handlers.wechat import authorization
from handlers.wechat.authorization import (
    AuthorizationInfo,
    AuthorizerToken,
    AuthorizerTokenRequest,
    ComponentToken,
    ComponentTokenRequest,
)
from handlers.wechat.endpoint import Token
from handlers.wechat.errors import NeedsHuman, NotAuthorized, StaleToken, TicketMissing, TryLater, WeChatError
from handlers.wechat.transport import Transport
from service.credentials import Credential, Credentials, Kind
from service.database import reading

log = structlog.get_logger(__name__)

# A token lives two hours; WeChat's advice is to fetch the next one after 1 h 50 min.
AHEAD = 600.0
# Who fetches a token has this long, then another may; longer than the two calls to WeChat that it may take.
RENEWAL = 30.0
POLL = 0.05


class _Wanted(NamedTuple):
    kind: Kind
    owner: str
    stale: str | None


class Tokens:
    """The tokens of one platform and of the mini programs that authorized it."""

    def __init__(
        self,
        engine: Engine,
        credentials: Credentials,
        transport: Transport,
        *,
        component_appid: str,
        component_secret: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the store, the way to WeChat, and who we are."""
        self._engine = engine
        self._credentials = credentials
        self._transport = transport
        self._secret = component_secret
        self._clock = clock
        self.component_appid = component_appid

    def component(self, stale: str | None = None) -> str:
        """Give the platform's token, another one than `stale`.

        Raises TicketMissing, and what fetching one raises.
        """
        return self._current(Kind.COMPONENT_TOKEN, self.component_appid, stale, self._renew_component, RENEWAL)

    def authorizer(self, appid: str, stale: str | None = None) -> str:
        """Give a mini program's token, another one than `stale`.

        Raises NotAuthorized, and what fetching one raises.
        """
        # It may have to wait for the platform's token first.
        within = 3 * RENEWAL
        return self._current(Kind.AUTHORIZER_TOKEN, appid, stale, lambda: self._renew_authorizer(appid), within)

    def adopt(self, connection: Connection, info: AuthorizationInfo, asked_at: float) -> None:
        """Keep the tokens that an authorization code was exchanged for, which was asked for at a time."""
        appid, expires_at = info.authorizer_appid, asked_at + info.expires_in
        if info.authorizer_access_token:
            self._credentials.keep(
                connection,
                Kind.AUTHORIZER_TOKEN,
                appid,
                info.authorizer_access_token,
                issued_at=asked_at,
                expires_at=expires_at,
            )
        self._credentials.keep(connection, Kind.REFRESH_TOKEN, appid, info.authorizer_refresh_token, issued_at=asked_at)

    def forget(self, connection: Connection, appid: str) -> None:
        """Forget the tokens of a mini program."""
        for kind in (Kind.AUTHORIZER_TOKEN, Kind.REFRESH_TOKEN):
            self._credentials.forget(connection, kind, appid)

    def _current(self, kind: Kind, owner: str, stale: str | None, renew: Callable[[], str], within: float) -> str:
        give_up = time.monotonic() + within
        while True:
            now = self._clock()
            known = self._read(kind, owner)
            if known and _good(known, stale, now + AHEAD):
                return known.value
            until = now + within
            with self._engine.begin() as connection:
                claimed = self._credentials.claim_renewal(connection, kind, owner, now=now, until=until)
            usable = known.value if known and _good(known, stale, now) else None
            if claimed:
                return self._renew_unless_done(_Wanted(kind, owner, stale), renew, until, usable)
            if usable:
                return usable
            if time.monotonic() > give_up:
                raise TryLater(kind.value, "somebody else fetches a new token, and that takes too long")
            time.sleep(POLL)

    def _renew_unless_done(self, wanted: _Wanted, renew: Callable[[], str], until: float, usable: str | None) -> str:
        """Renew, unless somebody did just before; a token that is still good outlives a renewal that failed."""
        kind, owner, stale = wanted
        try:
            known = self._read(kind, owner)
            if known and _good(known, stale, self._clock() + AHEAD):
                return known.value
            value = renew()
        except WeChatError as error:
            if usable is None:
                raise
            log.warning("credential.not_renewed", kind=kind.value, owner=owner, error=str(error))
            return usable
        finally:
            with self._engine.begin() as connection:
                self._credentials.release_renewal(connection, kind, owner, until=until)
        log.info("credential.renewed", kind=kind.value, owner=owner)
        return value

    def _renew_component(self) -> str:
        ticket = self._read(Kind.TICKET, self.component_appid)
        if ticket is None or (ticket.expires_at or 0) <= self._clock():
            raise TicketMissing(
                "api_component_token",
                "there is no verify ticket younger than 12 hours; WeChat pushes one every 10 minutes to "
                "/callback/authorization, or does not reach it",
            )
        request = ComponentTokenRequest(
            component_appid=self.component_appid,
            component_appsecret=self._secret,
            component_verify_ticket=ticket.value,
        )
        asked_at = self._clock()
        try:
            fetched: ComponentToken = self._transport.send(authorization.api_component_token, request, {})
        except StaleToken as error:
            # 40001 from this endpoint speaks of the secret, not of a token.
            raise NeedsHuman(
                error.endpoint,
                "the app secret is wrong; check WECHAT_COMPONENT_SECRET",
                code=error.code,
                text=error.text,
            ) from None
        with self._engine.begin() as connection:
            self._credentials.keep(
                connection,
                Kind.COMPONENT_TOKEN,
                self.component_appid,
                fetched.component_access_token,
                issued_at=asked_at,
                expires_at=asked_at + fetched.expires_in,
            )
        return fetched.component_access_token

    def _renew_authorizer(self, appid: str) -> str:
        refresh = self._read(Kind.REFRESH_TOKEN, appid)
        if refresh is None:
            raise NotAuthorized(
                "api_authorizer_token", f"{appid} has not authorized the platform; its merchant has to do that"
            )
        request = AuthorizerTokenRequest(
            component_appid=self.component_appid, authorizer_appid=appid, authorizer_refresh_token=refresh.value
        )
        component = self.component()
        asked_at = self._clock()
        try:
            fetched = self._fetch_authorizer_token(request, component)
        except StaleToken:
            fetched = self._fetch_authorizer_token(request, self.component(stale=component))
        # The same refresh token is not kept again: the merchant may have authorized anew meanwhile and brought another.
        next_one = fetched.authorizer_refresh_token
        with self._engine.begin() as connection:
            self._credentials.keep(
                connection,
                Kind.AUTHORIZER_TOKEN,
                appid,
                fetched.authorizer_access_token,
                issued_at=asked_at,
                expires_at=asked_at + fetched.expires_in,
            )
            if next_one and next_one != refresh.value:
                self._credentials.keep(connection, Kind.REFRESH_TOKEN, appid, next_one, issued_at=asked_at)
        return fetched.authorizer_access_token

    def _fetch_authorizer_token(self, request: AuthorizerTokenRequest, component_token: str) -> AuthorizerToken:
        query = {Token.COMPONENT.value: component_token}
        return self._transport.send(authorization.api_authorizer_token, request, query)

    def _read(self, kind: Kind, owner: str) -> Credential | None:
        with reading(self._engine) as connection:
            return self._credentials.read(connection, kind, owner)


def _good(known: Credential, stale: str | None, until: float) -> bool:
    return known.value != stale and (known.expires_at is None or known.expires_at > until)
