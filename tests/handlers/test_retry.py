from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from handlers import retry
from handlers.causes.kinds import KINDS
from handlers.retry import Blocked, Dead, RetryAt
from handlers.wechat.error_codes import ERROR_CODES, Action
from handlers.wechat.errors import (
    NeedsHuman,
    NotAuthorized,
    OverQuota,
    Refused,
    StaleToken,
    TicketMissing,
    TryLater,
    Unreachable,
    WeChatError,
    WrongSecret,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=SHANGHAI).timestamp()
MIDNIGHT = datetime(2026, 11, 21, tzinfo=SHANGHAI).timestamp()
APP = "wx0000000000000001"
AWAY = [
    TryLater("release", "busy", code=-1),
    TryLater("release", "busy", code=-1000),
    Unreachable("release", "gone", sent=True),
    OperationalError("SELECT", {}, Exception("away")),
]
# What has to change outside, by the name of the cause.
CAUSES = {
    "ticket": TicketMissing("api_component_token", "none"),
    "app_secret": WrongSecret("api_component_token", "wrong", code=40001),
    "ip_whitelist": NeedsHuman("api_component_token", "ip", code=61004),
    f"authorization:{APP}": NotAuthorized("api_authorizer_token", "not authorized"),
    f"permission:{APP}:18": NeedsHuman("release", "no set", code=61007),
    f"permission:{APP}:19": NeedsHuman("send", "no set", code=48001),
    f"banned:{APP}": NeedsHuman("release", "closed", code=50002),
    f"privacy_guide:{APP}": NeedsHuman("submit_audit", "privacy", code=61040),
    "platform_quota:addtotemplate": OverQuota("addtotemplate", "full", code=85065),
    "unknown:99999": Refused("release", "unknown", code=99999),
}


def decide(error: Exception, tries: int = 1) -> RetryAt | Blocked | Dead:
    """Decide, without jitter."""
    return retry.decide(error, APP, tries, NOW, jitter=0.5)


def test_what_passes_is_tried_again_and_at_last_given_up() -> None:
    """Soon, then ever later, and not for ever."""
    stale = StaleToken("release", "stale", code=40001)
    assert decide(stale) == RetryAt(NOW + 5.0, str(stale))
    assert isinstance(decide(stale, retry.MOST_TRIES - 1), RetryAt)
    assert isinstance(decide(stale, retry.MOST_TRIES), Dead)


@pytest.mark.parametrize("error", AWAY, ids=str)
def test_what_is_away_is_waited_for_however_long_it_is(error: Exception) -> None:
    """A database or WeChat that is away is no reaction's fault; at last the tries are no longer counted."""
    first, last = decide(error), decide(error, retry.MOST_TRIES)
    assert isinstance(first, RetryAt)
    assert isinstance(last, RetryAt)
    assert (first.counts, last.counts) == (True, False)
    assert NOW + 1800 <= last.at <= NOW + 5400


@pytest.mark.parametrize(("cause", "error"), CAUSES.items(), ids=list(CAUSES))
def test_what_has_to_change_outside_blocks_on_its_cause(cause: str, error: WeChatError) -> None:
    """However often it was tried; the note keeps what WeChat said."""
    for tries in (1, retry.MOST_TRIES + 5):
        decision = decide(error, tries)
        assert isinstance(decision, Blocked)
        assert (decision.cause, decision.note, decision.errcode) == (cause, str(error), error.code)


def test_every_code_that_needs_a_person_or_room_is_of_a_kind_of_cause() -> None:
    """None of them is a dead end."""
    outside = {Action.NEEDS_HUMAN, Action.QUOTA}
    for code, known in ERROR_CODES.items():
        assert (known.cause in KINDS) == (known.action in outside), code


def test_what_no_change_outside_can_mend_is_given_up_at_once() -> None:
    """Asking again would not help; the note keeps what WeChat said and its code."""
    refused = Refused("release", "no", code=85019)
    decision = decide(refused)
    assert isinstance(decision, Dead)
    assert str(refused) in decision.note
    assert (decision.errcode, decision.chinese) == (85019, refused.chinese)


def test_a_used_up_limit_blocks_until_midnight() -> None:
    """WeChat's daily limits are reset at midnight in Shanghai, or before if somebody lets them."""
    used_up = OverQuota("submit_audit", "limit", code=45009)
    used_up.not_before(MIDNIGHT, SHANGHAI)
    decision = decide(used_up)
    assert isinstance(decision, Blocked)
    assert (decision.cause, decision.until) == (f"quota:{APP}:submit_audit", MIDNIGHT)


def test_a_limit_of_a_minute_is_only_waited_for() -> None:
    """Nobody has to know of it."""
    used_up = OverQuota("submit_audit", "limit", code=45009)
    used_up.not_before(NOW + 60, SHANGHAI)
    decision = decide(used_up)
    assert isinstance(decision, RetryAt)
    assert NOW + 60 < decision.at < NOW + 120


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
