"""Death at every point between two steps that last, in web, relay, worker, clock and driver, on both databases."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from handlers.wechat.client import lease_of
from service.simulator.faults import Fault
from service.store import leases
from service.store.engine import database_time
from service.store.tables import attempts
from tests.chaos.children import Child
from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.support.live import is_ready

Line = Callable[[Servers], Row]
MOST = 150
MOST_IN_ALL = 400
# What did not come again while somebody was to die at it is provoked, so many times.
ROUNDS = 10
# In seconds: so soon the clock asks about a review of whose verdict no push comes.
ASKED_AFTER = 3
# What died last holds its lease for 14 s; and what died between its intent and its call is called again when WeChat has
# shown nothing of it for 60 s.
LIMIT = 75.0
# In seconds: longer than from one heartbeat to the next.
HANGS_FOR = 7.0
# Nobody else does for so long what one is to die at.
ALONE = 15.0


def crash_points(shared: Servers, setting: str, one_in: int) -> Row:
    """Submit and release one version after another, each time dying at another point; then all must come to its end.

    The first versions only show which points there are: one that is submitted, one approved, one approved in silence.
    With `one_in`, it dies only at every third point, or fourth; with 1, what did not come again is provoked.
    """
    with Rig(shared, setting, reconcile_after=ASKED_AFTER, reconcile_every=1) as rig:
        fresh = iter(rig.authorize(MOST if one_in > 1 else MOST_IN_ALL))
        for child in rig.children.values():
            child.kill()
            child.arm("")
            child.start()
        to_do, died, former = ["", "", "the clock finds the verdict"], set[str](), ""
        known: dict[str, None] = {}
        with rig.sending(2.0) as load:
            for point in _each_and_again(to_do, known, died, ROUNDS if one_in == 1 else 0):
                child = _whose(point, rig, to_do.count(point))
                child.kill()
                appid = next(fresh)
                rig.apps.append(appid)
                is_provoked = to_do.count(point) > 1
                alone = _stop_others(rig, child) if is_provoked else []
                if is_provoked:
                    rig.plan([appid])
                    _provoke(rig, point, appid)
                child.arm(point)
                child.start()
                rig.until(partial(_ready_or_dead, rig, child), "readiness or death")
                if is_provoked:
                    # Somebody else authorizes meanwhile, too.
                    rig.wechat.authorize(f"wxmore{len(to_do):012}", "more")
                else:
                    rig.plan([appid])
                decided = former if rig.in_review([former]) else ""
                _decide(rig, decided, in_silence=point.startswith(("clock", "the clock")))
                is_done = partial(_done_or_dead, rig, child, appid, decided)
                if alone:
                    with suppress(TimeoutError):
                        rig.until(is_done, "what one does alone", patience=ALONE)
                for other in alone:
                    other.start()
                rig.until(is_done, f"the end of a version or {point}")
                child.wait(0.2)
                died |= set() if child.is_alive else {point}
                child.kill()
                child.arm("")
                child.start()
                new = [place for each in rig.children.values() for place in each.points() if place not in known]
                known.update(dict.fromkeys(new))
                to_do += [place for number, place in enumerate(new, len(known) - len(new)) if number % one_in == 0]
                former = appid
            recovery = rig.until(partial(_all_released, rig), "all releases", patience=2 * LIMIT)
            load.finish()
            row = rig.row("", recovery, limit=LIMIT)
    parts = Counter(re.split("[,:]", point)[0] for point in died)
    counts = ", ".join(f"{number} in {part}" for part, number in sorted(parts.items()))
    outcomes = [f"{'died at' if point in died else 'did not come again to'} {point}" for point in known]
    return replace(row, note=f"died at {len(died)} points of {len(known)}: {counts}", details=tuple(outcomes))


def _each_and_again(to_do: list[str], known: Mapping[str, None], died: set[str], rounds: int) -> Iterator[str]:
    """Give each point, with those that become known meanwhile; then again those that nobody died at."""
    yield from to_do
    for _ in range(rounds):
        for point in [point for point in known if point not in died]:
            to_do.append(point)
            yield point


def _provoke(rig: Rig, point: str, appid: str) -> None:
    """Let each job of the clock be due, and all tokens be about to expire; and what else leads to a point."""
    rig.execute("UPDATE leases SET until = 0 WHERE name LIKE 'job: %' AND holder = ''")
    rig.execute("UPDATE credentials SET expires_at = 1 WHERE kind LIKE '%access_token'")
    if point.startswith("clock"):
        # What a worker would do at once is left to the clock for a while.
        with rig.context.engine.begin() as connection:
            later = database_time(connection) + ALONE
            connection.execute(attempts.update().where(attempts.c.state == "waiting").values(due_at=later))
    if "import_authorizers" in point:
        # No push told of it, so that it is learnt of by asking.
        rig.wechat.world.authorize(appid.replace("wx0", "wx9"), "silent")
    if point.startswith("heartbeat"):
        rig.wechat.api.faults.append(Fault("get_latest_auditstatus", delay=HANGS_FOR))
    if "reviews.calls.call" in point:
        rig.wechat.api.faults.append(Fault("getversioninfo", delay=HANGS_FOR))
    if "reviews.react._look" in point:
        # Somebody else is at it, for as long as a lease lasts.
        with rig.context.engine.begin() as connection:
            leases.take(connection, lease_of(appid), "somebody", now=database_time(connection))


def _stop_others(rig: Rig, child: Child) -> list[Child]:
    """Let the clock do nothing instead of a worker, nor a worker instead of the clock."""
    names = {"worker": ("clock",), "clock": ("worker",)}.get(child.name, ())
    others = [rig.children[name] for name in names]
    for other in others:
        other.kill()
    return others


def _whose(point: str, rig: Rig, turn: int) -> Child:
    """Give a process that came to a point, each in its turn, or the first."""
    came = [child for child in rig.children.values() if point in child.points()]
    return came[turn % len(came)] if came else next(iter(rig.children.values()))


def _ready_or_dead(rig: Rig, child: Child) -> bool:
    return not child.is_alive or is_ready(rig.url)


def _decide(rig: Rig, appid: str, *, in_silence: bool) -> None:
    if appid and in_silence:
        rig.wechat.decide(appid, "approve", push=False)
    elif appid:
        rig.approve([appid])


def _done_or_dead(rig: Rig, child: Child, submitted: str, decided: str) -> bool:
    is_done = rig.in_review([submitted]) and (not decided or rig.told_released(decided))
    return is_done or not child.is_alive


def _all_released(rig: Rig) -> bool:
    """Approve what is in review by now, and tell whether everything is released and told."""
    waiting = [appid for appid in rig.apps if not rig.wechat.world.apps[appid].releases]
    for appid in waiting:
        if appid not in rig.wechat.last_told and rig.in_review([appid]):
            rig.approve([appid])
    return not waiting and all(rig.told_released(appid) for appid in rig.apps)


def lines(one_in: int) -> Mapping[str, Line]:
    """Give the lines, with one in so many points."""
    return {
        "crash points, SQLite": partial(crash_points, setting="sqlite+memory", one_in=one_in),
        "crash points, PostgreSQL": partial(crash_points, setting="postgresql+amqp", one_in=one_in),
    }
