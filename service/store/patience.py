"""A deadline for every wait on the database, however many questions it is for."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# An answer to WeChat is due within 4 s; whoever waits for a lock gives up before that.
PATIENCE = 3
# In seconds: no statement of ours takes longer on a database that is well.
STATEMENT = 10.0

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


def left() -> float:
    """Return for how many more seconds an answer is waited for."""
    until = _until.get()
    return STATEMENT if until is None else max(0.0, until - time.monotonic())


def may_cancel() -> bool:
    """Return whether what is not answered in time is worth telling the server."""
    return _cancels.get()
