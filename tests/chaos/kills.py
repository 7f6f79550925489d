"""Processes that die: at every step that lasts, by kill -9 in a storm, and by SIGTERM under load."""

import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from tests.chaos.children import Child
from tests.chaos.rig import Rig, Row, Servers
from tests.support.live import is_ready

Line = Callable[[Servers], Row]
PUSHES_A_SECOND = 250.0


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


def crash_points(shared: Servers, setting: str, steps: int) -> Row:
    """Die at one step after another of a release; what was under way goes on with the next start."""
    reached: list[str] = []
    with Rig(shared, setting) as rig:
        rig.prepare(steps)
        child = rig.children["up"]
        with rig.sending(2.0) as load:
            for step, appid in enumerate(rig.apps, start=1):
                child.kill()
                child.arm(dies_at=step)
                child.start()
                rig.until(partial(is_ready, rig.url), "readiness")
                child.go_off()
                rig.approve([appid])
                rig.until(partial(_released_or_dead, rig, appid, child), "the release or the death")
                child.wait(1.0)
                if child.is_alive:
                    break
                reached.append(child.last_step())
            child.kill()
            child.ails = child.ails._replace(dies_at=0)
            child.start()
            recovery = rig.until(partial(_all_well, rig, rig.apps[: len(reached)]), "all releases")
            load.finish()
            # What it died of last holds the leases of its mini programs for 14 s, and many are left to release.
            row = rig.row("", recovery, limit=30.0)
        kinds = ", ".join(f"{reached.count(kind)} {kind}" for kind in sorted(set(reached)))
        return replace(row, note=f"died at {len(reached)} steps: {kinds}")


def _all_well(rig: Rig, appids: list[str]) -> bool:
    return is_ready(rig.url) and rig.released(appids)


def _released_or_dead(rig: Rig, appid: str, child: Child) -> bool:
    return not child.is_alive or rig.told_released(appid)


def sigterm(shared: Servers) -> Row:
    """End every process while pushes and releases are under way: each with 0 within 10 s; then go on."""
    with Rig(shared, "postgresql+amqp") as rig:
        rig.prepare(10)
        with rig.sending(100.0) as load:
            rig.approve(rig.apps[:5])
            time.sleep(0.3)
            statuses = {}
            for child in rig.children.values():
                child.signal(signal.SIGTERM)
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
        return replace(row, note="all ended with 0", problem=row.problem or (f"ended with {wrong}" if wrong else ""))


def lines(pushes: int, kills: int) -> Mapping[str, Line]:
    """Give the lines, the storm with so many pushes and kills."""
    return {
        "SIGTERM under load": sigterm,
        "kill -9 storm": partial(storm, setting="postgresql+amqp", pushes=pushes, kills=kills),
        "kill -9 storm, one process": partial(storm, setting="sqlite+memory", pushes=pushes // 10, kills=kills // 10),
        "crash points, SQLite": partial(crash_points, setting="sqlite+memory", steps=40),
        "crash points, PostgreSQL": partial(crash_points, setting="postgresql+memory", steps=40),
    }
