"""What is ordered at a terminal: written down with who and where, and carried out by a worker."""

import getpass
from pathlib import Path

import pytest

from service.store import mini_programs, orders, reviews
from service.store.engine import reading
from service.store.mini_programs import MiniProgram
from service.store.reviews import State, Wanted
from tests.conftest import APP, Wechat
from tests.support.commands import run
from tests.support.looking import look
from tests.support.samples import decided, messages


@pytest.fixture
def online(wechat: Wechat) -> Wechat:
    """Give a WeChat where a version is online, of a mini program that people know."""
    with wechat.engine.begin() as connection:
        mini_programs.keep(connection, MiniProgram(APP, True, "一杯茶", "gh_1", "", changed_at=1.0))
    for version in ("0.9", "1.0"):
        wechat.now += 60
        decided(wechat, "approve", version)
        look(wechat)
    return wechat


def test_a_version_is_taken_back(online: Wechat, tmp_path: Path) -> None:
    """By a message for the workers; `why` tells who wanted it."""
    ended = run("takeback", APP, folder=tmp_path, database_url="sqlite:///store.db")
    assert (ended.exit_code, "it is rolled back" in ended.stdout) == (0, True)
    assert len(messages(online, "weaudit.take_back_ordered")) == 1
    with reading(online.engine) as connection:
        (order,) = orders.newest(connection)
    assert (order.action, order.who, order.origin[:10]) == ("take_back", getpass.getuser(), "weaudit at")
    told = run("why", APP, folder=tmp_path, database_url="sqlite:///store.db").stdout
    assert f"{getpass.getuser()} ordered take_back: 1.0 (4000" in told


def test_a_version_is_held_and_said_to_be(online: Wechat, tmp_path: Path) -> None:
    """Until a person releases it; what is online cannot be held."""
    refused = run("hold", APP, folder=tmp_path, database_url="sqlite:///store.db")
    assert (refused.exit_code, "there is nothing to hold" in refused.stderr) == (1, True)
    chinese = run("hold", APP, folder=tmp_path, database_url="sqlite:///store.db", weaudit_language="zh")
    assert "没有可暂缓的发布" in chinese.stderr
    online.now += 60
    decided(online, "approve", "2.0")
    held = run("hold", APP, folder=tmp_path, database_url="sqlite:///store.db")
    assert (held.exit_code, "2.0 is held" in held.stdout) == (0, True)
    with reading(online.engine) as connection:
        (row, *_) = reviews.of(connection, APP)
    assert (row.state, row.wanted) == (State.IN_REVIEW, Wanted.HOLD)


def test_a_password_becomes_the_hash_that_the_settings_take(tmp_path: Path) -> None:
    """From a pipe; a short one is refused."""
    from handlers.console.passwords import is_right  # noqa: PLC0415

    made = run("console-password", folder=tmp_path, typed="correct horse battery\n")
    name, _, kept = made.stdout.strip().partition("=")
    assert (name, is_right("correct horse battery", kept)) == ("CONSOLE_PASSWORD", True)
    assert run("console-password", folder=tmp_path, typed="short\n").exit_code == 2
    told = run("settings", folder=tmp_path, console_username="zhang", console_password=kept).stdout
    assert kept not in told


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"console_username": "zhang"}, "CONSOLE_PASSWORD is missing"),
        ({"console_username": "zhang", "console_password": "in the clear"}, "CONSOLE_PASSWORD is not usable"),
        ({"console_viewer_password": "x"}, "CONSOLE_VIEWER_PASSWORD is not usable"),
        ({"console_username": "two words", "console_password": "x"}, "CONSOLE_USERNAME is not usable"),
    ],
)
def test_half_an_account_and_a_password_in_the_clear_are_refused(
    tmp_path: Path, given: dict[str, str], named: str
) -> None:
    """With what to type; the value is not repeated."""
    ended = run("console", folder=tmp_path, **given)
    assert (ended.exit_code, named in ended.stderr) == (2, True)
    assert "in the clear" not in ended.output
