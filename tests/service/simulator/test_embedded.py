from typing import Any

import pytest

from tests.conftest import APP, Wechat
from tests.service.simulator.conftest import Caller

OTHER = "wx0000000000000002"
HALF = "/wxaapi/wxaembedded/"


def test_who_is_applied_for_decides(merchant: Caller, wechat: Wechat) -> None:
    """Pending, granted or refused, and seen from both sides; what there is can be deleted, once."""
    wechat.world.authorize(OTHER, "小书店")
    other = Caller(wechat.http, wechat.world.grant(OTHER))
    assert other.post(f"{HALF}set_authorize", {"flag": 3})["errcode"] == 89417
    for flag, status in ((0, "1"), (1, "2"), (2, "3")):
        assert other.post(f"{HALF}set_authorize", {"flag": flag})["errcode"] == 0
        assert merchant.post(f"{HALF}add_embedded", {"appid": OTHER, "apply_reason": "x"})["errcode"] == 0
        assert merchant.get(f"{HALF}get_list")["wxa_embedded_list"][0]["status"] == status
        own = other.get(f"{HALF}get_own_list", start=0, num=10)
        assert (own["embedded_flag"], own["wxa_embedded_list"][0]["appid"]) == (flag, APP)
        assert merchant.post(f"{HALF}add_embedded", {"appid": OTHER})["errcode"] == 89428
        assert merchant.post(f"{HALF}del_embedded", {"appid": OTHER})["errcode"] == 0
    assert merchant.post(f"{HALF}del_embedded", {"appid": OTHER})["errcode"] == 89421
    assert other.post(f"{HALF}del_authorize", {"appid": APP})["errcode"] == 89421
    assert merchant.get(f"{HALF}get_list", num=1001)["errcode"] == 89409


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("add_embedded", {"appid": ""}, 89411),
        ("add_embedded", {"appid": OTHER, "apply_reason": "字" * 31}, 89412),
        ("add_embedded", {"appid": APP}, 89427),
        ("add_embedded", {"appid": "wxnobody"}, 89432),
        ("del_embedded", {"appid": ""}, 89415),
        ("del_authorize", {"appid": ""}, 89416),
    ],
)
def test_an_application_is_checked(merchant: Caller, path: str, body: dict[str, Any], errcode: int) -> None:
    """For whom, and with which words."""
    assert merchant.post(f"{HALF}{path}", body)["errcode"] == errcode


@pytest.mark.parametrize(
    ("limit", "errcode"),
    [
        ("embedded", 89423),
        ("embedding", 89424),
        ("applications_within_24_hours", 89429),
        ("applications_of_the_platform_a_day", 89413),
        ("applications_a_day", 89414),
    ],
)
def test_applications_are_counted(merchant: Caller, wechat: Wechat, limit: str, errcode: int) -> None:
    """By mini program, by target, and by platform."""
    wechat.world.authorize(OTHER, "小书店")
    setattr(wechat.world.limits, limit, 0)
    assert merchant.post(f"{HALF}add_embedded", {"appid": OTHER})["errcode"] == errcode


def test_a_person_cannot_be_embedded(merchant: Caller, wechat: Wechat) -> None:
    """Only companies can."""
    wechat.world.authorize(OTHER, "小书店")
    wechat.world.apps[OTHER].traits.personal = True
    assert merchant.post(f"{HALF}add_embedded", {"appid": OTHER})["errcode"] == 89420
