import json
from pathlib import Path

from sqlalchemy import Engine

from service.events.message import Message
from service.store import mini_programs
from tests.conftest import APP
from tests.handlers.commands.test_pushes import ask, push

__all__ = ["push"]


def test_apps_tells_who_authorizes_the_platform(tmp_path: Path, push: Message, store: Engine) -> None:
    """By appid and nickname, and who took it back."""
    assert push
    assert ask(tmp_path, "apps").stdout == f"{APP}  authorized  一杯茶  gh_1\n"
    assert ask(tmp_path, "apps", weaudit_language="zh").stdout == f"{APP}  已授权  一杯茶  gh_1\n"
    with store.begin() as connection:
        mini_programs.mark_unauthorized(connection, APP)
    (row,) = map(json.loads, ask(tmp_path, "apps", "--json").stdout.splitlines())
    assert (row["appid"], row["authorized"], row["nickname"]) == (APP, False, "一杯茶")
