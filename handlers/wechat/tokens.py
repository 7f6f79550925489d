"""Tokens: ticket -> component token -> authorizer token, each fetched once for all threads and processes."""

import time
from collections.abc import Callable

import structlog
from sqlalchemy import Connection, Engine

from handlers.wechat.endpoint import Endpoint, Got, Sent
from handlers.wechat.endpoints import authorization
from handlers.wechat.endpoints.authorization import (
    AuthorizationInfo,
    AuthorizerListRequest,
    AuthorizerToken,
    AuthorizerTokenRequest,
    ComponentToken,
    ComponentTokenRequest,
)
from handlers.wechat.errors import NeedsHuman, NotAuthorized, StaleToken, TicketMissing, WeChatError, WrongSecret
from handlers.wechat.renewal import PATIENCE, Renewal, Wanted
from handlers.wechat.transport import Transport
from service.store import mini_programs
from service.store.credentials import CredentialKind, Credentials
from service.store.heartbeat import Heartbeat

log = structlog.get_logger(__name__)

# A mini program that is not listed with a usable refresh token is not looked for again so soon; a new authorization
# brings a refresh token of its own.
UNLISTED = 300.0
REVOKED = 61003
REFRESH_TOKEN_INVALID = 61023


class Tokens:
    """The tokens of one platform and of the mini programs that authorized it."""

    def __init__(
        self,
        engine: Engine,
        heartbeat: Heartbeat,
        credentials: Credentials,
        transport: Transport,
        *,
        component_appid: str,
        component_secret: str,
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE,
    ) -> None:
        """Take the store, what keeps leases, the way to WeChat, who we are, and how many seconds to wait for others."""
        self._engine = engine
        self._credentials = credentials
        self._transport = transport
        self._secret = component_secret
        self._clock = clock
        self._renewal = Renewal(engine, heartbeat, credentials, clock, patience)
        self._unlisted_until: dict[str, float] = {}
        self.component_appid = component_appid

    def component(self, stale: str | None = None) -> str:
        """Return the platform's token, another one than `stale`.

        Raises TicketMissing, and what fetching one raises.
        """
        wanted = Wanted(CredentialKind.COMPONENT_TOKEN, self.component_appid, stale)
        return self._renewal.current(wanted, self._renew_component)

    def authorizer(self, appid: str, stale: str | None = None) -> str:
        """Return a mini program's token, another one than `stale`.

        Raises NotAuthorized, and what fetching one raises.
        """
        wanted = Wanted(CredentialKind.AUTHORIZER_TOKEN, appid, stale)
        return self._renewal.current(wanted, lambda: self._renew_authorizer(appid))

    def adopt(self, connection: Connection, info: AuthorizationInfo, asked_at: float) -> None:
        """Keep the tokens that an authorization code was exchanged for, which was asked for at a time."""
        appid, expires_at = info.authorizer_appid, asked_at + info.expires_in
        if info.authorizer_access_token:
            token = info.authorizer_access_token
            self._keep(
                connection, CredentialKind.AUTHORIZER_TOKEN, appid, token, issued_at=asked_at, expires_at=expires_at
            )
        if info.authorizer_refresh_token:
            self._credentials.keep(
                connection, CredentialKind.REFRESH_TOKEN, appid, info.authorizer_refresh_token, issued_at=asked_at
            )

    def forget(self, connection: Connection, appid: str) -> None:
        """Forget the tokens of a mini program."""
        for kind in (CredentialKind.AUTHORIZER_TOKEN, CredentialKind.REFRESH_TOKEN):
            self._credentials.forget(connection, kind, appid)
            self._renewal.replaced(kind, appid)

    def _keep(
        self,
        connection: Connection,
        kind: CredentialKind,
        owner: str,
        token: str,
        *,
        issued_at: float,
        expires_at: float,
    ) -> None:
        self._credentials.keep(connection, kind, owner, token, issued_at=issued_at, expires_at=expires_at)
        self._renewal.replaced(kind, owner)

    def _renew_component(self) -> str:
        ticket = self._renewal.read(CredentialKind.TICKET, self.component_appid)
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
        asked_at = self._since(CredentialKind.COMPONENT_TOKEN, self.component_appid)
        try:
            fetched: ComponentToken = self._transport.send(authorization.api_component_token, request, {})
        except StaleToken as error:
            # 40001 from this endpoint speaks of the secret, not of a token.
            raise WrongSecret(
                error.endpoint,
                "the app secret is wrong; check WECHAT_COMPONENT_SECRET",
                code=error.code,
                text=error.text,
            ) from None
        self.keep_component(fetched, asked_at)
        log.info("credential.renewed", kind=CredentialKind.COMPONENT_TOKEN.value, owner=self.component_appid)
        return fetched.component_access_token

    def keep_component(self, fetched: ComponentToken, asked_at: float) -> None:
        """Keep the platform's token, which was asked for at a time."""
        token, expires_at = fetched.component_access_token, self._clock() + fetched.expires_in
        with self._engine.begin() as connection:
            self._keep(
                connection,
                CredentialKind.COMPONENT_TOKEN,
                self.component_appid,
                token,
                issued_at=asked_at,
                expires_at=expires_at,
            )

    def _since(self, kind: CredentialKind, owner: str) -> float:
        """Return the time from which the next credential counts: now, but not before the one that it replaces.

        That one may have been written by a machine whose clock is ahead.
        """
        former = self._renewal.read(kind, owner)
        return max(self._clock(), former.issued_at if former else 0.0)

    def _renew_authorizer(self, appid: str) -> str:
        kept = self._renewal.read(CredentialKind.REFRESH_TOKEN, appid)
        if kept is None:
            # Lost, or never known: the merchant may have authorized the platform before weaudit came.
            return self._fetch_with_listed(appid)
        try:
            return self._fetch(appid, kept.value)
        except NeedsHuman as error:
            if error.code == REVOKED:
                self._mark_unauthorized(appid, kept.value)
                raise _not_authorized(appid, error) from None
            if error.code != REFRESH_TOKEN_INVALID:
                raise
            log.warning("credential.refresh_token_refused", owner=appid, error=str(error))
            return self._fetch_with_listed(appid)

    def _fetch_with_listed(self, appid: str) -> str:
        """Fetch with the refresh token that WeChat lists for a mini program, once, as WeChat's staff advises."""
        asked_at = self._clock()
        if asked_at < self._unlisted_until.get(appid, 0.0):
            raise _not_authorized(appid)
        since = self._since(CredentialKind.REFRESH_TOKEN, appid)
        listed = self._listed_refresh_token(appid)
        if not listed:
            self._unlisted_until[appid] = asked_at + UNLISTED
            raise _not_authorized(appid)
        try:
            value = self._fetch(appid, listed)
        except NeedsHuman as error:
            if error.code not in (REVOKED, REFRESH_TOKEN_INVALID):
                raise
            self._unlisted_until[appid] = asked_at + UNLISTED
            raise _not_authorized(appid, error) from None
        with self._engine.begin() as connection:
            self._credentials.keep(connection, CredentialKind.REFRESH_TOKEN, appid, listed, issued_at=since)
        log.info("credential.recovered", owner=appid)
        return value

    def _listed_refresh_token(self, appid: str) -> str:
        seen = 0
        while True:
            request = AuthorizerListRequest(component_appid=self.component_appid, offset=seen)
            page = self._as_component(authorization.api_get_authorizer_list, request)
            for listed in page.list:
                if listed.authorizer_appid == appid:
                    return listed.refresh_token
            seen += len(page.list)
            if not page.list or seen >= page.total_count:
                return ""

    def _fetch(self, appid: str, refresh_token: str) -> str:
        request = AuthorizerTokenRequest(
            component_appid=self.component_appid, authorizer_appid=appid, authorizer_refresh_token=refresh_token
        )
        # First the platform's token, which may take its time: what is issued to us is issued after now.
        self.component()
        asked_at = self._since(CredentialKind.AUTHORIZER_TOKEN, appid)
        fetched = self._as_component(authorization.api_authorizer_token, request)
        self.keep_authorizer(appid, fetched, asked_at, refresh_token)
        log.info("credential.renewed", kind=CredentialKind.AUTHORIZER_TOKEN.value, owner=appid)
        return fetched.authorizer_access_token

    def keep_authorizer(self, appid: str, fetched: AuthorizerToken, asked_at: float, refresh_token: str) -> None:
        """Keep a mini program's token, which was asked for at a time with a refresh token."""
        next_one, token = fetched.authorizer_refresh_token, fetched.authorizer_access_token
        with self._engine.begin() as connection:
            expires_at = self._clock() + fetched.expires_in
            self._keep(
                connection, CredentialKind.AUTHORIZER_TOKEN, appid, token, issued_at=asked_at, expires_at=expires_at
            )
            # The same one is not kept again: the merchant may have authorized anew meanwhile and brought another.
            if next_one and next_one != refresh_token:
                self._credentials.keep(connection, CredentialKind.REFRESH_TOKEN, appid, next_one, issued_at=asked_at)

    def _as_component(self, endpoint: Endpoint[Sent, Got], request: Sent) -> Got:
        token = self.component()
        try:
            return self._transport.send(endpoint, request, {endpoint.token_parameter: token})
        except StaleToken:
            fresh = self.component(stale=token)
            return self._transport.send(endpoint, request, {endpoint.token_parameter: fresh})

    def _mark_unauthorized(self, appid: str, refused: str) -> None:
        with self._engine.begin() as connection:
            kept = self._credentials.read(connection, CredentialKind.REFRESH_TOKEN, appid)
            if kept and kept.value == refused:  # and not one that a new authorization has brought meanwhile
                self.forget(connection, appid)
                mini_programs.mark_unauthorized(connection, appid)


def _not_authorized(appid: str, said: WeChatError | None = None) -> NotAuthorized:
    """Make the error for a merchant, with what WeChat said, if it did."""
    error = NotAuthorized(
        "api_authorizer_token",
        f"{appid} does not authorize the platform, or not any more; its merchant has to authorize it",
        code=said.code if said else None,
        text=said.text if said else "",
        chinese="该小程序未授权给平台，或已取消授权，请商户重新授权",
    )
    error.answer = said.answer if said else {}
    return error
