"""The pulse of a part: it beats while its work goes on, and who looks sees when it stands still."""

import time
from collections.abc import Callable

# In seconds. Nothing that a part waits for by itself takes longer.
STANDS_STILL_AFTER = 15.0


class Stands(Exception):
    """A part stands still."""


class Pulse:
    """When each of the loops of a part went round last. Safe among threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take the time; until the first beat nothing is known."""
        self._monotonic = monotonic
        self._beats: dict[str, float] = {}

    def beat(self, loop: str = "") -> None:
        """Say that a loop goes round."""
        self._beats[loop] = self._monotonic()

    @property
    def age(self) -> float:
        """Return how many seconds ago the loop went round that stands still longest; infinite before the first beat."""
        return self._monotonic() - min(self._beats.values(), default=float("-inf"))

    def check(self) -> None:
        """Check that the part does not stand still. Raises Stands."""
        if self.age > STANDS_STILL_AFTER:
            raise Stands(f"it stands still for {self.age:.0f} s")
