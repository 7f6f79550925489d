"""An env file, read strictly: each of its lines is understood or named, since to release is the default."""

import os
import pwd
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from dotenv.parser import Binding, parse_stream

from service.language import Language, language_of_the_locale
from service.told import Told

QUOTES = ("'", '"')
WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "place": "{path}, line {line}: {fault}",
        "open": "a quote is opened and not closed",
        "no_pair": "this is no NAME=value",
        "later": "a quote is opened, and closed only on a later line",
        "filled": "what ${…} stands for is not filled in: write the value",
        "unknown": "there is no setting {name}",
        "like": "; did you mean {like}?",
        "again": "{name} was set before, to something else",
    },
    "zh": {
        "place": "{path} 第 {line} 行：{fault}",
        "open": "引号没有闭合",
        "no_pair": "不是 名称=值",
        "later": "引号到后面的行才闭合",
        "filled": "${…} 不会被替换：请直接写值",
        "unknown": "没有 {name} 这项配置",
        "like": "；是否想写 {like}？",
        "again": "{name} 前面已设为别的值",
    },
}


class Unreadable(Told):
    """A file is there and cannot be read; the text says why, and what to do."""


class EnvFile(NamedTuple):
    """What a file sets, and what is wrong with it: a line for each fault."""

    values: Mapping[str, str]
    faults: list[str]


def read(path: Path, known: Collection[str], language: Language = "en") -> EnvFile:
    """Read a file, its faults in a language; one that is not there sets nothing. Raises Unreadable."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return EnvFile({}, [])
    except UnicodeDecodeError:
        raise Unreadable("{path} is not UTF-8; save it as UTF-8", path=path) from None
    except PermissionError:
        raise _not_ours(path) from None
    except OSError as error:
        raise Unreadable("{file} cannot be read: {error}", file=path, error=error.strerror) from None
    bindings = list(parse_stream(StringIO(text)))
    values = {binding.key.upper(): binding.value for binding in bindings if binding.key and binding.value is not None}
    words = WORDS[language]
    told = [(binding, fault) for binding in bindings for fault in _faults(binding, known, words)]
    told += [(again, words["again"].format(name=again.key)) for again in _again(bindings)]
    faults = [words["place"].format(path=path, line=_line(binding), fault=fault) for binding, fault in told]
    return EnvFile(values, faults)


def language(env_file: str | None) -> Language:
    """Return what the environment says, or the file, or the locale; whatever else may be wrong."""
    said = os.environ.get("WEAUDIT_LANGUAGE")
    with suppress(Unreadable):
        said = said or (read(Path(env_file), ()).values.get("WEAUDIT_LANGUAGE") if env_file else None)
    return "zh" if said == "zh" else "en" if said else language_of_the_locale()


def nearest(name: str, known: Collection[str]) -> str:
    """Return the known name that is most like another one; empty if none is."""
    return next(iter(get_close_matches(name, known, 1, 0.75)), "")


def _faults(binding: Binding, known: Collection[str], words: Mapping[str, str]) -> Iterator[str]:
    written = binding.original.string.strip()
    if binding.error and written.partition("=")[2].strip().startswith(QUOTES):
        yield words["open"]
    elif binding.error or (binding.key is not None and binding.value is None):
        yield words["no_pair"]
    elif binding.key is not None and "\n" in written:
        yield words["later"]
    elif binding.value and "${" in binding.value:
        yield words["filled"]
    elif binding.key is not None and binding.key.upper() not in known:
        like = nearest(binding.key.upper(), known)
        yield words["unknown"].format(name=binding.key) + (words["like"].format(like=like) if like else "")


def _again(bindings: Sequence[Binding]) -> Iterator[Binding]:
    """Give those that set something anew; an empty line, as in the example, is there to be filled in."""
    former: dict[str, str] = {}
    for binding in bindings:
        if binding.key and binding.value is not None:
            if former.get(binding.key.upper()) not in (None, "", binding.value):
                yield binding
            former[binding.key.upper()] = binding.value


def _line(binding: Binding) -> int:
    before = binding.original.string
    return binding.original.line + before[: len(before) - len(before.lstrip())].count("\n")


def _not_ours(path: Path) -> Unreadable:
    try:
        owner, us = _user(path.stat().st_uid), _user(os.geteuid())
    except OSError as error:
        return Unreadable("{file} cannot be read: {error}", file=path, error=error.strerror)
    return Unreadable(
        "{path} belongs to {owner}, and {us} may not read it: run weaudit as its owner, or: chown {us} {path}",
        path=path,
        owner=owner,
        us=us,
    )


def _user(number: int) -> str:
    """Return a user's name, or the number of one who has none, as in a container."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
