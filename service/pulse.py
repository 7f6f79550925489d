"""The pulse of a part: it beats while its work goes on, and who looks sees when it stands still."""

import asyncio
import time
from collections.abc import Callable, Mapping

# In seconds. Nothing that a part waits for by itself takes longer.
STANDS_STILL_AFTER = 15.0


class Stands(Exception):
    """A part stands still."""


class Pulse:
    """When each of the loops of a part went round last, and for how long it may take. Safe among threads.

    `note` is what a person should know of the part.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take the time; until the first beat a part is not well."""
        self._monotonic = monotonic
        self._beats: dict[str, tuple[float, float]] = {}
        self.note = ""

    def beat(self, loop: str = "", within: float = STANDS_STILL_AFTER) -> None:
        """Say that a loop goes round, and within how many seconds it will again."""
        self._beats[loop] = self._monotonic(), within

    async def beat_with_the_loop(self) -> None:
        """Beat as long as the running event loop goes round, until this is cancelled."""
        while True:
            self.beat()
            await asyncio.sleep(1.0)

    @property
    def late(self) -> Mapping[str, float]:
        """Return the loops that stand still, and for how many seconds."""
        now = self._monotonic()
        return {loop: now - at for loop, (at, within) in list(self._beats.items()) if now - at > within}

    @property
    def is_well(self) -> bool:
        """Return whether it beats, and no loop stands still."""
        return bool(self._beats) and not self.late

    def check(self) -> None:
        """Check that the part does not stand still. Raises Stands."""
        if not self.is_well:
            late = max(self.late.values(), default=None)
            raise Stands("it has not begun yet" if late is None else f"it stands still for {late:.0f} s")
