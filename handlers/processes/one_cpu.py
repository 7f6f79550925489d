"""One CPU for all threads of a process: Python runs one of them at a time, and waking one elsewhere costs more.

A worker of 32 threads whose WeChat answers at once, on a machine of two CPUs: 26-35 reactions a second, and a third of
its time in the kernel; on one of them 42-57. Which one follows from how idle each is, as others may have chosen it.
"""

import os
import random
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

STAT = Path("/proc/stat")
TASKS = Path("/proc/self/task")
# Of a CPU's time: what another has to have more of.
CLEARLY = 0.25
# In seconds, from one look to the next.
EVERY = 1.0
# One of so many looks that find a better one is followed: those that share a CPU are not to leave it all at once.
ONE_IN = 3
# https://man7.org/linux/man-pages/man5/proc_stat.5.html
IDLE, IOWAIT, COUNTED = 3, 4, 8


class Looked(NamedTuple):
    """When it was, the seconds that this process had run, and of each CPU how long it was idle and how long it was."""

    at: float
    ran: float
    cpus: Mapping[int, tuple[float, float]]

    @classmethod
    def now(cls, stat: Path, ran: float, cpus: Collection[int]) -> Self:
        """Look. Raises OSError."""
        return cls(time.monotonic(), ran, times(stat.read_text(), cpus))


class OneCpu:
    """Keeps this process on one CPU; does nothing where there is but one, or the system does not let it choose."""

    def __init__(
        self,
        stat: Path = STAT,
        every: float = EVERY,
        one_in: int = ONE_IN,
        ran: Callable[[], float] = time.process_time,
    ) -> None:
        """Take the threads that are begun from now on to any one of the CPUs; say where to look, and how often.

        `ran` tells how many seconds this process has run.
        """
        self._stat, self._every, self._one_in, self._ran = stat, every, one_in, ran
        cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        self._cpu = random.choice(cpus) if cpus else 0  # noqa: S311 no secret
        self._looked: Looked | None = None
        with suppress(OSError):
            looked = Looked.now(self._stat, self._ran(), cpus)
            if len(looked.cpus) == len(cpus) > 1:
                _move(self._cpu)
                self._looked = looked

    def look(self) -> None:
        """Go to another CPU, now and then, when there was clearly more time on that; to be called often.

        Who is not let go on any more stays where the system puts it.
        """
        if self._looked is None or time.monotonic() - self._looked.at < self._every:
            return
        before, self._looked = self._looked, None
        with suppress(OSError):
            looked = Looked.now(self._stat, self._ran(), before.cpus)
            chosen = better(self._cpu, before, looked)
            if not random.randrange(self._one_in):  # noqa: S311 no secret
                self._cpu = chosen
            # Those, too, that were begun elsewhere while others were moved.
            _move(self._cpu)
            self._looked = looked


def _move(cpu: int) -> None:
    """Let all threads run there. Raises OSError."""
    os.sched_setaffinity(0, {cpu})
    for task in TASKS.iterdir():
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(int(task.name), {cpu})


def better(cpu: int, before: Looked, now: Looked) -> int:
    """Return the CPU that had most time for a process that was on `cpu`; that one, if none had clearly more."""
    seconds = now.at - before.at
    time_for_us = {each: _idle(before.cpus[each], now.cpus[each]) for each in now.cpus.keys() & before.cpus.keys()}
    time_for_us[cpu] = time_for_us.get(cpu, 0.0) + (now.ran - before.ran) / seconds
    most = max(time_for_us, key=lambda each: time_for_us[each])
    return most if time_for_us[most] > time_for_us[cpu] + CLEARLY else cpu


def _idle(before: tuple[float, float], now: tuple[float, float]) -> float:
    passed = now[1] - before[1]
    return (now[0] - before[0]) / passed if passed else 0.0


def times(stat: str, cpus: Collection[int]) -> Mapping[int, tuple[float, float]]:
    """Read of /proc/stat how long each CPU was idle, and how long it was, in ticks."""
    counted = {}
    for line in stat.splitlines():
        name, *ticks = line.split() or [""]
        if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in cpus:
            numbers = [float(each) for each in ticks[:COUNTED]]
            if len(numbers) == COUNTED and any(numbers):
                counted[int(name[3:])] = (numbers[IDLE] + numbers[IOWAIT], sum(numbers))
    return counted
