"""What only one may do at a time for a mini program, of all threads and processes, such as commit or submit_audit."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from handlers.wechat.endpoint import CALL_WITHIN
from handlers.wechat.errors import TryLater, WeChatError, may_have_worked
from service.store import leases

# One call, and the same again with another token.
A_CALL = 2 * CALL_WITHIN
SLACK = 10.0
# Longer than the longest turn, of four calls, so that whoever waits for a dead one gets it.
PATIENCE = 4 * A_CALL + SLACK + 15.0
POLL = 0.05


class Turns:
    """Turns that are kept in the database."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time, patience: float = PATIENCE) -> None:
        """Take the store, the time, and how many seconds to wait for others."""
        self._engine = engine
        self._clock = clock
        self._patience = patience

    @contextmanager
    def of(self, endpoint: str, appid: str, what: str = "code", calls: int = 1) -> Iterator[None]:
        """Wait for the turn of a mini program in something, and hold it until the block, of so many calls, ends.

        A call of which nobody heard may still be under way at WeChat: its turn ends a call's time later. Raises
        TryLater when others hold it for too long.
        """
        seconds = calls * A_CALL + SLACK
        name, give_up = f"{what} of {appid}", time.monotonic() + self._patience
        while not (until := leases.try_to_take(self._engine, name, now=self._clock(), seconds=seconds)):
            if time.monotonic() > give_up:
                raise TryLater(endpoint, f"somebody else is at the {what} of {appid}, and takes too long")
            time.sleep(POLL)
        may_go_on = False
        try:
            yield
        except WeChatError as error:
            may_go_on = may_have_worked(error)
            raise
        finally:
            if may_go_on:
                leases.end_at(self._engine, name, until, min(until, self._clock() + A_CALL))
            else:
                leases.let_go(self._engine, name, until)
