"""Processes that are killed: by kill -9 in a storm, and by SIGTERM under load."""

import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import httpx2

from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers

Line = Callable[[Servers], Row]
PUSHES_A_SECOND = 250.0
READY, LEAVING = 200, 503


def storm(shared: Servers, setting: str, pushes: int, kills: int) -> Row:
    """Kill one process after another while pushes come and versions are approved."""
    chance = random.Random(kills)
    with Rig(shared, setting) as rig:
        rig.prepare(40)
        with rig.sending(PUSHES_A_SECOND) as load:
            pause = pushes / PUSHES_A_SECOND / kills
            waiting = list(rig.apps)
            for number in range(kills):
                child = chance.choice(list(rig.children.values()))
                child.kill()
                child.start()
                if waiting and number % (kills // 40 + 1) == 0:
                    rig.approve([waiting.pop()])
                time.sleep(pause)
            calmed = time.monotonic()
            rig.approve(waiting)
            rig.until(lambda: rig.released(rig.apps), "the releases")
            recovery = time.monotonic() - calmed
            load.finish(60)
            return rig.row("", recovery, limit=20.0, note=f"{kills} kills, 40 releases")


def sigterm(shared: Servers) -> Row:
    """End every process while pushes and releases are under way: each with 0 within 10 s; then go on."""
    with Rig(shared, "postgresql+amqp") as rig:
        rig.prepare(10)
        with rig.sending(100.0) as load, httpx2.Client(base_url=rig.url) as http:
            http.get("/readyz")
            rig.approve(rig.apps[:5])
            time.sleep(0.3)
            statuses = {}
            for child in rig.children.values():
                child.signal(signal.SIGTERM)
            readiness = _last_readiness(http)
            for name, child in rig.children.items():
                statuses[name] = child.end()
            for child in rig.children.values():
                child.start()
            began = time.monotonic()
            rig.approve(rig.apps[5:])
            rig.until(lambda: rig.released(rig.apps), "the releases")
            recovery = time.monotonic() - began
            load.finish(40)
            row = rig.row("", recovery)
        wrong = {name: status for name, status in statuses.items() if status != 0}
        wrong |= {"readyz": readiness} if readiness != LEAVING else {}
        note = "readyz 503 first; all ended with 0"
        return replace(row, note=note, problem=row.problem or (f"ended with {wrong}" if wrong else ""))


def _last_readiness(http: httpx2.Client) -> int:
    """Ask a process that was told to end whether it is ready, until it says no or a second is over; 0 if it is gone."""
    give_up, status = time.monotonic() + 1.0, READY
    try:
        while status == READY and time.monotonic() < give_up:
            time.sleep(0.01)
            status = http.get("/readyz").status_code
    except httpx2.HTTPError:
        return 0
    return status


def lines(pushes: int, kills: int) -> Mapping[str, Line]:
    """Give the lines, the storm with so many pushes and kills."""
    return {
        "SIGTERM under load": sigterm,
        "kill -9 storm": partial(storm, setting="postgresql+amqp", pushes=pushes, kills=kills),
        "kill -9 storm, one process": partial(storm, setting="sqlite+memory", pushes=pushes // 10, kills=kills // 10),
    }
