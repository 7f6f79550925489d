from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from service.simulator.app import create_app
from tests.conftest import APP, Wechat
from tests.support.samples import submitted


@pytest.fixture
def http(wechat: Wechat) -> TestClient:
    """Give a client of the running simulator."""
    return TestClient(create_app(wechat.simulator))


def test_people_can_make_things_happen(http: TestClient, wechat: Wechat) -> None:
    """Authorize, decide, take back: each is a POST with JSON."""
    assert http.post("/_simulator/authorize", json={"appid": "wx9", "nickname": "茶"}).json() == {"ok": True}
    assert http.get("/_simulator/apps").json()[-1]["nickname"] == "茶"
    submitted(wechat)
    assert http.post("/_simulator/decide", json={"appid": APP, "verdict": "approve"}).status_code == 200
    assert wechat.world.apps[APP].latest
    assert http.post("/_simulator/unauthorize", json={"appid": APP}).status_code == 200
    assert not wechat.world.apps[APP].authorized
    assert http.post("/_simulator/ticket").status_code == 200
    assert http.post("/_simulator/expire_tokens").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("decide", {"appid": APP, "verdict": "maybe"}, 422),
        ("decide", {"appid": "wxnone", "verdict": "approve"}, 422),
        ("decide", {"appid": APP, "verdict": "approve"}, 409),
        ("authorize", {}, 422),
        ("faults", {"nonsense": 1}, 422),
    ],
)
def test_what_cannot_happen_is_refused(http: TestClient, path: str, body: object, status: int) -> None:
    """With the reason in the answer."""
    answer = http.post(f"/_simulator/{path}", json=body)
    assert answer.status_code == status
    assert answer.json()


def test_a_fault_can_be_asked_for(http: TestClient, wechat: Wechat) -> None:
    """It is there for the next call."""
    assert http.post("/_simulator/faults", json={"endpoint": "release", "errcode": -1}).status_code == 200
    assert wechat.simulator.api.faults[0].errcode == -1


def test_a_ticket_is_pushed_at_the_start(make_wechat: Callable[..., Wechat]) -> None:
    """As soon as WeChat's servers run, the platform gets one."""
    wechat = make_wechat()
    before = len(wechat.world.tickets)
    with TestClient(create_app(wechat.simulator)):
        assert len(wechat.world.tickets) == before + 1
