from tests.conftest import APP, COMPONENT, SECRET
from tests.service.simulator.conftest import Caller

OTHER = "wx0000000000000002"


def test_counts_of_calls_are_told_and_cleared_ten_times_a_month(merchant: Caller, platform: Caller) -> None:
    """With a token of either kind, or with the secret; both ways share the ten."""
    merchant.get("/wxa/get_category")
    told = merchant.post("/cgi-bin/openapi/quota/get", {"cgi_path": "/wxa/get_category"})["quota"]
    assert (told["used"], told["remain"]) == (1, told["daily_limit"] - 1)
    assert merchant.post("/cgi-bin/openapi/quota/get", {"cgi_path": "wxa/get_category"})["errcode"] == 40097
    body = {"component_appid": COMPONENT, "appsecret": SECRET, "appid": APP}
    assert merchant.post("/cgi-bin/component/clear_quota/v2", body)["errcode"] == 0
    told = merchant.post("/cgi-bin/openapi/quota/get", {"cgi_path": "/wxa/get_category"})["quota"]
    assert told["used"] == 0
    assert [merchant.post("/cgi-bin/clear_quota", {"appid": APP})["errcode"] for _ in range(10)] == [0] * 9 + [48006]
    assert merchant.post("/cgi-bin/clear_quota", {"appid": OTHER})["errcode"] == 40013
    assert platform.post("/cgi-bin/clear_quota", {"appid": COMPONENT})["errcode"] == 0
    assert platform.post("/cgi-bin/component/clear_quota/v2", {**body, "appsecret": "x"})["errcode"] == 40125
