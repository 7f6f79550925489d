from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.wechat.error_codes import ERROR_CODES, Action, ask_again_at

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
    told = ask_again_at(code, datetime.fromisoformat(now).replace(tzinfo=SHANGHAI).timestamp())
    assert told == datetime.fromisoformat(reset).replace(tzinfo=SHANGHAI).timestamp()


def test_other_codes_name_no_time() -> None:
    """A full library stays full."""
    assert ask_again_at(85065, 0.0) is None


def test_every_code_says_what_it_means_in_both_languages() -> None:
    """One line each, in Chinese characters, and no two meanings in English for one."""
    assert len(ERROR_CODES) > 150
    for code, known in ERROR_CODES.items():
        assert known.english.isprintable()
        assert known.chinese.isprintable(), code
        assert any("一" <= character <= "鿿" for character in known.chinese), code


def test_what_a_person_must_do_is_said() -> None:
    """Whatever WeChat refuses or a person must mend has a second half: what to do."""
    silent = [
        code
        for code, known in ERROR_CODES.items()
        if known.action in (Action.NEEDS_HUMAN, Action.REFUSED, Action.QUOTA) and len(known.english.split()) < 5
    ]
    assert silent == []


def test_only_limits_are_reset_by_time() -> None:
    """And every limit that is not, names what to delete."""
    assert {known.resets for known in ERROR_CODES.values()} == {"-", "minute", "day", "month"}
    timed = {known.action for known in ERROR_CODES.values() if known.resets != "-"}
    assert timed == {Action.QUOTA, Action.TRY_LATER}
