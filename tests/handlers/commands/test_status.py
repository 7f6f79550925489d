import json
from pathlib import Path

from sqlalchemy import Engine

from service.events.message import Message
from service.store import processes
from service.store.processes import Process
from tests.conftest import APP
from tests.handlers.commands.test_pushes import NOON, ask, push

__all__ = ["push"]


def test_one_screen_tells_how_weaudit_is(tmp_path: Path, push: Message, store: Engine) -> None:
    """Which parts run, and since when one does not; ticket, what waits, and what is dead."""
    assert push
    with store.begin() as connection:
        processes.beat(connection, Process("worker@a:1", "worker", "a", 1, "0.1", NOON, NOON))
    told = ask(tmp_path, "status")
    assert told.exit_code == 0
    assert "worker      STANDS STILL for" in told.stdout
    assert "relay       does not run" in told.stdout
    assert "ticket      there is none yet" in told.stdout
    assert "dead        1; weaudit dead" in told.stdout
    assert "worker      已停滞" in ask(tmp_path, "status", weaudit_language="zh").stdout
    row = json.loads(ask(tmp_path, "status", "--json").stdout)
    assert (row["dead"], row["reviews"], row["processes"][0]["alive"]) == (1, {"approved": 1}, False)


def test_one_mini_program_has_its_screen(tmp_path: Path, push: Message) -> None:
    """Who it is, whether it authorizes the platform, the policy that holds, where its version stands."""
    assert push
    told = ask(tmp_path, "status", APP).stdout
    assert told.startswith(f"一杯茶 ({APP})")
    assert "authorized: yes" in told
    assert "policy: ON_AUDIT_SUCCESS=release" in told
    assert "weaudit gave up" in told
    assert json.loads(ask(tmp_path, "status", APP, "--json").stdout)["where"] == "dead"
