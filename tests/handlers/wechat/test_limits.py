from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.wechat import limits

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("code", "now", "reset"),
    [
        (45009, "2026-11-20 00:00:00", "2026-11-21 00:00:00"),
        (45009, "2026-11-20 23:59:59", "2026-11-21 00:00:00"),
        (85085, "2026-11-20 12:00:00", "2026-12-01 00:00:00"),
        (85085, "2026-12-31 23:59:59", "2027-01-01 00:00:00"),
        (85085, "2028-01-31 12:00:00", "2028-02-01 00:00:00"),
        (45011, "2026-11-20 12:00:00", "2026-11-20 12:01:00"),
    ],
)
def test_limits_are_reset_by_the_minute_the_day_or_the_month(code: int, now: str, reset: str) -> None:
    """By the clock of Shanghai, wherever the platform is."""
    told = limits.ask_again_at(code, datetime.fromisoformat(now).replace(tzinfo=SHANGHAI).timestamp())
    assert told == datetime.fromisoformat(reset).replace(tzinfo=SHANGHAI).timestamp()


def test_other_codes_name_no_time() -> None:
    """A full library stays full."""
    assert limits.ask_again_at(85065, 0.0) is None
