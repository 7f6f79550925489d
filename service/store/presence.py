"""What people see of the parts of this process: a row each, moved on while its pulse beats."""

import os
import socket
import threading
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Self

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service.pulse import Pulse
from service.store import processes
from service.store.engine import database_time
from service.store.patience import within
from service.store.processes import BEAT, Process

log = structlog.get_logger(__name__)

LONGEST_WRITE = 2.0
# In seconds, while a part has not begun or stands still.
SOON = 1.0


class Presence:
    """Moves on the rows of the parts of this process. Runs a thread while it is used as a context."""

    def __init__(self, engine: Engine, pulses: Mapping[str, Pulse], *, every: float = BEAT) -> None:
        """Take the database, and the parts with their pulses."""
        self._engine = engine
        self._pulses = pulses
        self._every = every
        self._started_at: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the thread, and say that the parts ended as they were told to."""
        self._stop.set()
        self._thread.join(self._every + LONGEST_WRITE)
        try:
            with within(LONGEST_WRITE), self._engine.begin() as connection:
                for part in self._pulses:
                    processes.end(connection, self._name(part))
        except SQLAlchemyError as error:
            log.debug("presence.failed", error=str(error))

    def write(self) -> None:
        """Move on the rows of the parts whose work goes on. Raises the database's errors."""
        with within(LONGEST_WRITE), self._engine.begin() as connection:
            now = database_time(connection)
            self._started_at = self._started_at or now
            for part, pulse in self._pulses.items():
                if pulse.is_well:
                    processes.beat(connection, self._process(part, now)._replace(note=pulse.note))

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self.write()
            except SQLAlchemyError as error:
                log.debug("presence.failed", error=str(error))
            are_well = all(pulse.is_well for pulse in self._pulses.values())
            again = self._every if are_well else min(self._every, SOON)
            self._stop.wait(max(0.0, again + began - time.monotonic()))

    def _process(self, part: str, now: float) -> Process:
        host, pid = socket.gethostname()[:64], os.getpid()
        return Process(self._name(part), part, host, pid, version("weaudit"), self._started_at or now, now)

    @staticmethod
    def _name(part: str) -> str:
        return f"{part}@{socket.gethostname()[:64]}:{os.getpid()}"
