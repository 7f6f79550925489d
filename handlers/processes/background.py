"""Parts that run in threads until somebody says stop, and what a process does when one ends by itself."""

import signal
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Self

import structlog

from service.store.credentials import SecretsUnreadable
from service.store.opened import Stopped
from service.told import Told
from service.wrong_settings import SettingsError

log = structlog.get_logger(__name__)

# What runs until an event is set.
Part = Callable[[threading.Event], None]
# From Ctrl-C to the end of the process, all parts together; what has not ended then is abandoned and taken up later.
GRACE = 3.5
ENDED = "{parts} ended; the log says why"


class PartEnded(Told):
    """A part of the process ended by itself; its error is in the log."""


class Background:
    """Parts that run in threads while a `with` block does."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        """Take the parts by name."""
        self._stop = threading.Event()
        self._failed: list[Exception] = []
        self._threads = [
            threading.Thread(target=self._run, args=(part,), name=name, daemon=True) for name, part in parts.items()
        ]

    def __enter__(self) -> Self:
        """Start the threads."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all parts to stop, and wait for them as long as the grace lasts."""
        self._stop.set()
        deadline = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def watch(self, stop: threading.Event, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Wait for an event, and do something again and again meanwhile.

        Raises PartEnded when a part ends before, or what a person has to do something about.
        """
        while not stop.wait(0.2):
            meanwhile()
            if ended := [thread.name for thread in self._threads if not thread.is_alive()]:
                raise self._failed[0] if self._failed else PartEnded(ENDED, parts=", ".join(ended))

    def _run(self, part: Part) -> None:
        try:
            part(self._stop)
        except Stopped:
            return
        except (SettingsError, SecretsUnreadable, PartEnded) as error:
            self._failed.append(error)
        except Exception as error:
            name = threading.current_thread().name
            log.exception("part.failed", part=name)
            self._failed.append(PartEnded("{part} ended: {error!r}; the log says where", part=name, error=error))


def run(parts: Mapping[str, Part], meanwhile: Callable[[], None] = lambda: None) -> None:
    """Run parts until SIGINT or SIGTERM, and do something again and again meanwhile.

    Raises PartEnded.
    """
    stop = stop_on_signals()
    with Background(parts) as running:
        running.watch(stop, meanwhile)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGINT or SIGTERM sets."""
    stop = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        log.info("process.stopping", signal=signal.Signals(number).name)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop
