"""`make chaos`: every line, one after another; prints what came of each, and ends with 1 if one does not hold."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from rich.console import Console
from rich.table import Table

from tests.chaos import attack, brokers, crash_points, databases, growth, kills, leaks, strangers, wechat
from tests.chaos.rig import Row, Servers, servers

# So many changed pushes make the full table, which takes hours; fewer, the one of ten minutes.
FULL = 1_000_000
NUMBER = int(os.environ.get("N", "20000"))
IS_FULL = NUMBER >= FULL
LINES: Mapping[str, Callable[[Servers], Row]] = {
    **databases.LINES,
    **brokers.LINES,
    **wechat.LINES,
    **strangers.LINES,
    **attack.lines(NUMBER),
    **growth.lines(pushes=FULL if IS_FULL else 20_000, number=5_000_000 if IS_FULL else 200_000),
    **leaks.LINES,
    **kills.lines(pushes=20_000, kills=200),
    **crash_points.lines(one_in=1 if IS_FULL else 4),
}
COLUMNS = ("fault", "on", "sent", "answered", "lost", "doubled", "worst answer", "recovery", "limit", "")


def main() -> int:
    """Run the lines that are named, or all."""
    asked = argparse.ArgumentParser(prog="make chaos")
    asked.add_argument("-k", default="", help="only lines whose name has this in it")
    chosen = [name for name in LINES if asked.parse_args().k.lower() in name.lower()]
    out, rows, began = Console(width=150, highlight=False), [], time.monotonic()
    with servers() as shared:
        for name in chosen:
            row = _run(name, shared)
            rows.append(row)
            state = "holds" if row.holds else f"DOES NOT HOLD {row.problem}"
            out.print(f"{time.monotonic() - began:6.0f} s  {name}: {state}", markup=False, soft_wrap=True)
    out.print(_table(rows))
    return 0 if rows and all(row.holds for row in rows) else 1


def _run(name: str, shared: Servers) -> Row:
    try:
        return replace(LINES[name](shared), fault=name)
    except (Exception, pytest.skip.Exception) as error:  # noqa: BLE001 a line that fails is a line of the table
        return Row(name, "", problem=f"{type(error).__name__}: {error}")


def _table(rows: list[Row]) -> Table:
    table = Table(*COLUMNS, box=None)
    for row in rows:
        numbers = (row.sent, row.answered, row.lost, row.doubled)
        seconds = (f"{row.worst:.2f} s", f"{row.recovery:.1f} s", f"{row.limit:.0f} s")
        said = row.note if row.holds else f"DOES NOT HOLD {row.problem}"
        table.add_row(row.fault, row.setting, *map(str, numbers), *seconds, said)
    return table


if __name__ == "__main__":
    sys.exit(main())
