"""Who may see the console, and who may order something there: accounts, signing in, sessions that end."""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette_admin.auth import AdminUser, AuthProvider
from starlette_admin.exceptions import LoginFailed

from handlers.console.passwords import hashed, is_right
from handlers.console.sign_ins import SignIns
from handlers.console.texts import words
from service.settings import Policies
from service.store import ended_sessions
from service.store.engine import reading
from service.store.orders import By
from service.threads import beside_the_loop

log = structlog.get_logger(__name__)

# In seconds, from signing in on, however busy one is.
SESSION = 12 * 3600
LONGEST_PASSWORD = 256
LONGEST_NAME = 64
UNAVAILABLE = 503


class SessionsAway(Exception):
    """The database does not say just now who signed out: nobody is let in."""


class Account(NamedTuple):
    """An account; one that may not order may only look."""

    username: str
    password: str
    may_order: bool


@dataclass
class Person(AdminUser):
    """Who is signed in."""

    may_order: bool = False


def accounts_of(settings: Policies) -> Sequence[Account]:
    """List the accounts that there are; none, and the console is off."""
    chosen = (
        (settings.console_username, settings.console_password, True),
        (settings.console_viewer_username, settings.console_viewer_password, False),
    )
    return [
        Account(username, password.get_secret_value(), may_order)
        for username, password, may_order in chosen
        if username and password
    ]


def session_key(settings: Policies) -> str:
    """Derive the key that signs cookies: one that is as secret as the secrets, and another when a password changes."""
    known = "\n".join(f"{account.username}:{account.password}" for account in accounts_of(settings))
    return hmac.new(settings.fernet_keys[0].encode(), f"console\n{known}".encode(), hashlib.sha256).hexdigest()


def by(request: Request) -> By:
    """Tell who orders something, and from where."""
    return By(request.state.admin_user.username, _address(request))


class Accounts(AuthProvider):
    """Signs people in and out."""

    def __init__(
        self, accounts: Sequence[Account], engine: Engine, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the accounts, where ended sessions are kept, and a clock for wrong passwords."""
        super().__init__()
        self._engine = engine
        self._accounts = {account.username: account for account in accounts}
        self._sign_ins = SignIns(clock)
        # A guess of a name that there is not takes as long as a guess of a password.
        costs = [int(account.password.split(":")[1]) for account in accounts]
        self._nobody = Account("", hashed(secrets.token_hex(), max(costs)), may_order=False)
        self._one_at_a_time = asyncio.Semaphore(1)

    async def login(self, username: str, password: str, remember_me: bool, request: Request) -> None:  # noqa: ARG002, FBT001 the library's
        """Begin a session. Raises LoginFailed."""
        address, username = _address(request), username[:LONGEST_NAME]
        async with self._one_at_a_time:
            if closed := self._sign_ins.closed_for(address, username):
                log.warning("console.closed", address=address, seconds=round(closed))
                raise LoginFailed(words()["too_many_tries"].format(minutes=int(closed // 60) + 1))
            account = self._accounts.get(username, self._nobody)
            given = password[:LONGEST_PASSWORD]
            right = await beside_the_loop(lambda: is_right(given, account.password), "console-password")
            if not right or account is self._nobody:
                self._sign_ins.failed(address, username)
                log.warning("console.refused", address=address, username=username)
                raise LoginFailed(words()["wrong_password"])
        self._sign_ins.succeeded(address, username)
        request.session.clear()
        request.session.update(name=account.username, id=secrets.token_hex(16), since=time.time())
        log.info("console.signed_in", address=address, username=account.username)

    async def logout(self, request: Request) -> None:
        """End a session, wherever else its cookie may be. Raises HTTPException."""
        id, now = str(request.session.get("id", "")), time.time()

        def end() -> None:
            with self._engine.begin() as connection:
                ended_sessions.end(connection, id, until=now + SESSION, now=now)

        try:
            await beside_the_loop(end, "console-logout")
        except SQLAlchemyError:
            raise HTTPException(UNAVAILABLE, words()["database_away"]) from None
        request.session.clear()

    async def authenticate(self, request: Request) -> Person | None:
        """Tell who is signed in. Raises SessionsAway."""
        session = request.session
        account, id = self._accounts.get(session.get("name", "")), str(session.get("id", ""))
        if account is None or time.time() - session.get("since", 0.0) > SESSION:
            return None
        if await beside_the_loop(lambda: self._is_ended(id), "console-session"):
            return None
        return Person(account.username, may_order=account.may_order)

    def _is_ended(self, id: str) -> bool:
        try:
            with reading(self._engine) as connection:
                return ended_sessions.is_ended(connection, id)
        except SQLAlchemyError:
            raise SessionsAway from None


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
