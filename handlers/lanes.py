"""Who may run now, in one process: one reaction a mini program, and few of those whose last one hung."""

import threading
from collections import defaultdict
from enum import Enum
from typing import NamedTuple


class Lane(Enum):
    """Where a reaction runs: beside all others, or among those whose last one hung."""

    USUAL = "usual"
    SLOW = "slow"


class Turned(NamedTuple):
    """A reaction that may not run now, as the ledger names it."""

    push_id: str
    queue: str


class Lanes:
    """What runs, whose last reaction hung, and who was turned away meanwhile. Safe among threads."""

    def __init__(self, slow: int) -> None:
        """Take how many of those that hung may run at once."""
        self._slow_left = slow
        self._running: dict[str, Lane] = {}
        self._hung: set[str] = set()
        self._turned: dict[str | Lane, set[Turned]] = defaultdict(set)
        self._lock = threading.Lock()

    def enter(self, appid: str) -> Lane | None:
        """Let a reaction run, and say in which lane; None if it has to wait for another one to end."""
        with self._lock:
            if self._waits_for(appid) is not None:
                return None
            lane = Lane.SLOW if appid in self._hung else Lane.USUAL
            self._slow_left -= lane is Lane.SLOW
            self._running[appid] = lane
            return lane

    def wait(self, appid: str, who: Turned) -> bool:
        """Remember who was turned away; False if it need not wait any more."""
        with self._lock:
            other = self._waits_for(appid)
            if other is None:
                return False
            self._turned[other].add(who)
            return True

    def leave(self, appid: str, *, hung: bool | None = None) -> set[Turned]:
        """End a reaction that hung or not, None if it did not run; return who may be tried again."""
        with self._lock:
            lane = self._running.pop(appid)
            self._slow_left += lane is Lane.SLOW
            if hung is not None:
                (self._hung.add if hung else self._hung.discard)(appid)
            turned = self._turned.pop(appid, set())
            return turned | self._turned.pop(Lane.SLOW, set()) if lane is Lane.SLOW else turned

    def _waits_for(self, appid: str) -> str | Lane | None:
        """Return whose end is waited for: the reaction of the same mini program, or any in the slow lane."""
        if appid in self._running:
            return appid
        return Lane.SLOW if appid in self._hung and not self._slow_left else None
