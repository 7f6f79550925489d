"""The trace of a message (https://www.w3.org/TR/trace-context/): what a push leads to bears the trace of the push."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str] = ContextVar("traceparent", default="")


@contextmanager
def within(traceparent: str | None) -> Iterator[None]:
    """Let the messages that are built in the block bear a trace, if it is one."""
    token = _current.set(traceparent if traceparent and TRACEPARENT.fullmatch(traceparent) else "")
    try:
        yield
    finally:
        _current.reset(token)


def of(id: str) -> str:
    """Return the trace of a message: that of what led to it, or one that begins with it and is named like it."""
    return _current.get() or f"00-{id}-{id[:16]}-01"
