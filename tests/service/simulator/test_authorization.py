from tests.conftest import APP, COMPONENT, SECRET, Wechat
from tests.service.simulator.conftest import Caller

OTHER = "wx0000000000000002"


def test_the_platform_sees_who_authorizes_it(platform: Caller, wechat: Wechat) -> None:
    """Page by page, with refresh tokens; who took it back is not there."""
    wechat.world.authorize(APP, "茶")
    wechat.world.authorize(OTHER, "小书店")
    listing = "/cgi-bin/component/api_get_authorizer_list"
    us = {"component_appid": COMPONENT}
    said = platform.post(listing, {**us, "offset": 1, "count": 1})
    assert (said["total_count"], said["list"][0]["authorizer_appid"]) == (2, OTHER)
    assert said["list"][0]["refresh_token"] == wechat.world.apps[OTHER].refresh_token
    wechat.world.unauthorize(OTHER)
    assert platform.post(listing, {**us, "offset": 0, "count": 500})["total_count"] == 1
    assert platform.post(listing, {**us, "offset": 0, "count": 501})["errcode"] == 40170
    assert platform.post("/cgi-bin/component/api_create_preauthcode", us)["expires_in"] == 600


def test_tickets_that_stopped_can_be_started_again(platform: Caller, wechat: Wechat) -> None:
    """With the secret, without a token."""
    wechat.http.post("/_simulator/stop_tickets")
    assert not wechat.world.pushes_tickets
    start = "/cgi-bin/component/api_start_push_ticket"
    assert platform.post(start, {"component_appid": COMPONENT, "component_secret": "x"})["errcode"] == 40125
    assert platform.post(start, {"component_appid": COMPONENT, "component_secret": SECRET})["errcode"] == 0
    assert wechat.world.pushes_tickets
