"""How values are shown: times, states and their colours; what a template asks for."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from handlers.notes.reading import answer_in, note_in
from handlers.notes.states import state_in
from handlers.operators import wording
from service.language import Language

COLOURS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("released", "done", "approved"), "green"),
        **dict.fromkeys(("planned", "committing", "committed", "submitting", "in_review", "running"), "blue"),
        **dict.fromkeys(("waiting", "retrying", "delayed", "releasing", "rolling_out", "taking_back"), "cyan"),
        **dict.fromkeys(("blocked", "withdrawn", "taken_back", "paused"), "yellow"),
        **dict.fromkeys(("rejected", "refused", "conflict", "dead"), "red"),
    }
)
REACTIONS_ZH: Mapping[str, str] = MappingProxyType(
    {
        "waiting": "等待",
        "running": "执行中",
        "retrying": "将重试",
        "blocked": "阻塞",
        "done": "完成",
        "skipped": "跳过",
        "dead": "已放弃",
    }
)


TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Shown(NamedTuple):
    """What a template asks for, in a time zone and a language."""

    timezone: ZoneInfo
    language: Language

    def at(self, seconds: float | None) -> str:
        """Write a time; nothing for none."""
        return wording.at(seconds, self.timezone) if seconds else ""

    def span(self, seconds: float) -> str:
        """Write a span of time."""
        return wording.for_how_long(seconds, self.language)

    def state(self, state: str) -> str:
        """Write the state of a version or of a reaction."""
        is_of_a_reaction = self.language == "zh" and state in REACTIONS_ZH
        return REACTIONS_ZH[state] if is_of_a_reaction else state_in(self.language, state)

    def colour(self, state: str) -> str:
        """Return the colour of a state."""
        return COLOURS.get(state, "secondary")

    def plain(self, text: str | None) -> str:
        """Write a name of anybody's without what turns the direction of what stands around it."""
        return TURNS.sub("", text or "")

    def note(self, text: str) -> str:
        """Write a note in the language of the page."""
        return note_in(self.language, text)

    def answer(self, endpoint: str, said: str) -> str:
        """Write what came of a call as one line."""
        return wording.clean(answer_in(self.language, endpoint, said))

    def clean(self, text: str) -> str:
        """Write a text of anybody's as one line."""
        return wording.clean(text)
