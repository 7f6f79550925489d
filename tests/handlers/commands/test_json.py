import json
import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.events.message import Message
from service.store import causes
from tests.conftest import APP
from tests.handlers.commands.test_pushes import NOON, ask, push

__all__ = ["push"]
DOCUMENT = Path(__file__).parents[3] / "docs" / "json.md"
ROWS = {
    cells[1].strip("` "): set(re.findall(r"`([a-z_]+)`", cells[3]))
    for line in DOCUMENT.read_text("utf-8").splitlines()
    if line.startswith("| `") and (cells := line.split("|"))
}
PUSH = ROWS["pushes"]
COMMANDS = [
    (["pushes"], PUSH),
    (["pushes", "0"], PUSH | {"message"}),
    (["dead"], PUSH),
    (["apps"], ROWS["apps"]),
    (["blocked"], ROWS["blocked"]),
    (["status"], ROWS["status"]),
    (["status", APP], ROWS["why"] | ROWS["status APPID"] - {"why"}),
    (["why", APP], ROWS["why"]),
    (["check"], ROWS["check"]),
    (["settings"], ROWS["settings"]),
]


@pytest.mark.parametrize(
    ("command", "fields"), COMMANDS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_programs_get_what_is_documented(
    tmp_path: Path, push: Message, store: Engine, command: list[str], fields: set[str]
) -> None:
    """One object a line, with just these fields."""
    with store.begin() as connection:
        causes.begin(connection, "ip_whitelist", now=NOON, reason="x", errcode=61004)
    asked = [push.id if word == "0" else word for word in command]
    printed = [json.loads(line) for line in ask(tmp_path, *asked, "--json").stdout.splitlines()]
    assert printed
    assert all(row.keys() == fields for row in printed)


def test_a_reaction_has_its_fields(tmp_path: Path, push: Message) -> None:
    """In whichever command it is shown."""
    assert push
    (row,) = map(json.loads, ask(tmp_path, "pushes", "--json").stdout.splitlines())
    named = re.search(r"A reaction of a push: ([^.]*)\.", DOCUMENT.read_text("utf-8"))
    assert named
    assert set(row["reactions"][0]) == set(re.findall(r"`([a-z_]+)`", named[1]))
