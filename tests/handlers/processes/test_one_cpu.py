import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from handlers.processes.one_cpu import TASKS, Looked, OneCpu, better, times
from tests.support.servers import eventually

CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


@pytest.fixture
def stat(tmp_path: Path) -> Iterator[Path]:
    """Give what the system says of its CPUs, and let the threads of the tests run where they did afterwards."""
    path = tmp_path / "stat"
    write(path, dict.fromkeys(CPUS, 0), passed=1)
    yield path
    for task in TASKS.iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), CPUS)


def looking_at(stat: Path) -> OneCpu:
    """Give one for a process that has not run, and follows each look."""
    return OneCpu(stat, every=0.0, one_in=1, ran=lambda: 0.0)


def write(path: Path, idle: dict[int, int], passed: int = 0) -> None:
    """Let each CPU have been idle for so many of the ticks that passed."""
    lines = [f"cpu{cpu} {passed - ticks} 0 0 {ticks} 0 0 0 0 0 0" for cpu, ticks in idle.items()]
    path.write_text("\n".join(["cpu  1 2 3 4 5 6 7 8 9 10", *lines, "intr 1 2 3", "ctxt 4"]))


def affinities() -> set[frozenset[int]]:
    """Give where the threads of this process may run; those of other tests begin and end meanwhile."""
    found = set()
    for task in TASKS.iterdir():
        with suppress(ProcessLookupError):
            found.add(frozenset(os.sched_getaffinity(int(task.name))))
    return found


def gathered(cpu: OneCpu) -> int:
    """Look until all threads are on one CPU, and give that."""

    def together() -> bool:
        cpu.look()
        found.clear()
        found.update(*affinities())
        return len(found) == 1

    found: set[int] = set()
    eventually(together, "all threads on one CPU")
    return found.pop()


def looks(ran: float, idle: dict[int, float]) -> tuple[Looked, Looked]:
    """Give two looks, a second apart: how long this process ran, and how idle each CPU was."""
    before = Looked(0.0, 0.0, dict.fromkeys(idle, (0.0, 0.0)))
    return before, Looked(1.0, ran, {cpu: (100 * share, 100.0) for cpu, share in idle.items()})


@pytest.mark.parametrize(
    ("ran", "idle", "chosen"),
    [
        pytest.param(0.9, {0: 0.1, 1: 1.0}, 0, id="alone on its CPU: the other has no more time for it"),
        pytest.param(0.5, {0: 0.0, 1: 0.9}, 1, id="it shares its CPU, and the other is idle"),
        pytest.param(0.5, {0: 0.0, 1: 0.6}, 0, id="the other has little more"),
        pytest.param(0.0, {0: 1.0, 1: 1.0}, 0, id="nothing to do anywhere"),
        pytest.param(0.3, {0: 0.0, 1: 0.2, 2: 0.4, 3: 0.8}, 3, id="the one with most time"),
    ],
)
def test_a_process_goes_where_there_is_clearly_more_time_for_it(
    ran: float, idle: dict[int, float], chosen: int
) -> None:
    """Its own use of a CPU is time that it has there."""
    assert better(0, *looks(ran, idle)) == chosen


def test_a_cpu_that_was_taken_away_or_added_meanwhile_is_not_compared() -> None:
    """Its idle ticks since when are not known."""
    before, now = looks(0.5, {0: 0.0, 1: 0.0})
    assert better(0, before, now._replace(cpus={**now.cpus, 2: (100.0, 100.0)})) == 0
    assert better(1, before, now._replace(cpus={0: (100.0, 100.0)})) == 0


def test_idle_is_also_who_waits_for_a_disk_and_what_a_virtual_machine_lost_is_not() -> None:
    """As proc_stat(5) counts them."""
    stat = (
        "cpu  9 9 9 9\ncpu1 0 0 0 0 0 0 0 0 0 0\ncpu2 1\ncpu0 10 1 2 30 4 5 6 7 3 2\ncpu7 1 1 1 1 1 1 1 1 1 1\nintr 5"
    )
    assert times(stat, [0, 1, 2]) == {0: (34.0, 65.0)}


@pytest.mark.skipif(len(CPUS) < 2, reason="there is one CPU")
def test_all_threads_of_a_process_are_on_one_cpu_and_go_to_another_together(stat: Path) -> None:
    """Those that run already, too."""
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait, daemon=True)
    thread.start()
    cpu = looking_at(stat)
    here = gathered(cpu)
    other = next(each for each in CPUS if each != here)
    write(stat, {**dict.fromkeys(CPUS, 0), other: 1000}, passed=1001)
    assert gathered(cpu) == other
    ended.set()


@pytest.mark.skipif(len(CPUS) < 2, reason="there is one CPU")
def test_a_process_that_cannot_see_how_idle_its_cpus_are_stays_where_it_is(stat: Path) -> None:
    """It works on."""
    cpu = looking_at(stat)
    before = affinities()
    stat.unlink()
    cpu.look()
    assert affinities() <= before


@pytest.mark.skipif(len(CPUS) < 2, reason="there is one CPU")
def test_a_system_that_does_not_say_how_idle_its_cpus_are_is_not_chosen_from(stat: Path) -> None:
    """Nobody could see that the choice was a bad one."""
    write(stat, {CPUS[0]: 5}, passed=9)
    before = affinities()
    looking_at(stat).look()
    assert affinities() <= before


@pytest.mark.skipif(len(CPUS) < 2, reason="there is one CPU")
def test_a_thread_that_was_begun_elsewhere_meanwhile_is_fetched(stat: Path) -> None:
    """Its own threads would be begun there, too."""
    cpu = looking_at(stat)
    here = gathered(cpu)
    os.sched_setaffinity(0, CPUS)
    assert gathered(cpu) == here


def test_a_system_that_does_not_let_a_process_choose_is_left_alone(stat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or that knows of no such choice."""

    def forbidden(*_: object) -> None:
        raise PermissionError

    before = affinities()
    with monkeypatch.context() as patched:
        patched.setattr(os, "sched_setaffinity", forbidden)
        looking_at(stat).look()
    with monkeypatch.context() as patched:
        patched.delattr(os, "sched_getaffinity")
        looking_at(stat).look()
    assert affinities() <= before
