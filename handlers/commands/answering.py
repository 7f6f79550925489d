"""How commands answer: lines for people, in colours at a terminal, and one JSON object a line for programs."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def as_json(row: Mapping[str, Any]) -> str:
    """Write a row as one line of JSON, in characters that whoever reads it can be sent."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    return json.dumps(row, ensure_ascii=not is_unicode)


def say(line: str, style: str = "", *, flush: bool = False) -> None:
    """Print a line; without its colour where there are none. `flush`: it is one of those that come now and then."""
    if style and sys.stdout.isatty():
        Console(soft_wrap=True, highlight=False).print(Text(line, style))
    else:
        print(line, flush=flush)  # noqa: T201 the answer to what was asked


def say_none(sentence: str) -> None:
    """Tell a person that a list has nothing; a pipe stays empty, and so cron sends no mail."""
    if sys.stdout.isatty():
        say(sentence)


def say_json(row: Mapping[str, Any]) -> None:
    """Print a row as one line of JSON."""
    print(as_json(row))  # noqa: T201 the answer to what was asked
