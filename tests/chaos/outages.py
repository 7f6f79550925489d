"""What a line of an outage does: some releases before, some while something is away, some after; then it counts."""

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers

Fault = Callable[[Rig], AbstractContextManager[None]]
APPS = 6
SECONDS = 4.0
# Longer than any lease, and than a relay holds what it took.
LONG = 18.0


def outage(
    shared: Servers, setting: str, name: str, fault: Fault, *, seconds: float = SECONDS, limit: float = 15.0
) -> Row:
    """Break something under a whole weaudit for a while."""
    return outage_of(Rig(shared, setting), fault, name, seconds=seconds, limit=limit)


def outage_of(whole: Rig, fault: Fault, name: str = "", *, seconds: float = SECONDS, limit: float = 15.0) -> Row:
    """Break something for a while, and measure when all that was approved meanwhile is online."""
    with whole as rig:
        rig.prepare(APPS)
        with rig.sending() as load:
            before, meanwhile, after = rig.apps[:2], rig.apps[2:4], rig.apps[4:]
            rig.approve(before)
            rig.until(lambda: rig.released(before), "the releases before")
            with fault(rig):
                time.sleep(0.5)
                rig.approve(meanwhile)
                time.sleep(seconds)
            healed = time.monotonic()
            rig.approve(after)
            rig.until(lambda: rig.released(rig.apps), "the releases")
            recovery = time.monotonic() - healed
            load.finish()
            return rig.row(name, recovery, limit)


def broken_by(
    breaks: Callable[[Rig], object], mends: Callable[[Rig], object] = lambda _: None
) -> Callable[[Rig], AbstractContextManager[None]]:
    """Make a fault of what breaks and what mends."""

    @contextmanager
    def fault(rig: Rig) -> Generator[None]:
        breaks(rig)
        try:
            yield
        finally:
            mends(rig)

    return fault
