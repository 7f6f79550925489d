import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from handlers.commands import call as command
from handlers.commands.call import Answered, carry_out, understand
from handlers.commands.exit_status import CommandFailed, WrongUsage
from handlers.wechat.endpoints.table import ENDPOINTS
from service.simulator.app import create_app
from service.simulator.faults import Fault
from service.simulator.mini_program import Kept
from service.store import orders
from service.store.engine import reading
from tests.conftest import APP, COMPONENT, Wechat, values
from tests.support.live import serving

WEAUDIT = Path(sys.executable).with_name("weaudit")


def called(wechat: Wechat, name: str, data: Any = None, appid: str = APP, output: Path | None = None) -> Answered:
    """Do what `weaudit call` does between reading its settings and printing."""
    return carry_out(wechat.context, understand(name, appid, json.dumps(data or {}), output))


def test_an_answer_is_printed_as_one_json_object(wechat: Wechat, tmp_path: Path) -> None:
    """The command itself: WeChat's words on stdout, ours on stderr; status 0, 1 or 2."""
    wechat.engine.dispose()
    with serving(create_app(wechat.simulator)) as url:
        given = values(wechat_api_base=url, database_url=f"sqlite:///{tmp_path}/store.db", log_level="WARNING")
        env = {**os.environ, **{name.upper(): value for name, value in given.items()}}

        def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
            started = [str(WEAUDIT), "call", *arguments]
            return subprocess.run(
                started, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
            )

        well = run("get_category", "--appid", APP)
        assert (well.returncode, well.stderr) == (0, "")
        assert json.loads(well.stdout)["category_list"][0]["first_class"] == "餐饮服务"
        refused = run("release", "--appid", APP)
        assert (refused.returncode, json.loads(refused.stdout)["errcode"]) == (1, 85019)
        assert "nothing was submitted that could be released; submit a version first" in refused.stderr
        wrong = run("grayrelease", "--appid", APP, "--data", '{"gray_percentage": 101}')
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert "  gray_percentage: " in wrong.stderr
    with reading(wechat.engine) as connection:
        assert [(each.action, each.about) for each in orders.newest(connection)] == [("call", "release")]


def test_parameters_go_where_wechat_wants_them(wechat: Wechat) -> None:
    """In the body or the query, and Chinese as it is."""
    commit = {"template_id": 1, "ext_json": "{}", "user_version": "1.0", "user_desc": "第一版"}
    assert called(wechat, "commit", commit).said == {"errcode": 0, "errmsg": "ok"}
    assert wechat.simulator.api.calls[-1].fields == commit
    listed = called(wechat, "get_list", {"start": 0, "num": 5}).said
    assert listed == {"errcode": 0, "errmsg": "ok", "wxa_embedded_list": []}


def test_who_the_platform_is_need_not_be_said(wechat: Wechat) -> None:
    """Its appid and secret are in the settings, its ticket in the database."""
    info = called(wechat, "api_get_authorizer_info", {"authorizer_appid": APP}, appid="").said
    assert info["authorizer_info"]["nick_name"] == "一杯茶"
    assert called(wechat, "api_component_token", appid="").said["expires_in"] == 7200
    assert called(wechat, "get", {"cgi_path": "/wxa/commit"}, appid="").said["quota"]["used"] == 0


def test_tokens_that_are_fetched_by_hand_are_kept(wechat: Wechat) -> None:
    """A code is exchanged but once, and WeChat soon takes no former token."""
    code = wechat.world.authorize(APP, "茶")
    brought = called(wechat, "api_query_auth", {"authorization_code": code}, appid="").said["authorization_info"]
    assert wechat.client.tokens.authorizer(APP) == brought["authorizer_access_token"]
    fetched = called(wechat, "api_component_token", appid="").said
    assert wechat.client.tokens.component() == fetched["component_access_token"]
    refresh = {"authorizer_appid": APP, "authorizer_refresh_token": brought["authorizer_refresh_token"]}
    renewed = called(wechat, "api_authorizer_token", refresh, appid="").said
    assert wechat.client.tokens.authorizer(APP) == renewed["authorizer_access_token"]


def test_which_mini_program_is_said_once(wechat: Wechat) -> None:
    """clear_quota wants it as a parameter, too."""
    assert called(wechat, "clear_quota").said["errcode"] == 0


