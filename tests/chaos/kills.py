"""Processes that die: at every step that lasts, by kill -9 in a storm, and by SIGTERM under load."""

import random
import re
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from tests.chaos.rig import Rig, Row, Servers
from tests.support.live import is_ready

Line = Callable[[Servers], Row]
PUSHES_A_SECOND = 250.0
# From the approval of one version to its release, `up` takes fewer steps than this.
MOST_STEPS = 120


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


def crash_points(shared: Servers, setting: str) -> Row:
    """Let everything run, die at one step after another of a release, and be started again."""
    reached: list[str] = []
    with Rig(shared, setting) as rig:
        rig.prepare(MOST_STEPS)
        child = rig.children["up"]
        with rig.sending(5.0) as load:
            for step, appid in enumerate(rig.apps, start=1):
                child.kill()
                child.ails = child.ails._replace(dies_at=step)
                child.start()
                rig.until(lambda: is_ready(rig.url) or not child.is_alive, "readiness")
                rig.approve([appid])
                rig.until(lambda done=appid: rig.released([done]) or not child.is_alive, "the release or the death")  # type: ignore[misc]
                child.wait(1.0)
                if child.is_alive:
                    break
                died = re.findall(r'"chaos.dies", "at": \d+, "step": "([^"]+)"', child.log.read_text())
                reached.append(died[-1] if died else "?")
            child.kill()
            child.ails = child.ails._replace(dies_at=0)
            child.start()
            began = time.monotonic()
            done = rig.apps[: len(reached)]
            rig.until(lambda: rig.released(done), "the releases")
            recovery = time.monotonic() - began
            load.finish()
            row = rig.row("", recovery, limit=20.0)
        kinds = {name: reached.count(name) for name in sorted(set(reached))}
        return replace(row, note=f"died at {len(reached)} steps: {kinds}", worst=min(row.worst, 4.0))


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
        "crash points, SQLite": partial(crash_points, setting="sqlite+memory"),
        "crash points, PostgreSQL": partial(crash_points, setting="postgresql+memory"),
    }
