"""Pure: what to do about a reaction that failed. (error, tries, now) -> RetryAt or Dead."""

from dataclasses import dataclass

from sqlalchemy.exc import DataError

from handlers.wechat.errors import NeedsHuman, OverQuota, StaleToken, TryLater, WeChatError, is_away
from handlers.wechat.outage import WECHAT
from service.logs import scrub
from service.store.credentials import SecretsUnreadable
from service.store.engine import AWAY

# With the pauses below, the last of these tries comes about half a day after the first.
MOST_TRIES = 20
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 3600.0
PASSING = (TryLater, StaleToken, SecretsUnreadable, *AWAY)
# Text or numbers that no database takes: they are the same at the next try.
OF_THE_DATA = (DataError, UnicodeError)
FORESEEN = (*PASSING, WeChatError)


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Try again at a time, in Unix seconds, or before, when it is noticed that what `waits_for` names is back.

    `resets_at` is when the limit is reset that is waited for, if one is.
    """

    at: float
    note: str
    resets_at: float | None = None
    chinese: str = ""
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class Dead:
    """Do not try again; the note says why and what a person must do, `errcode` what WeChat said."""

    note: str
    errcode: int | None = None
    chinese: str = ""


def decide(error: Exception, tries: int, now: float, *, jitter: float) -> RetryAt | Dead:
    """Decide about the error of the `tries`-th try. `jitter`, of 0 to 1, spreads those that failed together."""
    note = scrub(str(error) if isinstance(error, WeChatError) else f"{type(error).__name__}: {error}")
    chinese = error.chinese if isinstance(error, WeChatError) else ""
    passing = isinstance(error, PASSING)
    if isinstance(error, OF_THE_DATA):
        return Dead(f"the database does not take what was to be written: {type(error).__name__}")
    if isinstance(error, WeChatError) and not passing:
        action = "a person has to act" if isinstance(error, NeedsHuman) else "asking again would not help"
        return Dead(f"{note}; {action}", error.code, chinese)
    again_at = error.again_at if isinstance(error, TryLater) else None
    if isinstance(error, OverQuota) and again_at is None:
        return Dead(f"{note}; no time resets this limit, a person has to make room", error.code, chinese)
    if tries >= MOST_TRIES:
        return Dead(f"{note}; tried {tries} times", chinese=chinese)
    resets_at = again_at if isinstance(error, OverQuota) else None
    waits_for = WECHAT if isinstance(error, WeChatError) and is_away(error) else ""
    return RetryAt(max(now, again_at or now) + pause(tries, jitter), note, resets_at, chinese, waits_for)


def given_up(tries: int, unreadable: str) -> Dead | None:
    """Decide before the `tries`-th try whether there is a use in it: not if the message cannot be read as its kind.

    Nor if as many workers as may have died of it.
    """
    if unreadable:
        return Dead(f"this version of weaudit cannot read the stored message: {unreadable}")
    if tries <= MOST_TRIES:
        return None
    return Dead(f"taken up {tries - 1} times and never ended: it seems to kill its worker")


def pause(tries: int, jitter: float) -> float:
    """Return the seconds to wait after the `tries`-th try: from five to an hour, doubling, and half more or less."""
    return min(FIRST_PAUSE * 2.0 ** (min(tries, 30) - 1), LONGEST_PAUSE) * (0.5 + jitter)