def test_files_come_and_go_by_their_path(wechat: Wechat, tmp_path: Path) -> None:
    """A picture is written to FILE; one to upload is named in --data."""
    wechat.world.apps[APP].media["SHOT"] = Kept("screenshot")
    shot = tmp_path / "shot.png"
    said = called(wechat, "get_material", {"media_id": "SHOT"}, output=shot).said
    assert (said["errcode"], said["content_type"], said["bytes"]) == (0, "image/png", len(shot.read_bytes()))
    sent = called(wechat, "uploadmedia", {"media": str(shot)}).said
    assert sent["mediaid"] in wechat.world.apps[APP].media
    with pytest.raises(CommandFailed, match="cannot be written"):
        called(wechat, "get_material", {"media_id": "SHOT"}, output=tmp_path)


def test_without_an_answer_of_wechats_there_is_none_to_print(wechat: Wechat) -> None:
    """A proxy's page is explained, and not passed off as WeChat's."""
    wechat.simulator.api.expect(Fault("get_page", times=9, answer="502"))
    with pytest.raises(CommandFailed, match="HTTP 502"):
        called(wechat, "get_page")


WRONG: list[tuple[tuple[str, str, str], str]] = [
    (("", "", "{}"), "--list"),
    (("nonsense", "", "{}"), "--list"),
    (("get_page", "", "{}"), "--appid"),
    (("gettemplatelist", APP, "{}"), "without --appid"),
    (("get_page", APP, "{"), "no JSON"),
    (("get_page", APP, "[]"), "JSON object"),
    (("grayrelease", APP, '{"gray_percentage": 0}'), "  gray_percentage: 0 needs"),
    (("get_qrcode", APP, "{}"), "--output FILE"),
    (("get_page", " wx1", "{}"), "an appid"),
    (("get_page", APP, '{"x": "\\ud800"}'), "no JSON"),
    (("get_page", APP, "[" * 100_000), "no JSON"),
    (("uploadmedia", APP, '{"media": "a\\u0000"}'), "cannot be read"),
    (("uploadmedia", APP, '{"media": "nowhere.png"}'), "nowhere.png' cannot be read"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_wrong_usage_is_told(wechat: Wechat, arguments: tuple[str, str, str], told: str) -> None:
    """Before anything is sent."""
    with pytest.raises(WrongUsage, match=told):
        carry_out(wechat.context, understand(*arguments))
    assert not wechat.simulator.api.calls


def test_any_path_may_be_called(wechat: Wechat) -> None:
    """With the token of the mini program, or else the platform's; what is no path is told."""
    assert carry_out(wechat.context, understand("GET", APP, path="/wxa/get_category")).said["category_list"]
    listed = carry_out(wechat.context, understand("POST", path="/wxa/gettemplatelist"))
    assert listed.said["errcode"] != 0 or listed.said["template_list"]
    with pytest.raises(WrongUsage, match="GET /path"):
        understand("get_page", path="/wxa/get_page")


def test_what_weaudit_does_not_know_is_sent_as_it_is(wechat: Wechat, capsys: pytest.CaptureFixture[str]) -> None:
    """WeChat may have new parameters; the command says which it does not know."""
    asked = {"component_appid": COMPONENT, "authorizer_appid": APP, "brand_new": 1}
    said = called(wechat, "api_get_authorizer_info", asked, appid="").said
    assert said.get("errcode") or said["authorizer_info"]
    assert "knows no brand_new" in capsys.readouterr().err


def test_what_was_done_before_is_no_failure(wechat: Wechat) -> None:
    """The version is online: that is what was wanted (85052)."""
    wechat.simulator.api.faults.append(Fault("release", errcode=85052))
    answered = carry_out(wechat.context, understand("release", APP))
    assert (answered.said["errcode"], answered.is_done) == (85052, True)


def test_a_file_is_written_only_where_there_is_one() -> None:
    """--output with an endpoint that answers JSON is a mistake."""
    with pytest.raises(WrongUsage, match="without --output"):
        understand("get_page", APP, "{}", Path("x"))
    with pytest.raises(WrongUsage, match="goes with --list"):
        command.call("get_page", as_json=True)


def test_all_endpoints_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """For people a line each, for programs a JSON object each; no settings are needed."""
    command.call(listing=True)
    assert [line.split()[:4] for line in capsys.readouterr().out.splitlines()] == [
        [endpoint.name, endpoint.method, endpoint.path, endpoint.token.value] for endpoint in ENDPOINTS
    ]
    command.call(listing=True, as_json=True)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["does"] for row in rows] == [endpoint.does for endpoint in ENDPOINTS]


def test_names_are_completed(tmp_path: Path) -> None:
    """By the shell, with Tab."""
    env = {**os.environ, "_WEAUDIT_COMPLETE": "complete_bash", "COMP_WORDS": "weaudit call get_a", "COMP_CWORD": "2"}
    told = subprocess.run(
        [str(WEAUDIT)], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
    )
    assert re.findall(r"\w+", told.stdout) == ["get_auditstatus"]
