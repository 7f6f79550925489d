"""A deadline for every wait on PostgreSQL: a connection that says nothing any more is shut, and not used again.

A proxy or a tunnel that goes on acknowledging and carries nothing is seen by no keepalive of TCP's.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

# In seconds: no statement of ours takes longer on a database that is well.
STATEMENT = 10.0
# Until the server has taken that a statement is given up; a new connection tells it.
CANCEL_WITHIN = 1.0

Answer = TypeVar("Answer")
_until: ContextVar[float | None] = ContextVar("until", default=None)
_cancels: ContextVar[bool] = ContextVar("cancels", default=True)


@contextmanager
def within(seconds: float, *, cancels: bool = True) -> Iterator[None]:
    """Let all that is asked of the database in the block be answered in so many seconds together, or in fewer.

    What is not answered in time is cancelled at the server, if it is more than a question whether it is there.
    """
    outer = _until.get()
    until = time.monotonic() + seconds
    deadline, cancelling = _until.set(until if outer is None else min(until, outer)), _cancels.set(cancels)
    try:
        yield
    finally:
        _cancels.reset(cancelling)
        _until.reset(deadline)


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed when it does not answer in time; the error is that of a database that is away."""

    def wait(self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:
        """Wait as psycopg does, until the deadline at most.

        Raises psycopg.OperationalError.
        """
        until = _until.get()
        left = STATEMENT if until is None else max(0.0, until - time.monotonic())
        try:
            return super().wait(gen, interval, min(left, timeout or left))
        except _WaitTimeout:
            if _cancels.get():
                # What waits for a lock would go on waiting there, and hold a place of the server's.
                with suppress(psycopg.Error):
                    self.cancel_safe(timeout=CANCEL_WITHIN)
            self.close()
            raise psycopg.OperationalError("the database does not answer in time") from None
