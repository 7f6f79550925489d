"""`make chaos`: every line, two at a time; prints what came of each, and ends with 1 if one does not hold."""

import argparse
import logging
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from rich.table import Table

from service import logs
from tests.chaos import (
    attack,
    brokers,
    causes,
    crash_points,
    databases,
    disks,
    growth,
    kills,
    leaks,
    odd,
    silences,
    strangers,
    upgrade,
    wechat,
)
from tests.chaos.row import Row
from tests.chaos.servers import Servers, servers

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

# So many changed pushes make the full table, which takes hours; fewer, the one of ten minutes.
FULL = 1_000_000
NUMBER = int(os.environ.get("N", "20000"))
IS_FULL = NUMBER >= FULL
LINES: Mapping[str, Callable[[Servers], Row]] = {
    **databases.LINES,
    **disks.LINES,
    **brokers.LINES,
    **silences.LINES,
    **wechat.LINES,
    **causes.lines(3000 if IS_FULL else 100),
    **odd.lines(*(1000, 200) if IS_FULL else (60, 20)),
    **strangers.LINES,
    **attack.lines(NUMBER),
    **growth.lines(pushes=FULL if IS_FULL else 20_000, number=5_000_000 if IS_FULL else 200_000),
    **leaks.LINES,
    **upgrade.LINES,
    **kills.lines(pushes=20_000, kills=200),
    **crash_points.lines(one_in=1 if IS_FULL else 8),
}
COLUMNS = ("fault", "on", "sent", "answered", "lost", "doubled", "worst answer", "recovery", "limit", "")


# Each has servers of its own, and most lines wait for most of their time.
AT_ONCE = 2
CONTEXT = multiprocessing.get_context("spawn")


def main() -> int:
    """Run the lines that are named, or all."""
    asked = argparse.ArgumentParser(prog="make chaos")
    asked.add_argument("-k", default="", help="only lines whose name has this in it")
    chosen = [name for name in LINES if asked.parse_args().k.lower() in name.lower()]
    if not chosen:
        asked.error("no line has that in its name; there are: " + ", ".join(LINES))
    out, rows, began = Console(width=160, highlight=False), {}, time.monotonic()
    for row in _run_all(chosen):
        rows[row.fault] = row
        state = f"holds {row.note}" if row.holds else f"DOES NOT HOLD {row.why} {row.note}"
        out.print(f"{time.monotonic() - began:6.0f} s  {row.fault}: {state}", markup=False, soft_wrap=True)
    out.print(_table([rows[name] for name in chosen]))
    for row in rows.values():
        for detail in row.details:
            out.print(f"{row.fault}: {detail}", markup=False, soft_wrap=True)
    return 0 if all(row.holds for row in rows.values()) else 1


def _run_all(names: list[str]) -> Iterator[Row]:
    todo, done = CONTEXT.Queue(), CONTEXT.Queue()
    for name in [*names, *[""] * AT_ONCE]:
        todo.put(name)
    workers = [CONTEXT.Process(target=_work, args=(todo, done)) for _ in range(min(AT_ONCE, len(names)))]
    for worker in workers:
        worker.start()
    for _ in names:
        while done.empty():
            if not any(worker.is_alive() for worker in workers):
                raise RuntimeError("who ran the lines died; see above")
            time.sleep(0.1)
        yield done.get()
    for worker in workers:
        worker.join()


def _work(todo: "Queue[str]", done: "Queue[Row]") -> None:
    """Run lines on servers of this process's own; what the broken parts say is in the logs of its children."""
    logs.configure("CRITICAL", "json")
    logging.disable(logging.CRITICAL)
    with servers() as shared:
        for name in iter(todo.get, ""):
            done.put(_run(name, shared))


def _run(name: str, shared: Servers) -> Row:
    try:
        return replace(LINES[name](shared), fault=name)
    except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:  # noqa: BLE001 it is a line of the table
        return Row(name, "", problem=f"{type(error).__name__}: {error}")


def _table(rows: list[Row]) -> Table:
    table = Table(*COLUMNS, box=None)
    for row in rows:
        numbers = (row.sent, row.answered, row.lost, row.doubled)
        seconds = (f"{row.worst:.2f} s", f"{row.recovery:.1f} s", f"{row.limit:.0f} s")
        said = row.note if row.holds else f"DOES NOT HOLD {row.why} {row.note}"
        table.add_row(row.fault, row.setting, *map(str, numbers), *seconds, said)
    return table
