"""A credential that runs out, renewed once for all threads and processes, and used as long as it is good."""

import time
from collections.abc import Callable
from typing import NamedTuple

import structlog
from sqlalchemy import Engine

from handlers.wechat.errors import TryLater, WeChatError
from service.store.credentials import Credential, CredentialKind, Credentials
from service.store.engine import reading
from service.store.heartbeat import Heartbeat
from service.store.leases import Lease

log = structlog.get_logger(__name__)

# A token lives two hours; WeChat's advice is to fetch the next one after 1 h 50 min.
AHEAD = 600.0
# In seconds: what WeChat just refused is not asked of it again while the former token is good.
REST = 30.0
# Who waits for a token of somebody else's fetching gives up after this.
PATIENCE = 60.0
# In seconds. What was read so recently is not read again: one visit to a mini program makes some seven calls, and a
# token that somebody replaced meanwhile is still good, or WeChat says so.
AT_HAND = 5.0
POLL = 0.05
LONGEST_POLL = 0.5


class Wanted(NamedTuple):
    """A credential, another one than `stale`."""

    kind: CredentialKind
    owner: str
    stale: str | None

    @property
    def lease(self) -> str:
        """Name the lease under which it is renewed."""
        return f"{self.kind.value} of {self.owner}"

    def is_met(self, known: Credential | None, until: float) -> bool:
        """Return whether a credential will do until a time."""
        return (
            known is not None and known.value != self.stale and (known.expires_at is None or known.expires_at > until)
        )


class Renewal:
    """Renews the credentials of one database."""

    def __init__(
        self,
        engine: Engine,
        heartbeat: Heartbeat,
        credentials: Credentials,
        clock: Callable[[], float],
        patience: float = PATIENCE,
    ) -> None:
        """Take the store, what keeps leases, the time, and how many seconds to wait for others."""
        self._engine = engine
        self._heartbeat = heartbeat
        self._credentials = credentials
        self._clock = clock
        self._patience = patience
        self._failures: dict[str, tuple[float, WeChatError]] = {}
        self._at_hand: dict[str, tuple[float, Credential]] = {}

    def read(self, kind: CredentialKind, owner: str) -> Credential | None:
        """Read a credential, good or expired."""
        with reading(self._engine) as connection:
            return self._credentials.read(connection, kind, owner)

    def current(self, wanted: Wanted, renew: Callable[[], str]) -> str:
        """Return a credential, renewed if that is due and nobody else is doing it.

        Raises TryLater when somebody else takes too long, and what renewing raises.
        """
        began, poll = time.monotonic(), POLL
        while True:
            now = self._clock()
            read_at, known = self._at_hand.get(wanted.lease, (-AT_HAND, None))
            if time.monotonic() - read_at < AT_HAND and known and wanted.is_met(known, now + AHEAD):
                return known.value
            known = self._read_anew(wanted)
            if known and wanted.is_met(known, now + AHEAD):
                return known.value
            usable = known.value if known and wanted.is_met(known, now) else None
            if lease := self._heartbeat.take_if_free(wanted.lease):
                return self._renew(wanted, renew, lease, usable, began)
            if usable:
                return usable
            if time.monotonic() > began + self._patience:
                raise TryLater(wanted.kind.value, "somebody else fetches a new token, and that takes too long")
            time.sleep(poll)
            poll = min(poll * 1.5, LONGEST_POLL)

    def replaced(self, kind: CredentialKind, owner: str) -> None:
        """Read a credential anew the next time: this process keeps another one, or forgets it."""
        self._at_hand.pop(Wanted(kind, owner, None).lease, None)

    def _read_anew(self, wanted: Wanted) -> Credential | None:
        read_at = time.monotonic()
        if known := self.read(wanted.kind, wanted.owner):
            self._at_hand[wanted.lease] = read_at, known
        return known

    def _renew(self, wanted: Wanted, renew: Callable[[], str], lease: Lease, usable: str | None, began: float) -> str:
        """Renew, unless somebody succeeded, or failed, while this one waited for him.

        A token that is still good outlives a renewal that failed; the lease then rests, so that not every call asks
        WeChat for what it just refused.
        """
        rest = 0.0
        try:
            known = self.read(wanted.kind, wanted.owner)
            if known and wanted.is_met(known, self._clock() + AHEAD):
                return known.value
            failed_at, failure = self._failures.get(wanted.lease, (0.0, None))
            if failure and failed_at > began:
                raise failure.with_traceback(None)
            return renew()
        except WeChatError as error:
            self._failures[wanted.lease] = (time.monotonic(), error)
            if usable is None:
                raise
            rest = REST
            log.warning("credential.not_renewed", kind=wanted.kind.value, owner=wanted.owner, error=str(error))
            return usable
        finally:
            self._heartbeat.end(lease, rest=rest)
