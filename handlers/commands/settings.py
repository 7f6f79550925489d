"""`weaudit settings`: every setting in force, and where it comes from; of a secret only whether it is set."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import typer
from pydantic import SecretStr

from handlers.commands.answering import as_json as written
from handlers.commands.configured import read_settings
from handlers.commands.env_file import env_file
from service import logs
from service.settings import Outbound, sources

# As a wheel brings it, and in a checkout.
EXAMPLES = (Path(__file__).with_name("env.example"), Path(__file__).parents[2] / ".env.example")


class Shown(NamedTuple):
    """A setting as people see it: its name, its value or whether it is set, and where it comes from."""

    name: str
    value: str
    source: str


def settings(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    example: Annotated[bool, typer.Option("--example", help="A file to begin with: > .env")] = False,
) -> None:
    """Show every setting in force, and where it comes from; of a secret only whether it is set."""
    if example:
        print(next(file for file in EXAMPLES if file.exists()).read_text("utf-8"), end="")  # noqa: T201
        return
    for each in shown(read_settings(Outbound), sources(env_file())):
        if as_json:
            print(written(each._asdict()))  # noqa: T201 the answer to what was asked
        else:
            print(f"{each.name:<34}{each.value:<44} {each.source}")  # noqa: T201


def shown(read: Outbound, found: dict[str, str]) -> list[Shown]:
    """Return all settings in their order."""
    return [
        Shown(name.upper(), _written(getattr(read, name)), found.get(name.upper(), "default"))
        for name in type(read).model_fields
    ]


# How values are written that do not write themselves in the words of an env file.
WRITTEN: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {
        type(None): lambda _: "not set",
        SecretStr: lambda _: "set",
        tuple: lambda value: f"{len(value)} set" if value else "not set",
        bool: lambda value: str(int(value)),
        re.Pattern: lambda value: str(value.pattern),
    }
)


def _written(value: Any) -> str:
    return logs.scrub(WRITTEN.get(type(value), str)(value))
