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

QUOTES = ("'", '"')


class Unreadable(Exception):
    """A file is there and cannot be read; the text says why, and what to do."""


class EnvFile(NamedTuple):
    """What a file sets, and what is wrong with it: a line for each fault."""

    values: Mapping[str, str]
    faults: list[str]


def read(path: Path, known: Collection[str]) -> EnvFile:
    """Read a file; one that is not there sets nothing. Raises Unreadable."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return EnvFile({}, [])
    except UnicodeDecodeError:
        raise Unreadable(f"{path} is not UTF-8; save it as UTF-8") from None
    except PermissionError:
        raise Unreadable(_not_ours(path)) from None
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    bindings = list(parse_stream(StringIO(text)))
    values = {binding.key.upper(): binding.value for binding in bindings if binding.key and binding.value is not None}
    faults = [f"{path}, line {_line(binding)}: {fault}" for binding in bindings for fault in _faults(binding, known)]
    faults += [
        f"{path}, line {_line(again)}: {again.key} was set before, to something else" for again in _again(bindings)
    ]
    return EnvFile(values, faults)


def nearest(name: str, known: Collection[str]) -> str:
    """Return the known name that is most like another one; empty if none is."""
    return next(iter(get_close_matches(name.upper(), known, 1, 0.75)), "")


def _faults(binding: Binding, known: Collection[str]) -> Iterator[str]:
    written = binding.original.string.strip()
    if binding.error and written.partition("=")[2].strip().startswith(QUOTES):
        yield "a quote is opened and not closed"
    elif binding.error or (binding.key is not None and binding.value is None):
        yield "this is no NAME=value"
    elif binding.key is not None and "\n" in written:
        yield "a quote is opened, and closed only on a later line"
    elif binding.value and "${" in binding.value:
        yield "what ${…} stands for is not filled in: write the value"
    elif binding.key is not None and binding.key.upper() not in known:
        like = nearest(binding.key, known)
        yield f"there is no setting {binding.key}" + (f"; did you mean {like}?" if like else "")


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


def _not_ours(path: Path) -> str:
    us, owner = os.geteuid(), path.stat().st_uid
    with suppress(KeyError):
        return (
            f"{path} belongs to {pwd.getpwuid(owner).pw_name}, and {pwd.getpwuid(us).pw_name} may not read it: "
            f"run weaudit as its owner, or: chown {pwd.getpwuid(us).pw_name} {path}"
        )
    return (
        f"{path} belongs to user {owner}, and user {us} may not read it: run weaudit as {owner}, or: chown {us} {path}"
    )
