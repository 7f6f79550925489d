import json
from collections.abc import Callable

import httpx2
import pytest

from handlers.wechat import audit, code, online
from handlers.wechat.audit import AuditStatus, LatestAudit
from handlers.wechat.code import CommitRequest
from handlers.wechat.endpoint import Nothing, Token
from handlers.wechat.errors import Refused, Unreachable
from handlers.wechat.transport import Transport

LITERAL = CommitRequest(template_id=0, ext_json='{"extAppid": ""}', user_version="V1.0", user_desc="测试")


def transport(answer: Callable[[httpx2.Request], httpx2.Response]) -> Transport:
    """Answer requests by hand."""
    return Transport(httpx2.Client(base_url="https://api.weixin.qq.com", transport=httpx2.MockTransport(answer)))


def saying(text: str | bytes, status: int = 200) -> Transport:
    """Answer always the same."""
    return transport(lambda _: httpx2.Response(status, content=text))


def test_a_post_is_utf8_json_with_the_token_in_the_query() -> None:
    """Chinese goes out as it is: WeChat refuses escapes."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"errcode": 0, "errmsg": "ok"})

    transport(answer).send(code.commit, LITERAL, {"access_token": "T"})
    (request,) = seen
    assert (request.method, request.url.path, request.url.query) == ("POST", "/wxa/commit", b"access_token=T")
    assert "测试".encode() in request.content
    assert json.loads(request.content) == LITERAL.model_dump()


def test_a_post_without_parameters_carries_an_empty_object() -> None:
    """WeChat refuses an empty body with 44002."""
    seen: list[bytes] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.content)
        return httpx2.Response(200, json={"errcode": 0})

    transport(answer).send(online.release, Nothing(), {})
    assert seen == [b"{}"]


def test_a_get_has_no_body() -> None:
    """Parameters stand in the query."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"errcode": 0, "page_list": ["index", "page/list", "page/detail"]})

    pages = transport(answer).send(code.get_page, Nothing(), {"access_token": "T"})
    assert pages.page_list == ("index", "page/list", "page/detail")
    assert (seen[0].method, seen[0].content) == ("GET", b"")


@pytest.mark.parametrize(
    "answer",
    [
        '{"errcode": 0, "auditid": "1234567", "status": 1, "reason": "帐号信息不合规范", "ScreenShot": "a|b"}',
        '{"auditid": 1234567, "status": "1", "reason": "帐号信息不合规范", "screenshot": "a|b", "something_new": {}}',
    ],
)
def test_wechats_answers_are_read_in_all_their_spellings(answer: str) -> None:
    """Numbers as strings, two spellings, no errcode, new fields: all the same answer."""
    latest: LatestAudit = saying(answer).send(audit.get_latest_auditstatus, Nothing(), {})
    assert (latest.auditid, latest.status) == (1234567, AuditStatus.REJECTED)
    assert (latest.reason, latest.screenshot) == ("帐号信息不合规范", "a|b")


BROKEN = [
    ("<html>502 Bad Gateway</html>", 502),
    ("<html>login</html>", 200),
    ('{"errcode": 0, "audi', 200),
    ("[]", 200),
    ("", 200),
    (b"\xff\xfe", 200),
    ('{"errcode": 0}', 500),
    ('{"errcode": 0, "auditid": "x", "status": 0}', 200),
    ('{"errcode": 0, "auditid": 1, "status": 99}', 200),
]


@pytest.mark.parametrize(("text", "status"), BROKEN)
def test_what_wechat_would_not_say_is_unreachable(text: str | bytes, status: int) -> None:
    """A proxy's page, half an answer or another shape is no crash, and may be asked again."""
    with pytest.raises(Unreachable) as error:
        saying(text, status).send(audit.get_latest_auditstatus, Nothing(), {})
    assert error.value.sent


@pytest.mark.parametrize(
    ("failure", "sent"),
    [
        (httpx2.ConnectError("x"), False),
        (httpx2.ConnectTimeout("x"), False),
        (httpx2.ReadTimeout("x"), True),
        (httpx2.RemoteProtocolError("x"), True),
        (httpx2.WriteError("x"), True),
    ],
)
def test_a_lost_connection_says_whether_the_request_may_have_arrived(failure: Exception, sent: bool) -> None:  # noqa: FBT001
    """What was not sent can be sent again without harm."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        raise failure

    with pytest.raises(Unreachable) as error:
        transport(answer).send(online.release, Nothing(), {"access_token": "hush"})
    assert error.value.sent is sent
    assert "hush" not in str(error.value)


def test_an_errcode_is_an_error() -> None:
    """With WeChat's code, text and rid, and the endpoint."""
    with pytest.raises(Refused, match="release: there is no version to release") as error:
        saying('{"errcode": 85019, "errmsg": "no version rid: 655efd3a-1f831353"}').send(online.release, Nothing(), {})
    assert (error.value.code, error.value.rid) == (85019, "655efd3a-1f831353")


def test_endpoints_are_called_by_the_last_part_of_their_path() -> None:
    """And each wants the token that WeChat's page says."""
    assert audit.get_latest_auditstatus.name == "get_latest_auditstatus"
    assert online.release.token is Token.AUTHORIZER
