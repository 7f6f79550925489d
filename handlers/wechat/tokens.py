"""Tokens: ticket -> component token -> authorizer token, each fetched once for all threads and processes."""

import time
from collections.abc import Callable

import structlog
from sqlalchemy import Engine

from handlers.wechat import authorization
from handlers.wechat.authorization import (
    AuthorizationInfo,
    AuthorizerToken,
    AuthorizerTokenRequest,
    ComponentToken,
    ComponentTokenRequest,
)
from handlers.wechat.endpoint import Token
from handlers.wechat.errors import NeedsHuman, NotAuthorized, StaleToken, TicketMissing, TryLater
from handlers.wechat.transport import Transport
from service.credentials import Credential, Credentials, Kind
from service.database import reading

log = structlog.get_logger(__name__)

# A token lives two hours; WeChat's advice is to fetch the next one after 1 h 50 min.
AHEAD = 600.0
# Who fetches a token has this long, then another may; longer than the calls to WeChat that it takes.
RENEWAL = 30.0
POLL = 0.05


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
        return self._current(Kind.COMPONENT_TOKEN, self.component_appid, stale, self._renew_component)

    def authorizer(self, appid: str, stale: str | None = None) -> str:
        """Give a mini program's token, another one than `stale`.

        Raises NotAuthorized, and what fetching one raises.
        """
        return self._current(Kind.AUTHORIZER_TOKEN, appid, stale, lambda: self._renew_authorizer(appid))

    def adopt(self, info: AuthorizationInfo) -> None:
        """Keep the tokens that an authorization code was exchanged for."""
        self._keep(info.authorizer_appid, info.authorizer_access_token, info.expires_in, info.authorizer_refresh_token)

    def forget(self, appid: str) -> None:
        """Forget the tokens of a mini program."""
        with self._engine.begin() as connection:
            for kind in (Kind.AUTHORIZER_TOKEN, Kind.REFRESH_TOKEN):
                self._credentials.forget(connection, kind, appid)

    def holds(self, appid: str) -> bool:
        """Tell whether there is a refresh token of a mini program."""
        return self._read(Kind.REFRESH_TOKEN, appid) is not None

    def _current(self, kind: Kind, owner: str, stale: str | None, renew: Callable[[], str]) -> str:
        give_up = time.monotonic() + RENEWAL
        while True:
            now = self._clock()
            known = self._read(kind, owner)
            if known and _good(known, stale, now + AHEAD):
                return known.value
            with self._engine.begin() as connection:
                claimed = self._credentials.claim_renewal(connection, kind, owner, now=now, until=now + RENEWAL)
            if claimed:
                return self._renew_unless_done(kind, owner, stale, renew)
            if known and _good(known, stale, now):
                return known.value
            if time.monotonic() > give_up:
                raise TryLater(kind.value, "somebody else fetches a new token, and that takes too long")
            time.sleep(POLL)

    def _renew_unless_done(self, kind: Kind, owner: str, stale: str | None, renew: Callable[[], str]) -> str:
        try:
            known = self._read(kind, owner)
            if known and _good(known, stale, self._clock() + AHEAD):
                self._release(kind, owner)
                return known.value
            value = renew()
        except BaseException:
            self._release(kind, owner)
            raise
        log.info("credential.renewed", kind=kind.value, owner=owner)
        return value

    def _release(self, kind: Kind, owner: str) -> None:
        with self._engine.begin() as connection:
            self._credentials.release_renewal(connection, kind, owner)

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
        now = self._clock()
        with self._engine.begin() as connection:
            self._credentials.keep(
                connection,
                Kind.COMPONENT_TOKEN,
                self.component_appid,
                fetched.component_access_token,
                issued_at=now,
                expires_at=now + fetched.expires_in,
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
        try:
            fetched = self._fetch_authorizer_token(request, component)
        except StaleToken:
            fetched = self._fetch_authorizer_token(request, self.component(stale=component))
        self._keep(appid, fetched.authorizer_access_token, fetched.expires_in, fetched.authorizer_refresh_token)
        return fetched.authorizer_access_token

    def _fetch_authorizer_token(self, request: AuthorizerTokenRequest, component_token: str) -> AuthorizerToken:
        query = {Token.COMPONENT.value: component_token}
        return self._transport.send(authorization.api_authorizer_token, request, query)

    def _keep(self, appid: str, access_token: str, expires_in: int, refresh_token: str) -> None:
        now = self._clock()
        with self._engine.begin() as connection:
            if access_token:
                self._credentials.keep(
                    connection,
                    Kind.AUTHORIZER_TOKEN,
                    appid,
                    access_token,
                    issued_at=now,
                    expires_at=now + expires_in,
                )
            if refresh_token:
                self._credentials.keep(connection, Kind.REFRESH_TOKEN, appid, refresh_token, issued_at=now)

    def _read(self, kind: Kind, owner: str) -> Credential | None:
        with reading(self._engine) as connection:
            return self._credentials.read(connection, kind, owner)


def _good(known: Credential, stale: str | None, until: float) -> bool:
    return known.value != stale and (known.expires_at is None or known.expires_at > until)
