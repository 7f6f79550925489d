"""What would fill the log is said seldom, once, or only some of it."""

import time
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
    """Says the first few of each second, and with the next one how many more there were; those are for debugging."""

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take how many of a second are said."""
        self._most = most
        self._monotonic = monotonic
        self._second = 0
        self._said = self._more = 0

    def info(self, log: FilteringBoundLogger, event: str, **fields: object) -> None:
        """Log what is usual."""
        (log.info if self._is_said(fields) else log.debug)(event, **fields)

    def warn(self, log: FilteringBoundLogger, event: str, **fields: object) -> None:
        """Log a warning."""
        (log.warning if self._is_said(fields) else log.debug)(event, **fields)

    def _is_said(self, fields: dict[str, object]) -> bool:
        second = int(self._monotonic())
        if second != self._second:
            if self._more:
                fields["more"] = self._more
            self._second, self._said, self._more = second, 0, 0
        if self._said == self._most:
            self._more += 1
            return False
        self._said += 1
        return True
