"""Processes of weaudit as they really are: children that are started quickly, log into files, and may be killed."""

import logging
import multiprocessing
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import time_machine

from handlers.processes.clock import clock
from handlers.processes.relay import relay
from handlers.processes.up import up
from handlers.processes.web import web
from handlers.processes.worker import worker
from service import logs
from service.settings import Inbound, Outbound, given
from tests.chaos import dying

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["handlers.processes.up", "tests.chaos.children"])


class Ailment(NamedTuple):
    """What is wrong with a process: it dies at a point, its clock is off, it may open few files."""

    dies_at: str | None = None
    clock_is_off_by: float = 0.0
    files: int = 0


class Child:
    """One process: web, relay, worker, clock, or up."""

    def __init__(self, name: str, values: Mapping[str, Any], folder: Path) -> None:
        self.name = name
        self.ails = Ailment()
        self.values = dict(values)
        self.log = folder / f"{name}.log"
        self._process: Any = None

    def start(self) -> None:
        """Start it, with what it ails."""
        arguments = (self.name, self.values, str(self.log), self.ails)
        self._process = CONTEXT.Process(target=_run, args=arguments, daemon=True)
        self._process.start()

    def arm(self, point: str | None) -> None:
        """Let it die at that point when it is started the next time, or with an empty one only name its points."""
        self.ails = self.ails._replace(dies_at=point)

    def points(self) -> list[str]:
        """Give the points that it ever came to, in their order."""
        return list(dict.fromkeys(re.findall(r'"chaos.point", "name": "([^"]+)"', self.log.read_text())))

    @property
    def is_alive(self) -> bool:
        """Tell whether it runs."""
        return bool(self._process and self._process.is_alive())

    def memory(self) -> int:
        """Give the bytes that it has in memory."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * resource.getpagesize()

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


def _run(name: str, values: Mapping[str, Any], log: str, ails: Ailment) -> None:
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    logs.configure(values.get("log_level", "INFO"), "json", sys.stderr)
    logging.captureWarnings(capture=True)
    without_secret = {key: value for key, value in values.items() if key != "wechat_component_secret"}
    inbound, outbound = given(Inbound, **without_secret), given(Outbound, **values)
    if ails.dies_at is not None:
        dying.at(ails.dies_at)
    if ails.clock_is_off_by:
        time_machine.travel(time.time() + ails.clock_is_off_by, tick=True).start()
    if ails.files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (ails.files, ails.files))
    parts: Mapping[str, Callable[[], None]] = {
        "web": lambda: web(inbound),
        "relay": lambda: relay(inbound),
        "worker": lambda: worker(outbound),
        "clock": lambda: clock(outbound),
        "up": lambda: up(inbound, outbound),
    }
    parts[name]()
