import json
from dataclasses import replace
from typing import Any

import pytest

from service.simulator.library import LARGEST_PACKAGE, STANDARD
from service.simulator.mini_program import MiniProgram
from tests.conftest import Wechat
from tests.service.simulator.conftest import COMMIT, Caller

EXTENSIONS: list[tuple[Any, int]] = [
    ({}, 0),
    ({"pages": ["pages/index/index"], "ext": {"a": 1}, "window": {}, "networkTimeout": {}, "tabBar": {}}, 0),
    ({"ext": []}, 85013),
    ({"pages": ["pages/none"]}, 85045),
    ({"extPages": {"pages/none": {}}}, 85045),
    ({"tabBar": {"list": [{"text": "x"}]}}, 85046),
    ({"tabBar": {"list": [5]}}, 85046),
    ({"pages": [5]}, 85013),
    ({"tabBar": {"list": [{"pagePath": "pages/none"}]}}, 85045),
    ({"pages": []}, 85047),
    ({"requiredPrivateInfos": ["getWeather"]}, 85310),
    ({"requiredPrivateInfos": ["getLocation", "getFuzzyLocation"]}, 85311),
]


@pytest.mark.parametrize(("extension", "errcode"), EXTENSIONS)
def test_ext_json_is_checked(merchant: Caller, extension: Any, errcode: int) -> None:
    """Pages that the template has, tabs with a page, interfaces that exist."""
    assert merchant.post("/wxa/commit", {**COMMIT, "ext_json": json.dumps(extension)})["errcode"] == errcode


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"sound": False}, 85043),
        ({"kilobytes": LARGEST_PACKAGE + 1}, 85044),
        ({"kilobytes": LARGEST_PACKAGE}, 0),
        ({"template_type": STANDARD}, 9402203),
    ],
)
def test_the_template_is_checked(merchant: Caller, wechat: Wechat, change: dict[str, Any], errcode: int) -> None:
    """One that is broken, too large, or standard, which may have no pages of its own."""
    wechat.world.templates[1] = replace(wechat.world.templates[1], **change)
    extension = json.dumps({"pages": ["pages/index/index"]})
    assert merchant.post("/wxa/commit", {**COMMIT, "ext_json": extension})["errcode"] == errcode


def test_the_privacy_check_takes_a_minute_and_each_commit_begins_it_again(merchant: Caller, wechat: Wechat) -> None:
    """Until then nothing can be submitted."""
    wechat.world.limits.privacy_check = 60
    merchant.post("/wxa/commit", COMMIT)
    assert merchant.get("/wxa/security/get_code_privacy_info")["errcode"] == 61039
    wechat.now += 59
    merchant.post("/wxa/commit", COMMIT)
    wechat.now += 59
    assert merchant.get("/wxa/security/get_code_privacy_info")["errcode"] == 61039
    wechat.now += 1
    assert merchant.get("/wxa/security/get_code_privacy_info")["without_auth_list"] == []


def test_the_trial_versions_code_is_a_jpeg(merchant: Caller) -> None:
    """With the page in it; and an error is JSON."""
    assert merchant.get("/wxa/get_qrcode")["errcode"] == 86001
    merchant.post("/wxa/commit", COMMIT)
    answer = merchant.http.get(
        "/wxa/get_qrcode", params={"access_token": merchant.token, "path": "page/index?action=1"}
    )
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.endswith(b"page/index?action=1")


def test_versions_are_told(merchant: Caller, wechat: Wechat) -> None:
    """Trial and online, each while there is one."""
    assert merchant.post("/wxa/getversioninfo").keys() == {"errcode", "errmsg"}
    merchant.release(wechat, "1.0")
    merchant.post("/wxa/commit", {**COMMIT, "user_version": "2.0"})
    said = merchant.post("/wxa/getversioninfo")
    assert said["exp_info"]["exp_version"] == "2.0"
    assert said["release_info"]["release_version"] == "1.0"


def test_what_is_online_can_be_hidden_and_shown(merchant: Caller, wechat: Wechat) -> None:
    """Not before there is something, not twice, and not otherwise."""
    visit = "/wxa/change_visitstatus"
    assert merchant.post(visit, {"action": "close"})["errcode"] == 85021
    merchant.release(wechat)
    assert merchant.post(visit, {"action": "hide"})["errcode"] == 85022
    assert merchant.post(visit, {"action": "open"})["errcode"] == 85021
    assert merchant.post(visit, {"action": "close"})["errcode"] == 0
    assert merchant.post("/wxa/getvisitstatus")["status"] == 0
    assert merchant.post(visit, {"action": "open"})["errcode"] == 0
    assert merchant.post("/wxa/getvisitstatus")["status"] == 1


def test_the_lowest_base_library_is_one_that_exists(merchant: Caller) -> None:
    """And is told with the others."""
    path = "/cgi-bin/wxopen/{}weappsupportversion"
    assert merchant.post(path.format("set"), {"version": "9.9.9"})["errcode"] == 89014
    assert merchant.post(path.format("set"), {"version": "2.0.0"})["errcode"] == 0
    said = merchant.post(path.format("get"))
    assert said["now_version"] == "2.0.0"
    assert {"percentage": 0, "version": "1.0.1"} in said["uv_info"]["items"]


def test_the_key_of_protected_code_never_changes(merchant: Caller, app: MiniProgram) -> None:
    """One for each mini program."""
    key = merchant.post("/tcb/getcodesecret")["codesecret"]
    assert key == merchant.post("/tcb/getcodesecret")["codesecret"] == app.codesecret
