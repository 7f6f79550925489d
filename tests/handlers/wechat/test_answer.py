from contextlib import suppress

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from handlers.wechat.endpoint import NoParameters
from handlers.wechat.endpoints import audit, authorization
from handlers.wechat.endpoints.audit import AuditStatus
from handlers.wechat.errors import Unreadable, WeChatError
from tests.handlers.wechat.test_transport import saying, transport


@pytest.mark.parametrize(
    "text",
    [
        '{"errcode": 0, "auditid": "x", "status": 0}',
        '{"errcode": 0, "auditid": 1, "status": 99}',
        '{"errcode": "busy", "auditid": 1, "status": 0}',
        '{"errcode": Infinity}',
    ],
)
def test_an_answer_of_another_shape_is_unreadable_and_not_asked_for_again(text: str) -> None:
    """It came, so the network is well, and asking again would bring the same; what it said is in the log."""
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, text=text)

    with pytest.raises(Unreadable), capture_logs() as said:
        transport(answer).send(audit.get_latest_auditstatus, NoParameters(), {})
    assert len(asked) == 1
    assert "Infinity" in text or "busy" in text or text[2:20] in str(said)


ODD = [
    ('"nick_name":"\x14琦\x00娅"', "nick_name"),
    ('"nick_name":"小店\n二楼"', "nick_name"),
    ('"nick_name":"小店\\ud83d"', "nick_name"),
    ('"nick_name":"小店","service_type_info":"12.5%"', "service_type_info"),
    ('"nick_name":"小店","service_type_info":""', "service_type_info"),
    ('"nick_name":"小店","service_type_info":{"id":"none"}', "service_type_info"),
    ('"nick_name":["小店"]', "nick_name"),
]


@pytest.mark.parametrize(("odd", "field"), ODD)
def test_an_odd_field_keeps_no_answer_from_being_read(odd: str, field: str) -> None:
    """It is left out, or read as far as it goes; the rest is as WeChat said it."""
    text = f'{{"authorizer_info":{{{odd},"user_name":"gh_1","principal_name":"某公司"}},"authorization_info":{{}}}}'
    request = authorization.AuthorizerInfoRequest(component_appid="wx1", authorizer_appid="wx2")
    who = saying(text).send(authorization.api_get_authorizer_info, request, {}).authorizer_info
    assert (who.user_name, who.principal_name) == ("gh_1", "某公司")
    assert field in odd


def test_an_odd_entry_of_a_list_is_left_out_alone() -> None:
    """The others are mini programs that nothing is wrong with."""
    entries = ['{"authorizer_appid":"wx1","refresh_token":"a","auth_time":1}', '{"authorizer_appid":{}}', '"wx"']
    entries.append('{"authorizer_appid":"wx4","refresh_token":"d","auth_time":"soon"}')
    text = f'{{"total_count":4,"list":[{",".join(entries)}]}}'
    request = authorization.AuthorizerListRequest(component_appid="wx1", offset=0)
    page = saying(text).send(authorization.api_get_authorizer_list, request, {})
    assert "wx1" in [each.authorizer_appid for each in page.list]
    assert page.total_count == 4


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
# Fields that no decision needs.
SECONDARY = ["user_version", "user_desc", "submit_audit_time", "reason", "screenshot", "ScreenShot", "something_new"]


@given(st.dictionaries(st.sampled_from(SECONDARY), JSON))
def test_whatever_stands_in_a_field_that_no_decision_needs_the_verdict_is_read(odd: dict[str, object]) -> None:
    """Status and review are as WeChat said them."""
    content = httpx2.Response(200, json={"errcode": 0, "auditid": 7, "status": 1, **odd} if _is_json(odd) else {}).text
    if not _is_json(odd):
        return
    latest = saying(content).send(audit.get_latest_auditstatus, NoParameters(), {})
    assert (latest.auditid, latest.status) == (7, AuditStatus.REJECTED)


def _is_json(value: object) -> bool:
    """Tell whether httpx can write it."""
    try:
        httpx2.Response(200, json=value)
    except (ValueError, TypeError):
        return False
    return True


@given(st.binary())
def test_no_bytes_make_reading_fail_otherwise_than_by_an_error_of_ours(content: bytes) -> None:
    """Whatever a proxy sends."""
    with suppress(WeChatError):
        saying(b"{" + content).send(audit.get_latest_auditstatus, NoParameters(), {})
