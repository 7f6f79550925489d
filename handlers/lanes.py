"""Who may run now, in one process: one reaction a mini program, and few of those whose last one hung."""

import threading
from collections import defaultdict
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")

# More of one mini program are left to the ledger, which gives them out again.
MOST_WAITING = 1000


class Lane(Enum):
    """Where a reaction runs: beside all others, or among those whose last one hung."""

    USUAL = "usual"
    SLOW = "slow"


class Name(NamedTuple):
    """A reaction, as the ledger names it."""

    push_id: str
    queue: str


class Lanes(Generic[Item]):
    """What runs, whose last reaction hung, and who waits, in the order they came. Safe among threads."""

    def __init__(self, slow: int) -> None:
        """Take how many of those that hung may run at once."""
        self._slow_left = slow
        self._running: dict[str, Lane] = {}
        self._hung: set[str] = set()
        self._waiting: defaultdict[str, dict[Name, Item]] = defaultdict(dict)
        self._for_the_slow_lane: dict[Name, tuple[str, Item]] = {}
        self._lock = threading.Lock()

    def enter(self, appid: str) -> Lane | None:
        """Let a reaction run, and say in which lane; None if it has to wait for another one to end."""
        with self._lock:
            if appid in self._running or self._is_kept_from_the_slow_lane(appid):
                return None
            lane = Lane.SLOW if appid in self._hung else Lane.USUAL
            self._slow_left -= lane is Lane.SLOW
            self._running[appid] = lane
            return lane

    def wait(self, appid: str, name: Name, item: Item) -> bool:
        """Remember who has to wait; False if it need not wait any more."""
        with self._lock:
            if appid in self._running:
                if len(self._waiting[appid]) < MOST_WAITING:
                    self._waiting[appid][name] = item
                return True
            if self._is_kept_from_the_slow_lane(appid):
                self._for_the_slow_lane[name] = (appid, item)
                return True
            return False

    def leave(self, appid: str, *, hung: bool | None = None) -> list[Item]:
        """End a reaction that hung or not, None if it did not run; return who may enter now."""
        with self._lock:
            lane = self._running.pop(appid)
            self._slow_left += lane is Lane.SLOW
            if hung is not None:
                (self._hung.add if hung else self._hung.discard)(appid)
            return [*self._next_of(appid), *(self._next_for_the_slow_lane() if lane is Lane.SLOW else [])]

    def _next_of(self, appid: str) -> list[Item]:
        waiting = self._waiting.get(appid)
        if not waiting:
            return []
        item = waiting.pop(next(iter(waiting)))
        if not waiting:
            del self._waiting[appid]
        return [item]

    def _next_for_the_slow_lane(self) -> list[Item]:
        """Return as many as there are places, and who needs none any more."""
        places, chosen = self._slow_left, []
        for name, (appid, item) in list(self._for_the_slow_lane.items()):
            needs_a_place = appid in self._hung
            if needs_a_place and not places:
                continue
            places -= needs_a_place
            chosen.append(item)
            del self._for_the_slow_lane[name]
        return chosen

    def _is_kept_from_the_slow_lane(self, appid: str) -> bool:
        return appid in self._hung and not self._slow_left
