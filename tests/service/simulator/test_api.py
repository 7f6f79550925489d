from typing import Any

import pytest
from starlette.testclient import TestClient

from service.simulator.faults import Fault
from tests.conftest import APP, COMPONENT, SECRET, Wechat
from tests.service.simulator.conftest import CATEGORY, COMMIT, ITEM, Caller


def ask(http: TestClient, path: str, token: str, body: Any = None) -> dict[str, Any]:
    """Call an endpoint of /wxa: with a body by POST, without one by GET."""
    url = f"/wxa/{path}?access_token={token}"
    answer = http.get(url) if body is None else http.post(url, json=body)
    return dict(answer.json())


def errcode(http: TestClient, path: str, token: str, body: Any = None) -> int:
    """Give the errcode of a call."""
    return int(ask(http, path, token, body)["errcode"])


def test_a_version_goes_from_commit_to_online(http: TestClient, token: str, wechat: Wechat) -> None:
    """The whole way, and each answer as WeChat's page has it."""
    assert ask(http, "commit", token, COMMIT) == {"errcode": 0, "errmsg": "ok"}
    assert ask(http, "get_page", token)["page_list"] == ["pages/index/index", "pages/order/list"]
    assert ask(http, "get_category", token)["category_list"][0] == CATEGORY
    auditid = ask(http, "submit_audit", token, {"item_list": [ITEM]})["auditid"]
    assert ask(http, "get_latest_auditstatus", token)["status"] == 2
    wechat.world.apps[APP].decide("approve")
    assert ask(http, "get_latest_auditstatus", token)["auditid"] == str(auditid)
    assert ask(http, "get_auditstatus", token, {"auditid": auditid})["status"] == 0
    assert errcode(http, "release", token, {}) == 0
    assert wechat.world.apps[APP].online == "1.0"
    assert errcode(http, "release", token, {}) == 85052


STEPS: dict[str, tuple[str, Any]] = {
    "commit": ("commit", COMMIT),
    "submit": ("submit_audit", {"item_list": [ITEM]}),
    "release": ("release", {}),
    "gray": ("grayrelease", {"gray_percentage": 5}),
}
ORDER = [
    ([], "get_page", None, 86001),
    ([], "submit_audit", {"item_list": [ITEM]}, 86001),
    ([], "get_latest_auditstatus", None, 85058),
    (["commit"], "get_latest_auditstatus", None, 85058),
    (["commit"], "get_auditstatus", {"auditid": 1}, 85012),
    ([], "release", {}, 85019),
    (["commit", "submit"], "release", {}, 85020),
    (["commit", "submit", "reject"], "release", {}, 85020),
    (["commit", "submit"], "submit_audit", {"item_list": [ITEM]}, 85009),
    (["commit", "submit", "delay"], "submit_audit", {"item_list": [ITEM]}, 85009),
    (["commit", "submit", "reject"], "submit_audit", {"item_list": [ITEM]}, 0),
    (["commit", "submit", "approve"], "grayrelease", {"gray_percentage": 5}, 85079),
    (["commit", "submit", "approve", "release", "commit", "submit"], "grayrelease", {"gray_percentage": 5}, 85080),
    (
        ["commit", "submit", "approve", "release", "commit", "submit", "approve"],
        "grayrelease",
        {"gray_percentage": 5},
        0,
    ),
    (["commit", "submit", "approve", "release"], "grayrelease", {"gray_percentage": 0}, 85081),
    (
        ["commit", "submit", "approve", "release", "commit", "submit", "approve", "gray"],
        "grayrelease",
        {"gray_percentage": 5},
        85082,
    ),
    (["commit", "submit", "approve", "release", "commit", "submit", "approve", "gray"], "release", {}, 0),
]


@pytest.mark.parametrize("case", ORDER)
def test_the_wrong_order_has_its_documented_code(
    http: TestClient, token: str, wechat: Wechat, case: tuple[list[str], str, Any, int]
) -> None:
    """Whatever is not possible yet, or no longer, is refused as WeChat's page says."""
    steps, path, body, code = case
    for step in steps:
        if step in STEPS:
            assert errcode(http, STEPS[step][0], token, STEPS[step][1]) == 0
        else:
            wechat.world.apps[APP].decide(step)
    assert errcode(http, path, token, body) == code


SUBMISSIONS = [
    ([], 85023),
    ([ITEM] * 6, 85023),
    ([{}], 85010),
    ([{**ITEM, "address": "pages/none"}], 85007),
    ([{**ITEM, "tag": "x" * 21}], 85006),
    ([{**ITEM, "tag": " ".join("abcdefghijk")}], 85006),
    ([{**ITEM, "title": "x" * 33}], 85011),
    ([{**ITEM, "second_id": 9}], 85008),
]


@pytest.mark.parametrize(("item_list", "code"), SUBMISSIONS)
def test_what_is_submitted_is_checked(http: TestClient, token: str, item_list: list[Any], code: int) -> None:
    """Each limit of item_list has its code."""
    ask(http, "commit", token, COMMIT)
    assert errcode(http, "submit_audit", token, {"item_list": item_list}) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"template_id": 2}, 85014),
        ({"ext_json": "{"}, 85048),
        ({"ext_json": "[]"}, 85013),
        ({"user_version": "x" * 65}, 40097),
        ({"template_id": "1"}, 0),
        ({"template_id": 1.5}, 47001),
        ({"surprise": 1}, 47001),
    ],
)
def test_what_is_committed_is_checked(http: TestClient, token: str, change: dict[str, Any], code: int) -> None:
    """Template, ext_json, version, and the shape of the request."""
    assert errcode(http, "commit", token, {**COMMIT, **change}) == code


