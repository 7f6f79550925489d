"""Plain HTTP calls: the simulator is specified without our own client."""

from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.simulator.mini_program import MiniProgram
from tests.conftest import APP, COMPONENT, SECRET, Wechat

CATEGORY = {"first_class": "餐饮服务", "second_class": "点餐平台", "first_id": 220, "second_id": 632}
ITEM = {"address": "pages/index/index", "tag": "学习 生活", "title": "首页", **CATEGORY}
COMMIT = {"template_id": 1, "ext_json": "{}", "user_version": "1.0", "user_desc": "x"}
SUBMIT = {"item_list": [ITEM]}


@dataclass
class Caller:
    """Somebody with a token."""

    http: TestClient
    token: str

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Call by GET; gives the JSON that comes back."""
        return dict(self.http.get(path, params={"access_token": self.token, **query}).json())

    def post(self, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """Call by POST; gives the JSON that comes back."""
        params = {"access_token": self.token, **query}
        return dict(self.http.post(path, params=params, json=body or {}).json())

    def upload(self, path: str, content: bytes, content_type: str, **query: Any) -> dict[str, Any]:
        """Call with a file."""
        params = {"access_token": self.token, **query}
        files = {"media": ("a.png", content, content_type)}
        return dict(self.http.post(path, params=params, files=files).json())

    def release(self, wechat: Wechat, version: str = "1.0") -> None:
        """Go the whole way from a commit to the users."""
        assert self.post("/wxa/commit", {**COMMIT, "user_version": version})["errcode"] == 0
        assert self.post("/wxa/submit_audit", SUBMIT)["errcode"] == 0
        wechat.world.apps[APP].decide("approve")
        assert self.post("/wxa/release")["errcode"] == 0


@pytest.fixture
def http(wechat: Wechat) -> TestClient:
    """Give a plain HTTP client."""
    return wechat.http


@pytest.fixture
def component_token(wechat: Wechat) -> str:
    """Fetch the platform's token."""
    body = {
        "component_appid": COMPONENT,
        "component_appsecret": SECRET,
        "component_verify_ticket": wechat.world.new_ticket(),
    }
    return str(wechat.http.post("/cgi-bin/component/api_component_token", json=body).json()["component_access_token"])


@pytest.fixture
def token(wechat: Wechat, component_token: str) -> str:
    """Fetch a mini program's token."""
    body = {"component_appid": COMPONENT, "authorization_code": wechat.world.authorize(APP, "茶")}
    answer = wechat.http.post(f"/cgi-bin/component/api_query_auth?component_access_token={component_token}", json=body)
    return str(answer.json()["authorization_info"]["authorizer_access_token"])


@pytest.fixture
def merchant(http: TestClient, token: str) -> Caller:
    """Give the platform, calling for a mini program."""
    return Caller(http, token)


@pytest.fixture
def platform(http: TestClient, component_token: str) -> Caller:
    """Give the platform, calling for itself."""
    return Caller(http, component_token)


@pytest.fixture
def app(wechat: Wechat) -> MiniProgram:
    """Give the mini program as WeChat sees it."""
    return wechat.world.apps[APP]
