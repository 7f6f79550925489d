from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from handlers import retry
from handlers.retry import Dead, RetryAt
from handlers.wechat.errors import (
    NeedsHuman,
    NotAuthorized,
    OverQuota,
    Refused,
    StaleToken,
    TicketMissing,
    TryLater,
    Unreachable,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=SHANGHAI).timestamp()
MIDNIGHT = datetime(2026, 11, 21, tzinfo=SHANGHAI).timestamp()
PASSING = [
    TryLater("release", "busy", code=-1),
    Unreachable("release", "gone", sent=True),
    TicketMissing("api_component_token", "none"),
    StaleToken("release", "stale", code=40001),
    OperationalError("SELECT", {}, Exception("away")),
]
FINAL = [NeedsHuman("release", "ip", code=61004), NotAuthorized("x", "y"), Refused("release", "no", code=85019)]


def decide(error: Exception, tries: int = 1) -> RetryAt | Dead:
    """Decide, without jitter."""
    return retry.decide(error, tries, NOW, jitter=0.5)


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_what_passes_is_tried_again_and_at_last_given_up(error: Exception) -> None:
    """Busy, unreachable, stale, or a database that is away: soon, then ever later, and not for ever."""
    decision = decide(error)
    assert isinstance(decision, RetryAt)
    assert decision.at == NOW + 5.0
    assert decision.note == str(error) or isinstance(error, OperationalError)
    assert isinstance(decide(error, retry.MOST_TRIES - 1), RetryAt)
    assert isinstance(decide(error, retry.MOST_TRIES), Dead)


@pytest.mark.parametrize("error", FINAL, ids=lambda error: type(error).__name__)
def test_what_a_person_must_do_is_given_up_at_once(error: Exception) -> None:
    """Asking again would not help; the note keeps what WeChat said and its code."""
    decision = decide(error)
    assert isinstance(decision, Dead)
    assert str(error) in decision.note
    assert decision.errcode == getattr(error, "code", None)
    assert decision.chinese == getattr(error, "chinese", None)


def test_what_a_person_must_do_is_known_in_chinese_too() -> None:
    """WeChat's meaning of its code, unless we know better."""
    assert decide(NeedsHuman("release", "ip", code=61004)).chinese == "第三方平台出口 IP 未设置"
    assert decide(NeedsHuman("release", "ip", code=61004, chinese="请添加 IP")).chinese == "请添加 IP"


def test_a_used_up_limit_waits_for_midnight() -> None:
    """WeChat's daily limits are reset at midnight in Shanghai."""
    used_up = OverQuota("submit_audit", "limit", code=45009)
    used_up.not_before(MIDNIGHT, SHANGHAI)
    decision = decide(used_up)
    assert isinstance(decision, RetryAt)
    assert MIDNIGHT < decision.at < MIDNIGHT + 60


def test_a_limit_that_no_time_resets_needs_a_person() -> None:
    """A full template library stays full until somebody deletes one."""
    assert isinstance(decide(OverQuota("addtotemplate", "full", code=85065)), Dead)


def test_an_error_that_nobody_foresaw_is_tried_again_too() -> None:
    """A bug may be a passing one; what it says loses its secrets before it is told."""
    decision = decide(KeyError("https://x/?access_token=hush"))
    assert isinstance(decision, RetryAt)
    assert "hush" not in decision.note
    assert isinstance(decide(KeyError("x"), retry.MOST_TRIES), Dead)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_pauses_grow_to_an_hour_and_are_spread(tries: int, jitter: float) -> None:
    """Each pause is between half and one and a half of a doubling one, which ends at an hour."""
    pause = retry.pause(tries, jitter)
    assert 2.5 <= pause <= 5400
    assert retry.pause(tries + 1, jitter) >= pause


def test_a_message_that_kills_its_workers_is_given_up() -> None:
    """Deliveries are counted before the reaction, so even that comes to an end."""
    assert retry.given_up(retry.MOST_TRIES, "") is None
    dead = retry.given_up(retry.MOST_TRIES + 1, "")
    assert dead
    assert "kill its worker" in dead.note


def test_a_message_that_cannot_be_read_is_given_up_at_once() -> None:
    """The next try would read it no better."""
    dead = retry.given_up(1, "data: fail_time")
    assert dead
    assert "cannot read" in dead.note
