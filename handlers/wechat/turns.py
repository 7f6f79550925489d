"""One commit or submit_audit at a time for each mini program, of all threads and processes: WeChat refuses two."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from handlers.wechat.errors import TryLater
from service import turns

# Longer than the two calls, and a token fetched between them, that a turn may take; then another may go on.
LONGEST = 120.0
POLL = 0.05


class Turns:
    """Turns that are kept in the database."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time, patience: float = LONGEST) -> None:
        """Take the store, the time, and how many seconds to wait for others."""
        self._engine = engine
        self._clock = clock
        self._patience = patience

    @contextmanager
    def of(self, endpoint: str, appid: str) -> Iterator[None]:
        """Wait for the turn of a mini program, and hold it until the block ends.

        Raises TryLater when others hold it for too long.
        """
        name, give_up = f"code of {appid}", time.monotonic() + self._patience
        while not self._take(name, until := self._clock() + LONGEST):
            if time.monotonic() > give_up:
                raise TryLater(endpoint, f"another commit or submit_audit of {appid} is under way, and takes too long")
            time.sleep(POLL)
        try:
            yield
        finally:
            with self._engine.begin() as connection:
                turns.give_back(connection, name, until=until)

    def _take(self, name: str, until: float) -> bool:
        with self._engine.begin() as connection:
            return turns.take(connection, name, now=self._clock(), until=until)
