"""The heartbeat of a process: one thread that moves on all that the process holds, its leases and its tries."""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from service.store import attempts, leases
from service.store.attempts import Attempt
from service.store.engine import database_time, reading
from service.store.leases import Lease, LeaseLost
from service.store.patience import within

log = structlog.get_logger(__name__)

# In seconds; a third of a lease, so that two in a row may fail.
BEAT = 5.0
# In seconds; two that fail, with the pause between them, are shorter than a lease.
LONGEST_BEAT = 2.0
# Nothing takes longer, so who hangs for so many seconds is no longer vouched for, and somebody else may take over.
LONGEST = 300.0


class Heartbeat:
    """What one process holds. Runs a thread while it is used as a context; without one, nothing is moved on."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[Connection], float] = database_time,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        every: float = BEAT,
    ) -> None:
        """Take the store, the time by which all processes judge each other, and our own, which cannot be set."""
        self._engine = engine
        self._now = now
        self._monotonic = monotonic
        self._every = every
        self._holder = f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._leases: dict[Lease, float] = {}  # until when each is vouched for
        self._tries: dict[Attempt, float] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the thread; what is still held is free when its lease is over."""
        self._stop.set()
        if self._thread:
            self._thread.join(1.0)

    def try_to_take(
        self,
        name: str,
        *,
        longest_rest: float | None = None,
        longest: float = LONGEST,
        read: Callable[[Connection, float], object] = lambda *_: None,
    ) -> Lease | None:
        """Take a lease, for at most `longest` seconds, and read what it guards in the same transaction.

        None, and nothing read, if somebody has it. Raises the database's errors.
        """
        began = self._monotonic()
        with self._engine.begin() as connection:
            now = self._now(connection)
            lease = leases.take(connection, name, self._holder, now=now, longest_rest=longest_rest)
            if lease:
                read(connection, now)
        if lease:
            self._leases[lease] = began + longest
        return lease

    def take_if_free(self, name: str, *, longest_rest: float | None = None, longest: float = LONGEST) -> Lease | None:
        """Look first, so that who waits for a lease writes nothing meanwhile. Raises the database's errors."""
        with reading(self._engine) as connection:
            if not leases.is_free(connection, name, now=self._now(connection), longest_rest=longest_rest):
                return None
        return self.try_to_take(name, longest_rest=longest_rest, longest=longest)

    def end(
        self, lease: Lease, *, rest: float = 0.0, write: Callable[[Connection, float], object] = lambda *_: None
    ) -> None:
        """End a lease, and write something in the same commit, lost or not.

        If the database does not take that, the lease ends by itself, and what was done in it counts.
        """
        self._leases.pop(lease, None)
        try:
            with self._engine.begin() as connection:
                now = self._now(connection)
                leases.end(connection, lease, now=now, rest=rest)
                write(connection, now)
        except SQLAlchemyError as error:
            log.warning("lease.not_given_back", lease=lease.name, error=str(error))

    @contextmanager
    def writing(self, lease: Lease) -> Iterator[Connection]:
        """Open a transaction in which only the holder of a lease can write; it is a heartbeat of that lease, too.

        Raises LeaseLost, and the database's errors.
        """
        with self._engine.begin() as connection:
            if not leases.hold_one(connection, lease, now=self._now(connection)):
                raise LeaseLost(lease.name)
            yield connection

    @contextmanager
    def keeping(self, attempt: Attempt) -> Iterator[None]:
        """Move a running reaction on while the block runs."""
        self._tries[attempt] = self._monotonic()
        try:
            yield
        finally:
            del self._tries[attempt]

    def beat(self) -> None:
        """Move on all that is held. Raises the database's errors."""
        began = self._monotonic()
        held = [lease for lease, until in list(self._leases.items()) if began < until]
        tries = [attempt for attempt, since in list(self._tries.items()) if began - since < LONGEST]
        if not held and not tries:
            return
        with within(LONGEST_BEAT), self._engine.begin() as connection:
            now = self._now(connection)
            if held:
                leases.hold(connection, held, now=now)
            if tries:
                attempts.hold(connection, tries, now=now)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                self.beat()
            except SQLAlchemyError as error:
                log.warning("heartbeat.failed", error=str(error))
