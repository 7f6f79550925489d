from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.wechat import limits

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


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
    """In the time zone of the settings."""
    told = limits.ask_again_at(code, datetime.fromisoformat(now).replace(tzinfo=SHANGHAI).timestamp(), SHANGHAI)
    assert told == datetime.fromisoformat(reset).replace(tzinfo=SHANGHAI).timestamp()


def test_a_day_with_an_hour_more_is_a_day() -> None:
    """Where clocks are set back, midnight is still midnight."""
    now = datetime(2026, 11, 1, 0, 30, tzinfo=NEW_YORK).timestamp()
    assert limits.next_day(now, NEW_YORK) == datetime(2026, 11, 2, tzinfo=NEW_YORK).timestamp()


def test_other_codes_name_no_time() -> None:
    """A full library stays full."""
    assert limits.ask_again_at(85065, 0.0, SHANGHAI) is None
