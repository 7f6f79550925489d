from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from handlers.wechat.client import Client, lease_of
from handlers.wechat.endpoint import Endpoint, NoParameters
from handlers.wechat.endpoints import audit, code, quota
from handlers.wechat.endpoints.code import CommitRequest
from handlers.wechat.endpoints.quota import QuotaRequest
from handlers.wechat.errors import TryLater, Unreachable, WeChatError
from handlers.wechat.transport import Transport, http_client
from service.simulator.app import create_app
from service.simulator.faults import Fault
from tests.conftest import APP, Wechat
from tests.handlers.wechat.endpoints.examples import SEEDS, Example
from tests.handlers.wechat.test_errors import BY_CLASS, DOCUMENTED
from tests.support.live import serving
from tests.support.transport import lose, meanwhile

COMMIT = CommitRequest(template_id=1, ext_json="{}", user_version="1.0", user_desc="x")
OTHER = "wx0000000000000002"
# The error codes of the documents that the project began with.
CODES: dict[str, tuple[int, ...]] = {
    "commit": (-1, 85013, 85014, 85043, 85044, 85045, 85046, 85047, 85048),
    "get_qrcode": (-1,),
    "get_category": (-1,),
    "get_page": (-1, 40001, 86000, 86001),
    "submit_audit": (
        *(-1, 86000, 86001, 85006, 85007, 85008, 85009, 85010, 85011, 85023, 85077, 86002, 85085, 85086, 85087),
    ),
    "get_auditstatus": (-1, 86000, 86001, 85012),
    "get_latest_auditstatus": (-1, 86000, 86001, 85012),
    "release": (-1, 85019, 85020),
    "change_visitstatus": (-1, 85021, 85022),
    "revertcoderelease": (-1, 87011, 87012),
    "setweappsupportversion": (85015,),
    "qrcodejumppublish": (85066, 85068, 85069, 85070, 85071, 85072, 85073, 85074, 85075, 85076),
    "undocodeaudit": (-1, 87013),
    "grayrelease": (-1, 86002, 85079, 85080, 85081, 85082),
    "revertgrayrelease": (-1,),
    "getgrayreleaseplan": (-1,),
    "get_own_list": (89408, 89409),
    "getcodesecret": (-1, -1000, 40014, 40101, 41001, 42001, 43002),
    "gettemplatedraftlist": (-1, 40001, 85064),
}
RAISED = [(example, errcode) for example in SEEDS for errcode in CODES.get(example.endpoint.name, ())]


@pytest.mark.parametrize(
    ("example", "errcode"), RAISED, ids=lambda value: value if isinstance(value, int) else value.endpoint.name
)
def test_each_code_of_each_endpoint_is_an_error_by_what_to_do(wechat: Wechat, example: Example, errcode: int) -> None:
    """The simulator refuses with it; the error has WeChat's code, text and rid, and says what the caller must do."""
    endpoint = example.endpoint
    wechat.simulator.api.expect(Fault(endpoint.path, times=9, errcode=errcode))
    appid = APP if example.token == "authorizer" else ""
    with pytest.raises(WeChatError) as raised:
        wechat.client.call(endpoint, endpoint.request.model_validate(example.sent), appid)
    error = raised.value
    expected = BY_CLASS[DOCUMENTED[errcode]]
    assert expected
    assert isinstance(error, expected)
    assert (error.code, error.endpoint) == (errcode, endpoint.name)
    assert error.rid
    assert error.rid in error.text


def test_the_codes_stand_with_their_endpoints() -> None:
    """What a document of WeChat's lists for an endpoint, the endpoint lists; those that all have, it need not."""
    common = {-1, 40001, 40014, 41001, 42001}
    for example in SEEDS:
        assert set(CODES.get(example.endpoint.name, ())) - common <= set(example.endpoint.codes)


def test_commits_of_one_mini_program_go_one_by_one(wechat: Wechat) -> None:
    """WeChat refuses the second of two at once (9402202), so it waits for the first."""
    wechat.simulator.api.expect(Fault("commit", times=9, delay=0.05))
    token = wechat.client.tokens.authorizer(APP)
    with serving(create_app(wechat.simulator)) as url, http_client(url) as http, ThreadPoolExecutor(4) as threads:
        transport = Transport(http)

        def at_once(_: int) -> int | None:
            try:
                transport.send(code.commit, COMMIT, {"access_token": token})
            except TryLater as error:
                return error.code
            return None

        assert 9402202 in list(threads.map(at_once, range(4)))
        client = Client(transport, wechat.client.tokens, wechat.heartbeat)
        list(threads.map(lambda _: client.call(code.commit, COMMIT, APP), range(4)))


