"""A note of the ledger in the language of whoever reads it.

The ledger keeps one text, so that what is searched for, gathered by why and read by programs is the same everywhere.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from handlers.notes.chinese import CHINESE
from handlers.notes.states import STATES_ZH
from handlers.wechat.error_codes import ERROR_CODES, UNKNOWN
from service.language import Language

# One note, or what there is to do, after another.
NEXT = "; "
OF_WECHAT = re.compile(
    r"(?P<endpoint>[a-z_ ]+): (?P<meaning>.+?)(?: \(WeChat: (?P<code>-?\d+) (?P<said>.*)\))?", re.DOTALL
)
PLACE = re.compile(r"\\{(\w+)\\}")
# What would else be taken for any words.
SHAPES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("auditid", "number", "again", "percent", "left"), r"-?\d+"),
        "state": "|".join(sorted(STATES_ZH, key=len, reverse=True)),
        "endpoint": "[a-z_]+",
        "its_version": r"\S+",
        "setting": r"[A-Z_]+=\S+",
    }
)


def note_in(language: Language, note: str) -> str:
    """Return a note in a language; what of it nobody foresaw stays as it is."""
    return _chinese(note) if language == "zh" else note


def answer_in(language: Language, endpoint: str, said: str) -> str:
    """Return what came of a call in a language, without its name, which stands before it."""
    return note_in(language, said).removeprefix(f"{endpoint}: ").removeprefix(f"{endpoint}：")


@lru_cache(maxsize=4096)
def _chinese(note: str) -> str:
    """Translate part for part, each as long as it can be: some notes have a semicolon of their own."""
    parts, said, is_known = note.split(NEXT), [], False
    while parts:
        ends = range(len(parts), 0, -1)
        found = ((end, chinese) for end in ends if (chinese := _translated(NEXT.join(parts[:end]))))
        end, chinese = next(found, (1, ""))
        is_known = is_known or bool(chinese)
        said.append(chinese or parts[0])
        del parts[:end]
    return "；".join(said) if is_known else note


def _translated(text: str) -> str:
    """Translate one note whole; empty if it is none that we know."""
    if text in STATES_ZH:
        return STATES_ZH[text]
    if text in CHINESE:
        return CHINESE[text]
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(text):
            return chinese.format(**{name: _chinese(value) for name, value in found.groupdict().items()})
    found = OF_WECHAT.fullmatch(text)
    if found and (meaning := _meaning(found["meaning"], found["code"])):
        said = f"（微信：{found['code']} {found['said']}）" if found["code"] else ""
        return f"{found['endpoint']}：{meaning}{said}"
    return ""


def _meaning(english: str, code: str | None) -> str:
    known = ERROR_CODES.get(int(code), UNKNOWN) if code else UNKNOWN
    return known.chinese if english == known.english else _translated(english)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return what each note looks like; those that say most by themselves come first."""
    notes = sorted((english for english in CHINESE if "{" in english), key=_letters, reverse=True)
    return [(re.compile(PLACE.sub(_place, re.escape(english)), re.DOTALL), CHINESE[english]) for english in notes]


def _letters(english: str) -> int:
    return len(re.sub(r"\{\w+\}", "", english))


def _place(found: "re.Match[str]") -> str:
    return f"(?P<{found[1]}>{SHAPES.get(found[1], '.+?')})"


def in_both_languages(changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add the Chinese of a note that is to be written into a version's row."""
    return {**changes, "chinese": note_in("zh", changes["note"])} if "note" in changes else changes
