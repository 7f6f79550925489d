"""Pure: what to do about a reaction that failed. (error, appid, tries, now) -> RetryAt, Blocked or Dead."""

from dataclasses import dataclass

from sqlalchemy.exc import DataError

from handlers.causes import naming
from handlers.notes.reading import in_chinese
from handlers.wechat.errors import OverQuota, StaleToken, TryLater, WeChatError, is_away
from handlers.wechat.outage import WECHAT
from service.logs import scrub
from service.store.credentials import SecretsUnreadable
from service.store.engine import AWAY

# With the pauses below, the last of these tries comes about half a day after the first.
MOST_TRIES = 20
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 3600.0
# Whatever is away is nobody's fault: these are tried until it is back.
OF_THE_PLACE = (SecretsUnreadable, *AWAY)
PASSING = (TryLater, StaleToken, *OF_THE_PLACE)
# Text or numbers that no database takes: they are the same at the next try.
OF_THE_DATA = (DataError, UnicodeError)
FORESEEN = (*PASSING, WeChatError)


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Try again at a time, in Unix seconds, or before, when it is noticed that what `waits_for` names is back.

    A try does not count if there were as many as may be, and nobody here is to blame.
    """

    at: float
    note: str
    waits_for: str = ""
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Blocked:
    """Wait until a cause outside is gone; `until` is when time ends it, if time does. The try does not count."""

    cause: str
    note: str
    errcode: int | None = None
    endpoint: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Dead:
    """Do not try again; the note says why and what a person must do, `errcode` what WeChat said."""

    note: str
    errcode: int | None = None
    chinese: str = ""


def decide(error: Exception, appid: str, tries: int, now: float, *, jitter: float) -> RetryAt | Blocked | Dead:
    """Decide about the error of the `tries`-th try for a mini program.

    `jitter`, of 0 to 1, spreads those that failed together.
    """
    note = scrub(str(error) if isinstance(error, WeChatError) else f"{type(error).__name__}: {error}")
    chinese = error.chinese or in_chinese(error.meaning) if isinstance(error, WeChatError) else ""
    passing = isinstance(error, PASSING)
    if isinstance(error, OF_THE_DATA):
        return Dead(f"the database does not take what was to be written: {type(error).__name__}")
    again_at = error.again_at if isinstance(error, TryLater) else None
    if isinstance(error, WeChatError) and (cause := naming.name_of(error, appid, now)):
        return Blocked(cause, note, error.code, error.endpoint, again_at if isinstance(error, OverQuota) else None)
    if isinstance(error, WeChatError) and not passing:
        return Dead(f"{note}; asking again would not help", error.code, chinese)
    waits_for = WECHAT if isinstance(error, WeChatError) and is_away(error) else ""
    if tries >= MOST_TRIES and not waits_for and not isinstance(error, OF_THE_PLACE):
        return Dead(f"{note}; tried {tries} times", chinese=chinese)
    return RetryAt(max(now, again_at or now) + pause(tries, jitter), note, waits_for, counts=tries < MOST_TRIES)


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