def test_other_mini_programs_and_other_calls_do_not_wait(wechat: Wechat) -> None:
    """A turn is one mini program's, and of what WeChat wants one by one only."""
    wechat.authorize(OTHER)
    assert wechat.heartbeat.try_to_take(lease_of(APP))
    wechat.client.call(code.commit, COMMIT, OTHER)
    wechat.client.call(code.get_category, NoParameters(), APP)


def test_who_waits_too_long_for_a_turn_is_told(wechat: Wechat) -> None:
    """Nothing was sent; and a turn whose holder died is free when its time is over."""
    assert wechat.heartbeat.try_to_take(lease_of(APP))
    impatient = Client(
        Transport(wechat.http),
        wechat.client.tokens,
        wechat.heartbeat,
        patience=0.0,
    )
    with pytest.raises(TryLater, match="somebody else is at it"):
        impatient.call(code.commit, COMMIT, APP)
    assert wechat.called("commit") == 0
    wechat.now += 60
    impatient.call(code.commit, COMMIT, APP)


def test_a_turn_ends_when_wechat_refuses(wechat: Wechat) -> None:
    """The next need not wait."""
    wechat.simulator.api.expect(Fault("submit_audit", errcode=85009))
    item = audit.Item(first_class="x", second_class="y", first_id=1, second_id=2)
    with pytest.raises(WeChatError, match="85009"):
        wechat.client.call(audit.submit_audit, audit.SubmitAuditRequest(item_list=(item,)), APP)
    wechat.client.call(code.commit, COMMIT, APP)


def test_a_commit_that_nobody_heard_of_keeps_its_turn(wechat: Wechat) -> None:
    """WeChat may still be at it, so the next one waits until the turn's time is over."""
    wechat.client.tokens.authorizer(APP)
    client = meanwhile(wechat, "commit", lose("commit"), after=True).wechat
    with pytest.raises(Unreachable):
        client.call(code.commit, COMMIT, APP)
    with pytest.raises(TryLater, match="somebody else is at it"):
        client.call(code.commit, COMMIT, APP)
    wechat.now += 30
    client.call(code.commit, COMMIT, APP)


def test_the_endpoints_of_tokens_rest_too(wechat: Wechat) -> None:
    """Whoever needs a token meanwhile is told without asking WeChat."""
    wechat.simulator.api.expect(Fault("api_authorizer_token", times=99, errcode=45011))
    wanting: list[Endpoint[NoParameters, Any]] = [code.get_category, code.get_page, code.getversioninfo]
    for endpoint in wanting:
        with pytest.raises(TryLater, match="45011"):
            wechat.client.call(endpoint, NoParameters(), APP)
    assert wechat.called("api_authorizer_token") == 1


def test_an_endpoint_that_is_called_too_often_rests_for_a_minute(wechat: Wechat) -> None:
    """45011: nothing more is sent for that mini program until then; others go on."""
    wechat.authorize(OTHER)
    for appid in (APP, OTHER):
        wechat.client.tokens.authorizer(appid)
    wechat.world.limits.calls_a_minute = 1
    wechat.client.call(code.get_category, NoParameters(), APP)
    for _ in range(3):
        with pytest.raises(TryLater, match="not before") as error:
            wechat.client.call(code.get_category, NoParameters(), APP)
        assert error.value.again_at == wechat.now + 60
    assert wechat.called("get_category") == 2
    wechat.client.call(code.get_category, NoParameters(), OTHER)
    wechat.now += 60
    wechat.client.call(code.get_category, NoParameters(), APP)


def test_what_takes_either_token_takes_the_mini_programs_if_it_is_called_for_one(wechat: Wechat) -> None:
    """Else the platform's."""
    for appid in (APP, ""):
        wechat.client.call(quota.get, QuotaRequest(cgi_path="/wxa/commit"), appid)
    assert [call.appid for call in wechat.simulator.api.calls if call.endpoint == "get"] == [APP, ""]
