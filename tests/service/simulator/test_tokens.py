import pytest
from starlette.testclient import TestClient

from tests.conftest import APP, COMPONENT, SECRET, Wechat
from tests.service.simulator.test_api import errcode


def test_tokens_are_checked(http: TestClient, token: str, component_token: str, wechat: Wechat) -> None:
    """Missing, wrong, of the wrong kind, expired."""
    assert errcode(http, "get_category", "") == 41001
    assert errcode(http, "get_category", "made up") == 40001
    assert errcode(http, "get_category", component_token) == 61015
    body = {"component_appid": COMPONENT, "authorizer_appid": APP}
    url = f"/cgi-bin/component/api_get_authorizer_info?component_access_token={token}"
    assert http.post(url, json=body).json()["errcode"] == 61014
    wechat.now += 7201
    assert errcode(http, "get_category", token) == 42001


def test_a_former_token_is_good_for_five_more_minutes(component_token: str, wechat: Wechat) -> None:
    """As WeChat says of tokens that were renewed."""
    wechat.give_ticket()
    newer = wechat.client.tokens.component()
    assert newer != component_token
    wechat.now += 299
    assert wechat.world.holder(component_token).appid == COMPONENT
    wechat.now += 2
    with pytest.raises(Exception, match="expired"):
        wechat.world.holder(component_token)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"component_appid": "wxother"}, 40013),
        ({"component_appsecret": "wrong"}, 40125),
        ({"component_verify_ticket": "made up"}, 61006),
    ],
)
def test_the_platforms_token_wants_the_right_secrets(wechat: Wechat, change: dict[str, str], code: int) -> None:
    """Appid, secret and ticket."""
    body = {
        "component_appid": COMPONENT,
        "component_appsecret": SECRET,
        "component_verify_ticket": wechat.world.new_ticket(),
        **change,
    }
    assert wechat.http.post("/cgi-bin/component/api_component_token", json=body).json()["errcode"] == code


def test_a_ticket_is_good_for_twelve_hours(wechat: Wechat) -> None:
    """Then it has expired."""
    ticket = wechat.world.new_ticket()
    wechat.now += 12 * 3600
    body = {"component_appid": COMPONENT, "component_appsecret": SECRET, "component_verify_ticket": ticket}
    assert wechat.http.post("/cgi-bin/component/api_component_token", json=body).json()["errcode"] == 61005


def test_a_refresh_token_is_checked(wechat: Wechat, http: TestClient, component_token: str) -> None:
    """A wrong one, and one of a merchant who took the authorization back."""
    url = f"/cgi-bin/component/api_authorizer_token?component_access_token={component_token}"
    body = {"component_appid": COMPONENT, "authorizer_appid": APP, "authorizer_refresh_token": "made up"}
    assert http.post(url, json=body).json()["errcode"] == 61023
    wechat.world.unauthorize(APP)
    assert http.post(url, json=body).json()["errcode"] == 61003


def test_a_token_of_the_mini_programs_own_is_not_the_platforms(http: TestClient, wechat: Wechat) -> None:
    """What was fetched without a platform cannot manage code."""
    assert errcode(http, "get_page", wechat.world.own_token(APP)) == 86000


def test_codes_end_with_the_authorization_and_refresh_tokens_overlap(
    wechat: Wechat, http: TestClient, component_token: str
) -> None:
    """The former refresh token is good for five more minutes."""
    url = "/cgi-bin/component/{}?component_access_token=" + component_token
    former = wechat.world.apps[APP].refresh_token
    code = wechat.world.authorize(APP, "茶")
    body = {"component_appid": COMPONENT, "authorizer_appid": APP, "authorizer_refresh_token": former}
    assert "authorizer_access_token" in http.post(url.format("api_authorizer_token"), json=body).json()
    wechat.now += 300
    assert http.post(url.format("api_authorizer_token"), json=body).json()["errcode"] == 61023
    wechat.world.unauthorize(APP)
    body = {"component_appid": COMPONENT, "authorization_code": code}
    assert http.post(url.format("api_query_auth"), json=body).json()["errcode"] == 61009
