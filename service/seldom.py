"""What would fill the log is said seldom, once, or only some of it."""

import time
from collections import Counter
from collections.abc import Callable

from structlog.typing import FilteringBoundLogger


class Seldom:
    """Says something at most once in a while, and then how often it was the case since the last time."""

    def __init__(self, every: float = 60.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take how many seconds a while is."""
        self._every = every
        self._monotonic = monotonic
        self._said_at: float | None = None
        self._times = 0

    def warn(self, log: FilteringBoundLogger, event: str, *, times: int = 1, **fields: object) -> None:
        """Log a warning, or only count it."""
        self._times += times
        now = self._monotonic()
        if self._said_at is None or now - self._said_at >= self._every:
            log.warning(event, times=self._times, **fields)
            self._said_at, self._times = now, 0


class News:
    """Says what is wrong once, until it is another thing or over: what goes on is no news."""

    def __init__(self) -> None:
        """Begin with nothing wrong."""
        self._known = ""

    def warn(self, log: FilteringBoundLogger, event: str, *, error: str, **fields: object) -> None:
        """Log a warning if it is news, else for debugging."""
        (log.warning if error != self._known else log.debug)(event, error=error, **fields)
        self._known = error

    def over(self) -> None:
        """Take note that nothing is wrong."""
        self._known = ""


class Some:
    """Says, of each kind, the first few of a second, and with the next one how many more there were.

    Those are for debugging.
    """

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take how many of a second are said."""
        self._most = most
        self._monotonic = monotonic
        self._second = 0
        self._times: Counter[tuple[str, object]] = Counter()
        self._more: Counter[tuple[str, object]] = Counter()

    def log(self, say: Callable[..., object], otherwise: Callable[..., object], event: str, **fields: object) -> None:
        """Say an event, such as by `log.info`, or otherwise, such as by `log.debug`; each `reason` is of its kind."""
        second, kind = int(self._monotonic()), (event, fields.get("reason"))
        if second != self._second:
            self._second = second
            self._times.clear()
        self._times[kind] += 1
        if self._times[kind] > self._most:
            self._more[kind] += 1
            otherwise(event, **fields)
        elif more := self._more.pop(kind, 0):
            say(event, **fields, more=more)
        else:
            say(event, **fields)
