"""How commands answer: lines for people, in colours at a terminal, and one JSON object a line for programs."""

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from service import logs
from service.choices import Language

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
# Nobody reads a line of a table that is longer.
LONGEST_CELL = 200


def as_json(row: Mapping[str, Any]) -> str:
    """Write a row as one line of JSON, in characters that whoever reads it can be sent."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    return json.dumps(row, ensure_ascii=not is_unicode)


def say(line: str, style: str = "") -> None:
    """Print a line; without its colour where there are none."""
    if style and sys.stdout.isatty():
        Console(soft_wrap=True, highlight=False).print(Text(line, style))
    else:
        print(line)  # noqa: T201 the answer to what was asked


def say_json(row: Mapping[str, Any]) -> None:
    """Print a row as one line of JSON."""
    print(as_json(row))  # noqa: T201 the answer to what was asked


def at(seconds: float, timezone: ZoneInfo) -> str:
    """Write a time."""
    return f"{datetime.fromtimestamp(seconds, timezone):%Y-%m-%d %H:%M:%S %z}"


def for_how_long(seconds: float, language: Language = "en") -> str:
    """Write a span of time in its greatest unit."""
    seconds = max(0.0, seconds)
    for length, english, chinese in ((86_400, "d", "天"), (3600, "h", "小时"), (60, "min", "分钟")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {chinese if language == 'zh' else english}"
    return f"{seconds:.0f} {'秒' if language == 'zh' else 's'}"


def clean(text: str) -> str:
    """Make one line of a text of anybody's, without secrets and at a length that can be read."""
    line = " ".join(logs.scrub(text).split())
    return line if len(line) <= LONGEST_CELL else f"{line[:LONGEST_CELL]}…"