def test_requests_have_wechats_shape(http: TestClient, token: str) -> None:
    """Method, body and encoding are checked before anything else."""
    url = f"/wxa/release?access_token={token}"
    assert http.get(url).json()["errcode"] == 43002
    assert http.post(url).json()["errcode"] == 44002
    assert http.post(url, content=b"{").json()["errcode"] == 47001
    assert http.post(url, content=b"[]").json()["errcode"] == 47001
    assert http.post(url, content=rb'{"x": "\u6d4b"}').json()["errcode"] == 47002
    assert http.post(url, content=rb'{"x": "C:\\users"}').json()["errcode"] == 47001, "an escaped backslash is none"
    assert http.post(f"/wxa/get_page?access_token={token}", json={}).json()["errcode"] == 43001


def test_faults_happen_as_often_as_was_asked(http: TestClient, token: str, wechat: Wechat) -> None:
    """An errcode instead of the call, for the next n calls of an endpoint."""
    wechat.simulator.api.faults.append(Fault("get_category", times=2, errcode=-1))
    assert [errcode(http, "get_category", token) for _ in range(3)] == [-1, -1, 0]


def test_calls_are_recorded(http: TestClient, token: str, wechat: Wechat) -> None:
    """Endpoint, mini program, parameters and errcode, for tests and people to read."""
    ask(http, "commit", token, COMMIT)
    call = wechat.simulator.api.calls[-1]
    assert (call.endpoint, call.appid, call.fields, call.errcode) == ("commit", APP, COMMIT, 0)
    assert http.get("/_simulator/calls").json()[-1]["endpoint"] == "commit"


def test_unknown_parameters_and_wrong_types_are_refused_in_a_query_too(merchant: Caller) -> None:
    """In a GET as in a body."""
    assert merchant.get("/wxa/get_page", surprise=1)["errcode"] == 40097
    assert merchant.get("/wxa/revertcoderelease", app_version="one")["errcode"] == 40097


def test_a_day_and_a_minute_have_limits(merchant: Caller, wechat: Wechat) -> None:
    """Each endpoint is counted for itself; the next minute, or day, begins anew."""
    wechat.world.limits.calls_a_minute, wechat.world.limits.calls_a_day = 2, 3
    assert [merchant.get("/wxa/get_category")["errcode"] for _ in range(3)] == [0, 0, 45011]
    assert merchant.get("/wxa/queryquota")["errcode"] == 0
    wechat.now += 60
    assert [merchant.get("/wxa/get_category")["errcode"] for _ in range(2)] == [0, 45009]


def test_faults_that_cannot_happen_are_refused(http: TestClient) -> None:
    """A typing error in a test is no fault of WeChat's."""
    assert http.post("/_simulator/faults", json={"endpoint": "relaese"}).status_code == 422
    assert http.post("/_simulator/faults", json={"endpoint": "release", "answer": "nonsense"}).status_code == 422
    assert http.post("/_simulator/faults", json={"endpoint": "release", "times": 2, "delay": 1}).status_code == 200


def test_a_call_that_is_not_done_can_be_answered_as_if_it_were(merchant: Caller, wechat: Wechat) -> None:
    """For the times when WeChat says ok and nothing happens."""
    wechat.simulator.api.expect(Fault("commit", done=False))
    assert merchant.post("/wxa/commit", COMMIT)["errcode"] == 0
    assert merchant.get("/wxa/get_page")["errcode"] == 86001


def test_limits_and_traits_can_be_changed_and_nothing_else(http: TestClient, wechat: Wechat) -> None:
    """What people set by /_simulator has a name, or is refused."""
    assert http.post("/_simulator/limits", json={"reviews_a_month": 1}).json()["reviews_a_month"] == 1
    assert http.post("/_simulator/traits", json={"appid": APP, "personal": True}).json()["personal"] is True
    assert wechat.world.apps[APP].traits.personal
    assert http.post("/_simulator/limits", json={"revews": 1}).status_code == 422
    assert http.post("/_simulator/own_token", json={"appid": APP}).json()["access_token"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/cgi-bin/component/api_component_token", {"component_appid": COMPONENT}, 41004),
        ("/cgi-bin/component/api_component_token", {}, 41018),
        ("/wxaapi/wxaembedded/add_embedded", {"appid": 5}, 89410),
        ("/wxaapi/wxaembedded/del_embedded", {"x": 1}, 89415),
        ("/wxaapi/wxaembedded/set_authorize", {"flag": "9"}, 89417),
    ],
)
def test_some_fields_have_a_code_of_their_own(merchant: Caller, path: str, body: dict[str, Any], code: int) -> None:
    """Missing, or of another type."""
    assert merchant.http.post(f"{path}?access_token={merchant.token}", json=body).json()["errcode"] == code


def test_a_failure_of_the_simulators_own_is_wechats_system_error(merchant: Caller, wechat: Wechat) -> None:
    """And does not hold up the next call."""
    wechat.world.templates[1] = None  # type: ignore[assignment]
    wechat.world.templates[2] = "no template"  # type: ignore[assignment]
    assert merchant.post("/wxa/commit", {**COMMIT, "template_id": 2})["errcode"] == -1
    assert merchant.post("/wxa/commit", COMMIT)["errcode"] == 85014


def test_what_is_set_has_a_type(http: TestClient) -> None:
    """Digits are a number, words are none."""
    assert http.post("/_simulator/limits", json={"reviews_a_month": "many"}).status_code == 422
    assert http.post("/_simulator/faults", json={"endpoint": "release", "times": "often"}).status_code == 422
    assert http.post("/_simulator/faults", json={"endpoint": 5}).status_code == 422


def test_secrets_are_not_among_the_calls(wechat: Wechat, component_token: str) -> None:
    """The simulator may run with the settings of a real platform."""
    assert component_token
    assert SECRET not in wechat.http.get("/_simulator/calls").text
