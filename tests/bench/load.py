"""Load by wrk: distinct sealed pushes, as fast as they are answered, or at about a rate."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.pushes import script, write

SECONDS = 3
REQUESTS = 60_000


class Load:
    """wrk with distinct sealed pushes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._requests = write(folder, REQUESTS)
        self._reached: dict[tuple[str, int], float] = {}

    def rate(self, serving: Callable[[], Any], connections: int) -> float:
        """Give the pushes a second that are answered."""
        reached = self._run(serving, connections, 0.0)[0]
        self._reached[str(serving), connections] = reached
        return reached

    def half_of(self, serving: Callable[[], Any], connections: int) -> float:
        """Give half of the pushes a second that were answered when that was measured last; it is, if it was not."""
        return (self._reached.get((str(serving), connections)) or self.rate(serving, connections)) / 2

    def p99(self, serving: Callable[[], Any], connections: int, rate: Callable[[], float]) -> float:
        """Give the milliseconds within which 99 of 100 are answered, at about so many a second."""
        return self._run(serving, connections, connections / rate() * 1000)[1]

    def _run(self, serving: Callable[[], Any], connections: int, pause: float) -> tuple[float, float]:
        lua = script(self._folder, self._requests, pause)
        with serving() as port:
            command = [
                "wrk",
                "-t2",
                f"-c{connections}",
                f"-d{SECONDS}s",
                "--latency",
                "-s",
                str(lua),
                f"http://127.0.0.1:{port}",
            ]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "Non-2xx" in said:
            raise RuntimeError(said)
        p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
        assert p99
        assert rate
        return float(rate[1]), float(p99[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[p99[2]]
