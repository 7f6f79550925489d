"""A fleet in which every fourth mini program has another oddity in what WeChat says of it."""

from itertools import cycle

import httpx2
import pytest

from handlers.authorizers.import_authorizers import learn_authorizers
from handlers.reviews.reconcile import discover, reconcile
from handlers.wechat.client import Client
from handlers.wechat.transport import Transport
from service.simulator import audits, code
from service.store import mini_programs
from service.store.engine import reading
from tests.conftest import Wechat
from tests.support.oddities import ODDITIES, READABLE, Spoil
from tests.support.samples import CATEGORY

GOOD, ODD = 45, 15


class Spoilt(httpx2.BaseTransport):
    """WeChat's API, whose answers about some mini programs are spoilt."""

    def __init__(self, wechat: Wechat, odd: dict[str, Spoil]) -> None:
        """Take WeChat's servers, and how the answers about which mini programs are spoilt."""
        self._wechat = wechat
        self._odd = odd

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass a request on, and spoil its answer."""
        answer = self._wechat.http.request(
            request.method, str(request.url.raw_path, "ascii"), content=request.read(), headers=request.headers
        )
        token = request.url.params.get("access_token", "")
        about = self._wechat.world.tokens[token].appid if token in self._wechat.world.tokens else ""
        for appid, spoil in self._odd.items():
            if (about == appid or appid.encode() in request.read()) and b"authorizer_token" not in request.url.raw_path:
                return httpx2.Response(answer.status_code, content=spoil(answer.content))
        return httpx2.Response(answer.status_code, content=answer.content)


@pytest.fixture
def fleet(wechat: Wechat) -> tuple[Wechat, dict[str, Spoil]]:
    """Give mini programs with a version in review, and which of them are odd."""
    appids = [f"wx{number:016}" for number in range(2, GOOD + ODD + 2)]
    odd = dict(zip(appids[::4], cycle(ODDITIES), strict=False))
    for appid in appids:
        wechat.world.authorize(appid, f"店{appid}")
        app = wechat.world.apps[appid]
        code.commit(wechat.world, app, template_id=1, ext_json="{}", user_version="1.0", user_desc="theirs")
        audits.submit_audit(wechat.world, app, item_list=[CATEGORY])
    http = httpx2.Client(base_url="http://wechat", transport=Spoilt(wechat, odd))
    transport = Transport(http, clock=lambda: wechat.now, pause=0.0)
    wechat.context = wechat.over(Client(transport, wechat.tokens(transport), wechat.heartbeat))
    return wechat, odd


def test_an_odd_mini_program_keeps_no_other_from_being_learned_asked_about_and_released(
    fleet: tuple[Wechat, dict[str, Spoil]],
) -> None:
    """Whatever WeChat says of it; and of the odd ones themselves all that can be read is acted on."""
    wechat, odd = fleet
    learn_authorizers(wechat.context)
    with reading(wechat.engine) as connection:
        known = {app.appid for app in mini_programs.every(connection)}
    good = set(wechat.world.apps) - odd.keys()
    assert good <= known
    discover(wechat.context)
    wechat.now += 10.0
    for appid, app in wechat.world.apps.items():
        if app.audits:
            app.decide("approve", at=wechat.now)
        assert appid
    for _ in range(3):
        wechat.now += 1000.0
        reconcile(wechat.context)
        discover(wechat.context)
    released = {appid for appid, app in wechat.world.apps.items() if app.releases}
    assert good - released <= {"wx0000000000000001"}
    readable = {appid for appid, spoil in odd.items() if ODDITIES.index(spoil) in READABLE}
    assert readable <= released
