"""`make bench`: all measures, the sides in turns, three rounds; medians and ratios as a table and var/bench.json.

With --rows those of weaudit alone, each on a database with so many pushes beside an empty one: var/bench-rows.json.
"""

import argparse
import json
import logging
import os
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from service import logs
from tests.bench import filled
from tests.bench.load import Load
from tests.bench.measures import Measure, measures

WRITTEN = Path("var/bench.json")
WRITTEN_OF_ROWS = Path("var/bench-rows.json")


def main() -> int:
    """Run those that are named, or all."""
    asked = argparse.ArgumentParser(prog="make bench")
    asked.add_argument("-k", default="", help="only measures whose name has this in it")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--rows", type=int, default=0, help="compare databases with so many pushes with empty ones")
    given = asked.parse_args()
    logs.configure("CRITICAL", "json")
    logging.disable(logging.CRITICAL)
    out, found, began = Console(width=150, highlight=False), {}, time.monotonic()
    with TemporaryDirectory(prefix="weaudit-bench-") as folder, filled.Filled(given.rows) as full:
        load = Load(Path(folder))
        those = filled.measures(load, full) if given.rows else measures(load)
        chosen = [each for each in those if given.k.lower() in each.name.lower()]
        for measure in chosen:
            found[measure.name] = _sides(measure, given.rounds)
            said = ", ".join(
                f"{side} {median(values):.4g} {measure.unit}" for side, values in found[measure.name].items()
            )
            out.print(f"{time.monotonic() - began:6.0f} s  {measure.name}: {said}", markup=False, soft_wrap=True)
    out.print(_table(chosen, found))
    written = WRITTEN_OF_ROWS if given.rows else WRITTEN
    written.parent.mkdir(exist_ok=True)
    written.write_text(json.dumps({"load": os.getloadavg(), "cores": os.cpu_count(), "measures": found}, indent=1))
    return 0


def _sides(measure: Measure, rounds: int) -> dict[str, list[float]]:
    """Measure the sides in turns, so that a machine that changes its speed does it to all of them."""
    found: dict[str, list[float]] = {side: [] for side in measure.sides}
    for _ in range(rounds):
        for side, run in measure.sides.items():
            found[side].append(run())
    return found


def _medians(measure: Measure, found: dict[str, list[float]]) -> str:
    return ", ".join(f"{side} {median(values):.4g}" for side, values in found.items()) + f" {measure.unit}"


def ratio(measure: Measure, found: dict[str, list[float]]) -> float:
    """Give how the first side compares with the second: more is better."""
    ours, theirs, *_ = found.values()
    return median(t / o if measure.less_is_better else o / t for o, t in zip(ours, theirs, strict=True))


def _table(chosen: list[Measure], found: dict[str, dict[str, list[float]]]) -> Table:
    table = Table("what", "medians", "ratio", "aim", "", box=None)
    for measure in chosen:
        each, got = found[measure.name], ratio(measure, found[measure.name])
        reached = "reached" if got >= measure.aim else ""
        table.add_row(measure.name, _medians(measure, each), f"{got:.2f}", f"{measure.aim:.2f}", reached)
    return table


if __name__ == "__main__":
    sys.exit(main())
