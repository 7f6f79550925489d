"""Causes outside that end: what they blocked goes on without a person, spread, and nothing twice."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select

from handlers.commands.call import carry_out, understand
from service.simulator.faults import Fault
from service.store.tables import attempts, pushes
from tests.chaos.rig import BETWEEN, Rig, Servers
from tests.chaos.row import Row

Line = Callable[[Servers], Row]
BOTH = "postgresql+amqp"
MANY = 10**7
# A cause that nothing shows to be gone is tried once a minute at first.
LIMIT = 75.0


def blocked(
    shared: Servers, number: int, begin: Callable[[Rig], object], mend: Callable[[Rig], object], limit: float = LIMIT
) -> Row:
    """Approve versions while a cause blocks their release, mend it, and measure when the last is released."""
    with Rig(shared, BOTH, worker_threads=64) as rig:
        rig.apps = rig.submit_by_hand(number)
        rig.until(lambda: rig.authorized(number), "the authorizations", patience=600)
        begin(rig)
        with rig.sending(5.0) as load:
            for appid in rig.apps:
                rig.wechat.decide(appid, "approve")
                time.sleep(BETWEEN)
            rig.until(lambda: rig.count(_blocked()) == number, "all blocked", patience=600)
            rig.until(lambda: _told(rig) == (1, 0), "word of the cause")
            seconds = {0: len(rig.wechat.api.calls)}
            mended = time.monotonic()
            mend(rig)
            rig.until(partial(_all_released, rig, seconds), "the releases", patience=600)
            recovery = time.monotonic() - mended
            rig.until(lambda: _told(rig) == (1, 1), "the end of the cause")
            load.finish()
            row = rig.row("", recovery, limit)
        peak = max((later - earlier for earlier, later in pairwise(seconds.values())), default=0)
        return replace(row, note=f"{number} mini programs; then at most {peak} calls a second; people told twice")


def _all_released(rig: Rig, seconds: dict[int, int]) -> bool:
    """Tell whether all are online, and note how many calls there were by this second."""
    seconds.setdefault(int(time.monotonic()), len(rig.wechat.api.calls))
    return rig.released(rig.apps)


def _blocked() -> Any:
    return select(func.count()).select_from(attempts).where(attempts.c.state == "blocked")


def _told(rig: Rig) -> tuple[int, int]:
    """Count how often people were told that it began, and that it is over."""
    kinds = ("weaudit.blocked", "weaudit.unblocked")
    begun, ended = (rig.count(select(func.count()).select_from(pushes).where(pushes.c.type == kind)) for kind in kinds)
    return begun, ended


def refuses(code: int, endpoint: str = "") -> Callable[[Rig], object]:
    """Let WeChat answer a code."""
    return lambda rig: rig.wechat.api.faults.append(Fault(endpoint, times=MANY, errcode=code))


def takes(rig: Rig) -> None:
    """Let WeChat refuse nothing any more."""
    rig.wechat.api.faults.clear()


def reset(rig: Rig) -> None:
    """Let WeChat's limit be reset, and a person type weaudit call clear_quota."""
    takes(rig)
    assert not carry_out(rig.context, understand("clear_quota", rig.apps[0])).refused


def lose_the_ticket(rig: Rig) -> None:
    """Let the ticket and all tokens be gone, and no ticket come."""
    rig.wechat.world.expire_tokens()
    rig.execute(
        "DELETE FROM credentials WHERE kind IN ('verify_ticket', 'component_access_token', 'authorizer_access_token')"
    )


def lines(number: int) -> Mapping[str, Line]:
    """Give the lines, with so many mini programs that one cause blocks."""
    return {
        "the IP address is off the whitelist": partial(blocked, number=number, begin=refuses(61004), mend=takes),
        "a code that WeChat documents nowhere": partial(blocked, number=3, begin=refuses(99999, "release"), mend=takes),
        "a limit is used up": partial(blocked, number=1, begin=refuses(45009, "release"), mend=reset, limit=15.0),
        "no ticket comes": partial(
            blocked, number=3, begin=lose_the_ticket, mend=lambda rig: rig.wechat.push_ticket(), limit=15.0
        ),
    }
