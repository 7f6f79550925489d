import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import Result

from service.events.message import Message
from service.store import attempts, inbox, mini_programs
from service.store.attempts import AttemptState
from service.store.credentials import Credentials
from service.store.inbox import Entry
from service.store.mini_programs import MiniProgram
from tests.conftest import APP
from tests.service.store.test_inbox import message
from tests.support.commands import run

NOON = 1_795_147_200.0
RELEASE = "weaudit.release"


@pytest.fixture
def push(store: Engine, credentials: Credentials) -> Message:
    """Give a push whose release is dead and whose notification waits for an hour."""
    push = message()
    with store.begin() as connection:
        mini_programs.keep(connection, MiniProgram(APP, True, "一杯茶", "gh_1", "", changed_at=1.0))
        inbox.add(connection, [Entry(push)], credentials, NOON)
        for queue, state, note, due_at in (
            (RELEASE, AttemptState.DEAD, "the IP is not on the list", None),
            ("weaudit.notify", AttemptState.RETRYING, "busy", NOON + 3600),
        ):
            attempt = attempts.begin(connection, push.id, queue, now=NOON)
            assert attempt
            attempts.finish(connection, attempt, state, note, now=NOON, due_at=due_at)
    return push


def ask(folder: Path, *arguments: str) -> Result:
    """Run a command on the store."""
    return run(*arguments, folder=folder, database_url="sqlite:///store.db", timezone="Asia/Shanghai")


def test_pushes_tells_what_was_done_and_what_is_waited_for(tmp_path: Path, push: Message) -> None:
    """In TIMEZONE, whatever the machine's clock shows."""
    assert ask(tmp_path, "pushes").stdout.splitlines() == [
        f"2026-11-20 12:00:00 +0800  {push.type}  {APP}  {push.id}",
        "    weaudit.notify: retrying since 2026-11-20 12:00:00 +0800, again 2026-11-20 13:00:00 +0800",
        "        busy",
        "    weaudit.release: dead since 2026-11-20 12:00:00 +0800",
        "        the IP is not on the list",
    ]
    another = ask(tmp_path, "pushes", "--appid", "another")
    assert (another.exit_code, another.output) == (0, "")
    assert len(ask(tmp_path, "pushes", "--appid", APP).stdout.splitlines()) == 5


def test_dead_tells_why_and_revive_begins_anew(tmp_path: Path, push: Message) -> None:
    """What is dead, and with --waiting what waits; what is meant must be said, and must be there."""
    (row,) = map(json.loads, ask(tmp_path, "dead", "--json").stdout.splitlines())
    assert [(each["queue"], each["note"]) for each in row["reactions"]] == [(RELEASE, "the IP is not on the list")]
    assert ask(tmp_path, "revive").exit_code == 2
    assert ask(tmp_path, "revive", "--queue", "weaudit.nothing").exit_code == 2
    revived = ask(tmp_path, "revive", push.id)
    assert (revived.exit_code, revived.stdout) == (0, "1 revived\n")
    nothing = ask(tmp_path, "revive", "--all")
    assert (nothing.exit_code, nothing.stdout) == (1, "nothing of that is dead\n")
    assert ask(tmp_path, "revive", push.id, "--waiting").stdout == "1 revived\n"
    assert "waiting since" in ask(tmp_path, "pushes").stdout
    dead = ask(tmp_path, "dead")
    assert (dead.exit_code, dead.output) == (0, "")


def test_apps_tells_who_authorizes_the_platform(tmp_path: Path, push: Message, store: Engine) -> None:
    """By appid and nickname, and who took it back."""
    assert push
    assert ask(tmp_path, "apps").stdout == f"{APP}  authorized  一杯茶  gh_1\n"
    with store.begin() as connection:
        mini_programs.mark_unauthorized(connection, APP)
    (row,) = map(json.loads, ask(tmp_path, "apps", "--json").stdout.splitlines())
    assert (row["appid"], row["authorized"], row["nickname"]) == (APP, False, "一杯茶")
