import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import Result

from service.events.message import Message
from service.store import attempts, inbox, mini_programs, reviews
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
        row = {
            "appid": APP,
            "state": "approved",
            "user_version": "1.0",
            "auditid": 400000001,
            "submitted_at": NOON - 60,
        }
        reviews.add(connection, [row], now=NOON)
        for queue, state, note, due_at in (
            (RELEASE, AttemptState.DEAD, "the IP is not on the list rid: 66f0", None),
            ("weaudit.notify", AttemptState.RETRYING, "busy", NOON + 3600),
        ):
            attempt = attempts.begin(connection, push.id, queue, now=NOON)
            assert attempt
            attempts.finish(connection, attempt, state, note, now=NOON, due_at=due_at)
    return push


def ask(folder: Path, *arguments: str, **settings: str) -> Result:
    """Run a command on the store."""
    return run(*arguments, folder=folder, database_url="sqlite:///store.db", timezone="Asia/Shanghai", **settings)


def test_pushes_tells_what_was_done_and_what_is_waited_for(tmp_path: Path, push: Message) -> None:
    """In TIMEZONE, whatever the machine's clock shows."""
    assert ask(tmp_path, "pushes").stdout.splitlines() == [
        f"2026-11-20 12:00:00 +0800  {push.type}  {APP}  {push.id}",
        "    weaudit.notify: retrying since 2026-11-20 12:00:00 +0800, again 2026-11-20 13:00:00 +0800",
        "        busy",
        "    weaudit.release: dead since 2026-11-20 12:00:00 +0800",
        "        the IP is not on the list rid: 66f0",
    ]
    assert ask(tmp_path, "pushes", weaudit_language="zh").stdout.splitlines()[1::2] == [
        "    weaudit.notify：retrying，自 2026-11-20 12:00:00 +0800 起，2026-11-20 13:00:00 +0800 再试",
        "    weaudit.release：dead，自 2026-11-20 12:00:00 +0800 起",
    ]
    another = ask(tmp_path, "pushes", "--appid", "another")
    assert (another.exit_code, another.output) == (0, "")
    assert len(ask(tmp_path, "pushes", "--appid", APP).stdout.splitlines()) == 5


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (["--type", "weapp_audit_success"], 1),
        (["--type", "wechat.weapp_audit_fail"], 0),
        (["--state", "dead"], 1),
        (["--state", "done"], 0),
        (["--since", "2026-11-20T11:59"], 1),
        (["--since", "2026-11-20T12:01"], 0),
        (["--rid", "66f0"], 1),
        (["--rid", "77"], 0),
        (["--auditid", "400000001"], 1),
        (["--auditid", "400000002"], 0),
        (["--appid", APP], 1),
    ],
)
def test_pushes_are_chosen(tmp_path: Path, push: Message, chosen: list[str], found: int) -> None:
    """By type, state of a reaction, time, review, or the rid of a call."""
    listed = ask(tmp_path, "pushes", "--json", *chosen)
    assert [json.loads(line)["id"] for line in listed.stdout.splitlines()] == [push.id] * found


def test_one_push_is_told_whole(tmp_path: Path, push: Message) -> None:
    """By its id, or how it begins; as people read it, and as programs do."""
    told = ask(tmp_path, "pushes", push.id[:8])
    assert '"specversion": "1.0"' in told.stdout
    assert "weaudit.release: dead" in told.stdout
    assert json.loads(ask(tmp_path, "pushes", push.id, "--json").stdout)["message"]["id"] == push.id
    none = ask(tmp_path, "pushes", "ffffffff")
    assert (none.exit_code, none.stdout) == (1, "")


@pytest.mark.parametrize("wrong", [["--state", "gone"], ["--since", "yesterday"]])
def test_what_cannot_be_chosen_is_said(tmp_path: Path, push: Message, wrong: list[str]) -> None:
    """With what can."""
    assert push
    assert ask(tmp_path, "pushes", *wrong).exit_code == 2
