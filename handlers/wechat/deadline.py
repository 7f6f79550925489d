"""A limit on the time of a request as a whole; the HTTP library limits only each of its phases."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from service.threads import begin

Result = TypeVar("Result")
SENDING = "send_request_headers.started"


class TooLate(Exception):
    """Nobody waits for this request any more, so it is not sent."""


class Deadline:
    """One request: whether it was begun to be sent, and whether anybody still waits for it.

    Who waits gives up after some seconds. What was not begun to be sent until then never is: a slow name server or a
    full connection pool cannot let a release happen after its failure was told.
    """

    def __init__(self, seconds: float) -> None:
        """Take how long to wait."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._given_up = False
        self._seen = False
        self._sending = False

    @property
    def sent(self) -> bool:
        """Return whether the request may have been sent; of a library that tells nothing, it may."""
        return self._sending or not self._seen

    def trace(self, event: str, _: Mapping[str, Any]) -> None:
        """Take note of what the HTTP library does, as its extension `trace`.

        Raises TooLate.
        """
        with self._lock:
            self._seen = True
            if event.endswith(SENDING):
                if self._given_up:
                    raise TooLate
                self._sending = True

    def wait_for(self, work: Callable[[], Result]) -> Result:
        """Do work in a daemon thread and return what it returns; work that takes longer is left alone.

        Raises TimeoutError, and what the work raises.
        """
        try:
            return begin(work, "wechat-call").result(timeout=self._seconds)
        except TimeoutError:
            with self._lock:
                self._given_up = True
            raise
