import json
import re
from pathlib import Path
from typing import Any

import pytest

from handlers import checking
from handlers.checking_texts import WORDS
from handlers.commands.check import LABELS
from service.simulator.faults import Fault
from tests.conftest import APP
from tests.support.commands import run
from tests.support.live_weaudit import live
from tests.support.servers import free_port


def findings(*arguments: str, folder: Path, **changes: str) -> dict[str, dict[str, Any]]:
    """Run the check, and give what it found by what was looked at."""
    ended = run("check", "--json", *arguments, folder=folder, **changes)
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.exit_code == any(row["state"] == "FAILED" for row in rows)
    return {row["what"]: row for row in rows}


def test_a_folder_with_good_settings_passes_and_nothing_is_made(tmp_path: Path) -> None:
    """Both callback URLs are there to be pasted; what is not there yet is named with what makes it."""
    found = findings(folder=tmp_path, secrets_key="")
    assert {row["state"] for row in found.values()} == {"PASSED", "WARNING"}
    assert found["消息与事件接收URL"]["said"].endswith("/callback/message/$APPID$")
    assert found["push"]["said"].endswith("wechat.weapp_audit_success")
    assert (found["database"]["state"], found["database"]["next"]) == ("WARNING", "weaudit up makes it")
    assert list(tmp_path.iterdir()) == []


def test_all_faults_of_the_settings_are_lines_of_their_own(tmp_path: Path) -> None:
    """With the file and the line."""
    (tmp_path / ".env").write_text("ON_AUDIT_SUCESS=hold\n")
    ended = run("check", folder=tmp_path, wechat_token="", timezone="Mars")
    told = ended.stdout.splitlines()
    assert ended.exit_code == 1
    for said in (
        ".env, line 1: there is no setting ON_AUDIT_SUCESS",
        "WECHAT_TOKEN is missing",
        "TIMEZONE is not usable",
    ):
        assert any(line.startswith("FAILED") and said in line for line in told)


def test_what_is_no_appid_is_named(tmp_path: Path) -> None:
    """Such as the app secret; WeChat would only say that the token is wrong."""
    secret = "0123456789abcdef0123456789abcdef"
    found = findings(folder=tmp_path, wechat_component_appid=secret)
    assert found["appid"]["said"].endswith("one begins with wx and has 18 characters, this one has 32")
    assert secret not in json.dumps(found)
    assert "appid" not in findings(folder=tmp_path, wechat_component_appid="wx0123456789abcdef")


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("database_url", "postgresql+psycopg://postgres:hush@127.0.0.1:{}/x", "database"),
        ("broker_url", "amqp://guest:hush@127.0.0.1:{}//", "broker"),
        ("broker_url", "redis://:hush@127.0.0.1:{}/0", "broker"),
    ],
)
def test_what_does_not_answer_fails_with_what_to_do(tmp_path: Path, name: str, value: str, what: str) -> None:
    """At once, and without its password."""
    found = findings(folder=tmp_path, **{name: value.format(free_port())})
    assert (found[what]["state"], found[what]["next"]) == ("FAILED", f"start it, or correct {name.upper()}")
    assert "hush" not in json.dumps(found)


def test_a_running_weaudit_passes_and_wechat_is_asked(tmp_path: Path) -> None:
    """Ticket, token, clocks, and what each merchant granted."""
    url = f"sqlite:///{tmp_path}/x.db"
    with live(url, "memory://") as weaudit:
        weaudit.authorize()
        api = weaudit.context.settings.wechat_api_base
        found = findings("--online", folder=tmp_path, database_url=url, wechat_api_base=api)
        assert {row["state"] for name, row in found.items() if name not in ("env file", "notifications")} == {"PASSED"}
        assert found["mini programs"]["said"].startswith("1 authorize")
        weaudit.wechat.api.faults.append(Fault("api_get_authorizer_info", times=9, errcode=61004))
        assert findings("--online", folder=tmp_path, database_url=url, wechat_api_base=api)[APP]["state"] == "FAILED"


def test_an_address_that_is_not_on_the_whitelist_is_named_with_where_to_enter_it(tmp_path: Path) -> None:
    """WeChat tells the address when it refuses the token."""
    url = f"sqlite:///{tmp_path}/x.db"
    with live(url, "memory://") as weaudit:
        weaudit.authorize()
        weaudit.wechat.world.expire_tokens()
        with weaudit.context.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM credentials WHERE kind = 'component_access_token'")
        weaudit.wechat.api.faults.append(Fault("api_component_token", times=9, errcode=61004))
        api = weaudit.context.settings.wechat_api_base
        found = findings("--online", folder=tmp_path, database_url=url, wechat_api_base=api)
        assert found["component token"]["state"] == "FAILED"
        assert "open.weixin.qq.com" in found["component token"]["next"]


def test_each_target_is_sent_a_message_if_one_asks_for_it(tmp_path: Path) -> None:
    """Who does not take it is named by its place: the URL may hold a secret."""
    found = findings("--notify", folder=tmp_path, notify_urls=f"json://127.0.0.1:{free_port()}/hush")
    assert found["notification 1 of 1"]["state"] == "FAILED"
    assert "hush" not in json.dumps(found)


def test_it_speaks_chinese(tmp_path: Path) -> None:
    """What was found, and what to do."""
    found = findings(folder=tmp_path, weaudit_language="zh")
    assert (found["notifications"]["said"], found["notifications"]["next"]) == ("没有通知对象", "设置 NOTIFY_URLS")
    assert "weaudit settings 显示全部" in found["settings"]["said"]
    assert "通知: 没有通知对象" in run("check", folder=tmp_path, weaudit_language="zh").stdout


def test_all_that_is_looked_at_is_named_in_chinese() -> None:
    """But what WeChat's own pages call so."""
    source = Path(checking.__file__).read_text("utf-8")
    named = set(re.findall(r'(?:passed|warning|failed|_asked)\(\s*"([a-z ]+)"', source, re.IGNORECASE))
    assert named - LABELS["zh"].keys() == set()


def test_every_text_is_there_in_both_languages() -> None:
    """With the same to fill in."""
    for texts in WORDS.values():
        fields = [set(re.findall(r"{([a-z_]+)}", "".join(texts[language]))) for language in ("en", "zh")]
        assert fields[0] == fields[1]
        assert texts["en"].found
        assert texts["zh"].found
