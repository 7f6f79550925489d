"""Tokens: ticket -> component token -> authorizer token, each fetched once for all threads and processes."""

import time
from collections.abc import Callable
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from handlers.wechat import authorization
from handlers.wechat.authorization import (
    AuthorizationInfo,
    AuthorizerListRequest,
    AuthorizerTokenRequest,
    ComponentToken,
    ComponentTokenRequest,
)
from handlers.wechat.endpoint import Endpoint, Got, Sent
from handlers.wechat.errors import NeedsHuman, NotAuthorized, StaleToken, TicketMissing, TryLater, WeChatError
from handlers.wechat.transport import Transport
from service import apps, turns
from service.credentials import Credential, Credentials, Kind
from service.database import reading

log = structlog.get_logger(__name__)

# A token lives two hours; WeChat's advice is to fetch the next one after 1 h 50 min.
AHEAD = 600.0
# Who fetches a token has this long, then another may; longer than the two calls to WeChat that it may take.
RENEWAL = 30.0
POLL = 0.05
# A mini program that is not listed with a usable refresh token is not looked for again so soon; a new authorization
# brings a refresh token of its own.
UNLISTED = 300.0
REVOKED = 61003
REFRESH_TOKEN_INVALID = 61023


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
        self._unlisted_until: dict[str, float] = {}
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
                claimed = turns.take(connection, _turn(kind, owner), now=now, until=until)
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
                turns.give_back(connection, _turn(kind, owner), until=until)
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
        kept = self._read(Kind.REFRESH_TOKEN, appid)
        if kept is None:
            # Lost, or never known: the merchant may have authorized the platform before weaudit came.
            return self._fetch_with_listed(appid, former="")
        try:
            return self._fetch(appid, kept.value)
        except NeedsHuman as error:
            if error.code == REVOKED:
                self._mark_unauthorized(appid, kept.value)
                raise _not_authorized(appid) from None
            if error.code != REFRESH_TOKEN_INVALID:
                raise
            log.warning("credential.refresh_token_refused", owner=appid, error=str(error))
            return self._fetch_with_listed(appid, former=kept.value)

    def _fetch_with_listed(self, appid: str, former: str) -> str:
        """Fetch with the refresh token that WeChat lists for a mini program, once, as WeChat's staff advises."""
        asked_at = self._clock()
        if asked_at < self._unlisted_until.get(appid, 0.0):
            raise _not_authorized(appid)
        listed = self._listed_refresh_token(appid)
        if not listed or listed == former:
            self._unlisted_until[appid] = asked_at + UNLISTED
            raise _not_authorized(appid)
        value = self._fetch(appid, listed)
        with self._engine.begin() as connection:
            self._credentials.keep(connection, Kind.REFRESH_TOKEN, appid, listed, issued_at=asked_at)
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
        asked_at = self._clock()
        fetched = self._as_component(authorization.api_authorizer_token, request)
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
            if next_one and next_one != refresh_token:
                self._credentials.keep(connection, Kind.REFRESH_TOKEN, appid, next_one, issued_at=asked_at)
        return fetched.authorizer_access_token

    def _as_component(self, endpoint: Endpoint[Sent, Got], request: Sent) -> Got:
        token = self.component()
        try:
            return self._transport.send(endpoint, request, {endpoint.token_parameter: token})
        except StaleToken:
            fresh = self.component(stale=token)
            return self._transport.send(endpoint, request, {endpoint.token_parameter: fresh})

    def _mark_unauthorized(self, appid: str, refused: str) -> None:
        with self._engine.begin() as connection:
            kept = self._credentials.read(connection, Kind.REFRESH_TOKEN, appid)
            if kept and kept.value == refused:  # and not one that a new authorization has brought meanwhile
                self.forget(connection, appid)
                apps.mark_unauthorized(connection, appid)

    def _read(self, kind: Kind, owner: str) -> Credential | None:
        with reading(self._engine) as connection:
            return self._credentials.read(connection, kind, owner)


def _turn(kind: Kind, owner: str) -> str:
    return f"{kind.value} of {owner}"


def _not_authorized(appid: str) -> NotAuthorized:
    return NotAuthorized(
        "api_authorizer_token", f"{appid} does not authorize the platform; its merchant has to do that"
    )


def _good(known: Credential, stale: str | None, until: float) -> bool:
    return known.value != stale and (known.expires_at is None or known.expires_at > until)
