"""Processes of weaudit as they really are: children that are started quickly, log into files, and may be killed."""

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from handlers import processes
from service import logs
from service.settings import Inbound, Outbound, given
from tests.chaos import dying

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["handlers.processes", "tests.chaos.children"])


class Child:
    """One process: web, relay, worker, clock, or up."""

    def __init__(self, name: str, values: Mapping[str, Any], folder: Path) -> None:
        self.name = name
        self._values = dict(values)
        self.log = folder / f"{name}.log"
        self._process: Any = None

    def start(self, die_at: int = 0) -> None:
        """Start it; with `die_at` it ends, by os._exit, at that step of those that last."""
        self._process = CONTEXT.Process(target=_run, args=(self.name, self._values, str(self.log), die_at), daemon=True)
        self._process.start()

    @property
    def is_alive(self) -> bool:
        """Tell whether it runs."""
        return bool(self._process and self._process.is_alive())

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError, TypeError):
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        """Kill it with kill -9."""
        if self._process:
            self.signal(signal.SIGKILL)
            self._process.join()

    def end(self, seconds: float = 10.0) -> int | None:
        """Tell it to end, and give its exit status; None if it did not end."""
        self.signal(signal.SIGTERM)
        self._process.join(seconds)
        status: int | None = self._process.exitcode
        return status

    def wait(self, seconds: float) -> None:
        """Wait until it has ended."""
        self._process.join(seconds)


def _run(name: str, values: Mapping[str, Any], log: str, die_at: int) -> None:
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    logs.configure("INFO", "json", sys.stderr)
    logging.captureWarnings(capture=True)
    without_secret = {key: value for key, value in values.items() if key != "wechat_component_secret"}
    inbound, outbound = given(Inbound, **without_secret), given(Outbound, **values)
    if die_at:
        dying.at(die_at)
    parts: Mapping[str, Callable[[], None]] = {
        "web": lambda: processes.web(inbound),
        "relay": lambda: processes.relay(inbound),
        "worker": lambda: processes.worker(outbound),
        "clock": lambda: processes.clock(outbound),
        "up": lambda: processes.up(inbound, outbound),
    }
    parts[name]()
