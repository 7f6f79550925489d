"""Whether WeChat as a whole was away and is back, seen by the answers of all calls of one process."""

import threading
import time
from collections.abc import Callable

# What waits for WeChat as a whole, in the ledger.
WECHAT = "wechat"
# In seconds without any answer. What is shorter is over before anybody waits for long.
SHORTEST = 10.0
# One call that is not answered while nobody else asks anything says nothing about WeChat as a whole.
FEWEST = 3


class Outage:
    """Takes note of calls that were and were not answered, and says when an outage has ended."""

    def __init__(
        self, ended: Callable[[], None] = lambda: None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what is to be done at its end, by whoever makes the first call that is answered."""
        self._ended = ended
        self._monotonic = monotonic
        self._since: float | None = None
        self._not_answered = 0
        self._lock = threading.Lock()

    def not_answered(self) -> None:
        """Note a call without an answer. One mini program whose calls hang is no outage: others are answered."""
        with self._lock:
            self._not_answered += 1
            if self._since is None:
                self._since = self._monotonic()

    def answered(self) -> None:
        """Note an answer, whatever it says."""
        if self._since is None:
            return
        with self._lock:
            since, self._since = self._since, None
            calls, self._not_answered = self._not_answered, 0
        if since is not None and calls >= FEWEST and self._monotonic() - since >= SHORTEST:
            self._ended()
