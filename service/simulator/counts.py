"""What WeChat counts, by the minute, the day and the month, and refuses when it is too much."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from service.simulator.refusal import Refusal

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE, DAY, MONTH = "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m"


@dataclass
class Limits:
    """How much WeChat allows. Where its pages give no figure, it is ours, and generous.

    `privacy_check` is in seconds: so long after a commit nothing can be submitted.
    """

    calls_a_day: int = 10_000
    calls_a_minute: int = 6_000
    clears_a_month: int = 10
    reviews_a_month: int = 1_000
    speedups_a_month: int = 10
    withdrawals_a_day: int = 5
    withdrawals_a_month: int = 10
    privacy_check: float = 60.0
    templates: int = 200
    jump_rules: int = 20
    jump_rules_published_a_month: int = 20
    embedded: int = 10
    applications_a_day: int = 50
    applications_of_the_platform_a_day: int = 10
    applications_within_24_hours: int = 3
    embedding: int = 1_000


@dataclass
class Counts:
    """How often what was done, in the present minute, day or month of Shanghai."""

    clock: Callable[[], float]
    _counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def used(self, what: str, owner: str, per: str) -> int:
        """Return how often something was done in the present period."""
        return self._counts[what, owner, self._period(per)]

    def take(self, what: str, owner: str, per: str, limit: int, errcode: int) -> None:
        """Count something, or refuse it when the limit is used up."""
        if self.used(what, owner, per) >= limit:
            raise Refusal(errcode)
        self.add(what, owner, per)

    def add(self, what: str, owner: str, per: str) -> None:
        """Count something."""
        self._counts[what, owner, self._period(per)] += 1

    def clear_calls(self, owner: str) -> None:
        """Set back today's calls of somebody, of every endpoint."""
        today = self._period(DAY)
        for key in [key for key in self._counts if key[0].startswith("/") and key[1:] == (owner, today)]:
            del self._counts[key]

    def _period(self, per: str) -> str:
        return datetime.fromtimestamp(self.clock(), SHANGHAI).strftime(per)
