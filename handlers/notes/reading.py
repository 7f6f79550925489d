"""A note of the ledger in the language of whoever reads it.

The ledger keeps one text, so that what is searched for, gathered by why and read by programs is the same everywhere.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from handlers.notes.chinese import CHINESE
from handlers.notes.states import STATES_ZH
from handlers.wechat.error_codes import ERROR_CODES, UNKNOWN
from service.language import Language

# One note, or what there is to do, after another; so many of them may be one that is known.
NEXT = "; "
MOST_IN_ONE = 4
# What is longer, or has more of them, is mostly what somebody else wrote.
LONGEST, MOST_PARTS = 1000, 12
OF_WECHAT = re.compile(
    r"(?P<call>[a-z_ ]+(?:: [a-z_]+)?): (?P<meaning>.+?)(?: \(WeChat: (?P<code>-?\d{1,9}) (?P<said>.*)\))?", re.DOTALL
)
OF_A_LIBRARY = re.compile(r"\w+(?:Error|Exception|Timeout): ")
PLACE = re.compile(r"\\{(\w+)\\}")
# What would else be taken for any words.
SHAPES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("auditid", "number", "again", "percent", "left"), r"-?\d+"),
        "state": "|".join(sorted(STATES_ZH, key=len, reverse=True)),
        "endpoint": "[a-z_]+",
        "type": r"w\w+\.\w+",
        **dict.fromkeys(("its_version", "whom"), r"\S+(?:, \S+)*"),
        "setting": r"[A-Z_]+=\S+",
    }
)
# Places that are notes themselves; all others are names, or anybody's words.
NOTES = frozenset({"state", "note", "found", "why", "wanted"})


def note_in(language: Language, note: str) -> str:
    """Return a note in a language; what of it nobody foresaw stays as it is."""
    return in_chinese(note) or note if language == "zh" else note


@lru_cache(maxsize=4096)
def in_chinese(note: str) -> str:
    """Return a note in Chinese, as far as it is known; empty if nothing of it is."""
    parts = _parts(note)
    if not any(part.chinese for part in parts):
        return ""
    said = ""
    for former, part in zip([None, *parts], parts, strict=False):
        between = "" if former is None else "；" if former.chinese or part.chinese else NEXT
        said += between + (part.chinese or part.english)
    return said


def answer_in(language: Language, endpoint: str, said: str) -> str:
    """Return what came of a call in a language, without its name, which stands before it."""
    return note_in(language, said).removeprefix(f"{endpoint}: ").removeprefix(f"{endpoint}：")


def in_both_languages(changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add the Chinese of a note that is to be written into a version's row."""
    return {**changes, "chinese": in_chinese(changes["note"])} if "note" in changes else changes


class _Part(NamedTuple):
    """A note, or a part of one, and what it is in Chinese if that is known."""

    english: str
    chinese: str


def _parts(note: str) -> list[_Part]:
    """Take a note apart so that as little as can be is not known; some notes have a semicolon of their own."""
    words = note.split(NEXT)
    if len(note) > LONGEST or len(words) > MOST_PARTS:
        return [_Part(note, "")]
    best: list[list[_Part]] = [[]]
    for end in range(1, len(words) + 1):
        ways = []
        for begin in range(max(0, end - MOST_IN_ONE), end):
            english = NEXT.join(words[begin:end])
            if (chinese := _whole(english)) or begin == end - 1:
                ways.append([*best[begin], _Part(english, chinese)])
        best.append(min(ways, key=_unlikely))
    return best[-1]


def _unlikely(parts: list[_Part]) -> tuple[int, int]:
    unknown = sum(not part.chinese for part in parts)
    return unknown, -len(parts)


def _whole(english: str) -> str:
    """Return one note in Chinese; empty if it is none that is known."""
    if OF_A_LIBRARY.match(english):
        return ""
    known = CHINESE.get(english) or STATES_ZH.get(english)
    return known or _filled_in(english) or _of_wechat(english)


def _filled_in(english: str) -> str:
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(english):
            named = found.groupdict().items()
            return chinese.format(**{name: note_in("zh", text) if name in NOTES else text for name, text in named})
    return ""


def _of_wechat(english: str) -> str:
    """Return what came of a call in Chinese: its name, what that means, and WeChat's own words as they are."""
    found = OF_WECHAT.fullmatch(english)
    if not found:
        return ""
    code = found["code"]
    known = ERROR_CODES.get(int(code), UNKNOWN) if code else None
    if known and found["meaning"] == known.english:
        meaning = known.chinese
    else:
        parts = _parts(found["meaning"])
        meaning = "；".join(part.chinese for part in parts) if all(part.chinese for part in parts) else ""
    said = f"（微信：{code} {found['said']}".rstrip() + "）" if code else ""
    return f"{found['call'].replace(': ', '：')}：{meaning}{said}" if meaning else ""


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return what each note looks like; those that say most by themselves come first."""
    notes = sorted((english for english in CHINESE if "{" in english), key=_letters, reverse=True)
    return [(re.compile(PLACE.sub(_place, re.escape(english)), re.DOTALL), CHINESE[english]) for english in notes]


def _letters(english: str) -> int:
    return len(re.sub(r"\{\w+\}", "", english))


def _place(found: "re.Match[str]") -> str:
    return f"(?P<{found[1]}>{SHAPES.get(found[1], '.+?')})"
