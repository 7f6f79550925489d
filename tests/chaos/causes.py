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
from tests.chaos.rig import BETWEEN, Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers

Line = Callable[[Servers], Row]
BOTH = "postgresql+amqp"
MANY = 10**7
# A cause that nothing shows to be gone is tried once a minute at first.
LIMIT = 75.0
# Each takes some ten calls, and the platform that is called runs on the two cores of the test, too.
EACH = 0.1


def blocked(
    shared: Servers, number: int, begin: Callable[[Rig], object], mend: Callable[[Rig], object], limit: float = LIMIT
) -> Row:
    """Approve versions while a cause blocks their release, mend it, and measure when the last is released."""
    with Rig(shared, BOTH) as rig:
        rig.apps = rig.submit_by_hand(number)
        rig.until(lambda: rig.authorized(number), "the authorizations", patience=600)
        begin(rig)
        with rig.sending(5.0) as load:
            for appid in rig.apps:
                rig.wechat.decide(appid, "approve")
                time.sleep(BETWEEN)
            rig.until(lambda: rig.count(_blocked()) == number, "all blocked", patience=600)
            rig.until(lambda: _told(rig) == (1, 0), "word of the cause")
            watched = _Watched(rig, len(rig.wechat.api.calls), time.monotonic())
            mended, mended_at = time.monotonic(), time.time()
            mend(rig)
            rig.until(watched.all_released, "the releases", patience=900)
            recovery = time.monotonic() - mended
            rig.until(lambda: _told(rig) == (1, 1), "the end of the cause")
            load.finish()
            row = rig.row("", recovery, limit + number * EACH)
        noticed = rig.when("weaudit.unblocked") - mended_at
        note = (
            f"{number} mini programs; noticed after {noticed:.0f} s; the last began {watched.began() - noticed:.0f} s"
            f" later; at most {watched.peak()} calls a second; people told twice"
        )
        return replace(row, note=note)


class _Watched:
    """The calls since the end of a cause: how many in each second, and when the last mini program was among them."""

    def __init__(self, rig: Rig, seen: int, since: float) -> None:
        self._rig = rig
        self._seen = seen
        self._since = since
        self._by_second: dict[int, int] = {0: seen}
        self._first: dict[str, float] = {}

    def all_released(self) -> bool:
        """Tell whether all are online, and note what was called meanwhile."""
        calls, now = self._rig.wechat.api.calls, time.monotonic()
        for call in calls[self._seen :]:
            self._first.setdefault(call.appid, now)
        self._seen = len(calls)
        self._by_second.setdefault(int(now), self._seen)
        return self._rig.released(self._rig.apps)

    def began(self) -> float:
        """Give the seconds until the last mini program was called for."""
        return max(self._first[appid] for appid in self._rig.apps) - self._since

    def peak(self) -> int:
        """Give the most calls in a second."""
        return max((later - earlier for earlier, later in pairwise(self._by_second.values())), default=0)


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
