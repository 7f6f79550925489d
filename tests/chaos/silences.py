"""Connections that say nothing any more, though all that is sent over them is acknowledged; a log that nobody reads."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers

Line = Callable[[Servers], Row]
BOTH = "postgresql+amqp"
MANY = 24
A_WHILE = 8.0
# Pushes that were being written when the connection fell silent.
AT_MOST = 3
# A pipe takes 64 KiB that nobody reads; that many pushes write more.
RATE, UNTIL_FULL = 100.0, 12.0


def silent(shared: Servers, name: str) -> Row:
    """Let the connections of all processes to a server fall silent while pushes come and versions are approved."""
    with Rig(shared, BOTH, tunnelled=name) as rig:
        rig.prepare(MANY)
        with rig.sending() as load:
            rig.approve(rig.apps[:-2])
            rig.until(lambda: rig.released(rig.apps[:-2]), "the releases before")
            silenced, began = rig.tunnel.fall_silent(), time.monotonic()
            rig.approve(rig.apps[-2:])
            rig.until(lambda: rig.released(rig.apps), "the releases")
            recovery = time.monotonic() - began
            time.sleep(A_WHILE)
            load.finish()
            row = rig.row("", recovery)
            problem = row.problem or (f"{load.busy} answers were 503" if load.busy > AT_MOST else "")
            return replace(
                row, problem=problem, note=f"{silenced} connections fell silent; {load.busy} answers were 503"
            )


def stalled_log(shared: Servers) -> Row:
    """Let nobody read what the processes log, and then end them."""
    with Rig(shared, BOTH) as rig:
        rig.prepare(6)
        readers = []
        for child in rig.children.values():
            child.end()
            child.log = child.log.with_suffix(".pipe")
            os.mkfifo(child.log)
            readers.append(os.open(child.log, os.O_RDONLY | os.O_NONBLOCK))
            child.start()
        with rig.sending(RATE) as load:
            rig.until(lambda: load.accepted, "the first push")
            time.sleep(UNTIL_FULL)
            began = time.monotonic()
            rig.approve(rig.apps)
            rig.until(lambda: rig.released(rig.apps), "the releases")
            recovery = time.monotonic() - began
            load.finish()
            row = rig.row("", recovery, limit=5.0)
        statuses = {name: child.end() for name, child in rig.children.items()}
        for reader in readers:
            os.close(reader)
        problem = f"ended with {statuses}" if any(statuses.values()) else row.problem
        return replace(row, problem=problem, note=f"{load.busy} answers were 503; all processes ended with 0")


LINES: Mapping[str, Line] = {
    "database connections fall silent": partial(silent, name="database_url"),
    "broker connections fall silent": partial(silent, name="broker_url"),
    "a log that nobody reads": stalled_log,
}
