"""What can go wrong with a call, by what the caller must do.

WeChatError
├── TryLater            ask again later, not before `again_at`
│   ├── Unreachable     no answer, or none that WeChat would give
│   ├── OverQuota       a limit is used up; without `again_at` something has to be deleted first
│   └── TicketMissing   not before WeChat pushed a verify ticket
├── Unreadable          look at the answer, which is in the log; it may be another one later
├── StaleToken          fetch a new token and ask once more
├── AlreadyDone         take it as done
├── NeedsHuman          tell a person
│   ├── NotAuthorized   the merchant has to authorize the platform
│   ├── NoCategory      the merchant has to add a category
│   └── WrongSecret     the app secret has to be corrected
├── Paused              a person said so; wait for his word
└── Refused             do not ask this again
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from handlers.wechat.error_codes import ERROR_CODES, UNKNOWN, Action, ask_again_at
from service.language import Language

# WeChat is busy and says that it did not do it.
BUSY = -1
SYSTEM_ERROR = -1000
RID = re.compile(r"\brid:\s*(?P<rid>[0-9a-f-]+)", re.IGNORECASE)


class WeChatError(Exception):
    """A call failed: `code` and `text` are WeChat's, `meaning` is ours, `rid` is what WeChat's support asks for.

    `answer` is all that WeChat said, if it said something; `chinese` is the meaning in Chinese, as far as it is known.
    """

    answer: Mapping[str, Any] = MappingProxyType({})

    @property
    def is_documented(self) -> bool:
        """Return whether WeChat documents the code."""
        return self.code in ERROR_CODES

    def __init__(
        self, endpoint: str, meaning: str, *, code: int | None = None, text: str = "", chinese: str = ""
    ) -> None:
        """Take the endpoint's name, what went wrong in our words, and what WeChat said."""
        found = RID.search(text)
        self.endpoint = endpoint
        self.meaning = meaning
        self.code = code
        self.text = text
        self.chinese = chinese or (ERROR_CODES.get(code, UNKNOWN).chinese if code else "")
        self.rid = found["rid"] if found else None
        said = "" if code is None else f" (WeChat: {code} {text})"
        super().__init__(f"{endpoint}: {meaning}{said}")

    def says(self, language: Language) -> str:
        """Return the text in a language, as far as the meaning is known in it."""
        if language == "en" or not self.chinese:
            return str(self)
        said = "" if self.code is None else f"（微信：{self.code} {self.text}）"
        return f"{self.endpoint}：{self.chinese}{said}"


class TryLater(WeChatError):
    """Ask again later, not before `again_at` (Unix seconds) if WeChat tells when."""

    again_at: float | None = None

    def not_before(self, again_at: float, timezone: ZoneInfo) -> None:
        """Add when to ask again, also to the text."""
        self.again_at = again_at
        self.args = (f"{self}; not before {datetime.fromtimestamp(again_at, timezone):%Y-%m-%d %H:%M:%S %z}",)


class Unreachable(TryLater):
    """There was no answer, or none that WeChat would give; `sent` tells whether the request may have arrived.

    What was answered in good order, such as a page, is answered again at once; `passes` tells that it is not so.
    """

    def __init__(self, endpoint: str, meaning: str, *, sent: bool, text: str = "", passes: bool = True) -> None:
        """Take besides whether the request may have arrived, and whether asking again at once may help."""
        super().__init__(endpoint, meaning, text=text)
        self.sent = sent
        self.passes = passes


def may_have_worked(error: WeChatError) -> bool:
    """Return whether WeChat may have done what was asked, though we heard that it failed."""
    return isinstance(error, Unreadable) or (isinstance(error, Unreachable) and error.sent)


def is_away(error: WeChatError) -> bool:
    """Return whether it is WeChat that does not serve just now, whatever was asked for whomever."""
    return isinstance(error, Unreachable) or error.code in (BUSY, SYSTEM_ERROR)


class Unreadable(WeChatError):
    """WeChat answered, and not as it ever did: asking again at once would bring the same answer."""


class OverQuota(TryLater):
    """A limit of WeChat's is used up: `again_at` is its reset; without, no time resets it."""


class TicketMissing(TryLater):
    """There is no verify ticket; WeChat pushes one every ten minutes."""


class StaleToken(WeChatError):
    """The token is not good any more; fetch a new one and ask once more."""


class AlreadyDone(WeChatError):
    """What was asked for has been done before."""


class NeedsHuman(WeChatError):
    """A person has to do something first; the meaning says what."""


class NotAuthorized(NeedsHuman):
    """The platform holds no authorization of this mini program."""


class NoCategory(NeedsHuman):
    """The mini program has no category that it could be submitted under."""


class WrongSecret(NeedsHuman):
    """The platform's app secret is not the one that WeChat has."""


class Paused(WeChatError):
    """A person paused it, which `cause` names; WeChat was not asked."""

    cause: str = ""


class Refused(WeChatError):
    """WeChat will not do this however often it is asked."""


BY_ACTION: Mapping[Action, type[WeChatError]] = MappingProxyType(
    {
        Action.ALREADY_DONE: AlreadyDone,
        Action.STALE_TOKEN: StaleToken,
        Action.TRY_LATER: TryLater,
        Action.QUOTA: OverQuota,
        Action.NEEDS_HUMAN: NeedsHuman,
        Action.REFUSED: Refused,
    }
)


def of_answer(endpoint: str, answer: Mapping[str, Any], now: float, timezone: ZoneInfo) -> WeChatError | None:
    """Return the error that an answer means; None if it means none (a missing errcode is success)."""
    try:
        code = int(answer.get("errcode") or 0)
    except (TypeError, ValueError, OverflowError):
        return Unreadable(endpoint, f"the answer is not WeChat's: its errcode is {answer.get('errcode')!r:.100}")
    known = ERROR_CODES.get(code, UNKNOWN)
    if known.action is Action.OK:
        return None
    error = BY_ACTION[known.action](endpoint, known.english, code=code, text=str(answer.get("errmsg") or ""))
    error.answer = answer
    again_at = ask_again_at(code, now)
    if isinstance(error, TryLater) and again_at:
        error.not_before(again_at, timezone)
    return error
