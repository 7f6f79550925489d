"""What would fill the log is said seldom, or once."""

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
