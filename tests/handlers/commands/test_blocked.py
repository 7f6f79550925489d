import json
from pathlib import Path

import pytest

from service.store import attempts, causes, inbox
from service.store.attempts import AttemptState
from service.store.connecting import connect
from service.store.credentials import Credentials
from service.store.inbox import Entry
from service.store.migrating import migrate
from tests.conftest import FERNET
from tests.service.store.test_inbox import message
from tests.support.commands import run

QUEUE = "weaudit.release"
REASON = "api_component_token: not on the list (WeChat: 61004 requestIP: 203.0.113.7)"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Give a database in which a release waits for the whitelist."""
    url = f"sqlite:///{tmp_path}/weaudit.db"
    engine = connect(url)
    migrate(engine)
    push = message()
    with engine.begin() as connection:
        inbox.add(connection, [Entry(push)], Credentials([FERNET]), 1.0)
        attempt = attempts.begin(connection, push.id, QUEUE, now=2.0)
        assert attempt
        attempts.finish(connection, attempt, AttemptState.BLOCKED, REASON, now=3.0, waits_for="ip_whitelist")
        causes.begin(connection, "ip_whitelist", now=3.0, reason=REASON, errcode=61004)
    engine.dispose()
    return {"database_url": url}


def test_what_is_blocked_is_listed_with_what_to_do(tmp_path: Path, settings: dict[str, str]) -> None:
    """For people, and one JSON object a line for programs."""
    told = run("blocked", folder=tmp_path, **settings)
    assert told.exit_code == 0
    assert "ip_whitelist  IP address 203.0.113.7 is not on the whitelist" in told.stdout
    assert "since 1970-01-01 08:00:03 +0800: 1 reaction of 1 mini program" in told.stdout
    assert "open.weixin.qq.com" in told.stdout
    chinese = run("blocked", folder=tmp_path, weaudit_language="zh", **settings).stdout
    assert "自 1970-01-01 08:00:03 +0800 起：阻塞 1 个小程序的 1 项任务" in chinese
    assert "IP address" not in chinese
    (row,) = map(json.loads, run("blocked", "--json", folder=tmp_path, **settings).stdout.splitlines())
    assert (row["name"], row["reactions"], row["errcode"]) == ("ip_whitelist", 1, 61004)
    assert "203.0.113.7" in row["what_chinese"]


def test_a_person_may_say_that_a_cause_is_gone(tmp_path: Path, settings: dict[str, str]) -> None:
    """All that it held up goes on; of what is not blocked the command says what is."""
    wrong = run("unblock", "whitelist", folder=tmp_path, **settings)
    assert (wrong.exit_code, "there are: ip_whitelist" in wrong.output) == (2, True)
    assert run("unblock", "ip_whitelist", folder=tmp_path, **settings).stdout == "1 reaction may go on\n"
    assert run("blocked", folder=tmp_path, **settings).stdout == ""
    again = run("unblock", "ip_whitelist", folder=tmp_path, **settings)
    assert (again.exit_code, "nothing is blocked" in again.output) == (2, True)
