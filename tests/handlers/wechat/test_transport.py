import json
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import httpx2
import pytest

from handlers.wechat.endpoint import NoParameters, Token
from handlers.wechat.endpoints import audit, code, material, online
from handlers.wechat.endpoints.audit import AuditStatus, LatestAudit
from handlers.wechat.endpoints.code import CommitRequest
from handlers.wechat.endpoints.material import MaterialRequest
from handlers.wechat.endpoints.online import RevertRequest
from handlers.wechat.errors import (
    AlreadyDone,
    Refused,
    TryLater,
    Unreachable,
    Unreadable,
    WeChatError,
    may_have_worked,
)
from handlers.wechat.transport import Transport, http_client
from service.simulator.app import create_app
from service.simulator.faults import Fault
from service.simulator.hang_up import HangsUp
from service.simulator.mini_program import APPROVED, Audit, Committed
from tests.conftest import APP, Wechat
from tests.support.live import serving
from tests.support.servers import eventually

LITERAL = CommitRequest(template_id=0, ext_json='{"extAppid": ""}', user_version="V1.0", user_desc="测试")


def transport(answer: Callable[[httpx2.Request], httpx2.Response]) -> Transport:
    """Answer requests by hand."""
    http = httpx2.Client(base_url="https://api.weixin.qq.com", transport=httpx2.MockTransport(answer))
    return Transport(http, pause=0.0)


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

    transport(answer).send(online.release, NoParameters(), {})
    assert seen == [b"{}"]


def test_a_get_has_no_body() -> None:
    """Parameters stand in the query."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"errcode": 0, "page_list": ["index", "page/list", "page/detail"]})

    pages = transport(answer).send(code.get_page, NoParameters(), {"access_token": "T"})
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
    latest: LatestAudit = saying(answer).send(audit.get_latest_auditstatus, NoParameters(), {})
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
    ('{"a":' + "[" * 100_000, 200),
]


@pytest.mark.parametrize(("text", "status"), BROKEN)
def test_what_wechat_would_not_say_is_unreachable(text: str | bytes, status: int) -> None:
    """A proxy's page or half an answer is no crash, and may be asked again."""
    with pytest.raises(Unreachable) as error:
        saying(text, status).send(audit.get_latest_auditstatus, NoParameters(), {})
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
        transport(answer).send(online.release, NoParameters(), {"access_token": "hush"})
    assert error.value.sent is sent
    assert "hush" not in str(error.value)


def test_an_errcode_is_an_error() -> None:
    """With WeChat's code, text and rid, and the endpoint."""
    with pytest.raises(
        Refused, match="release: nothing was submitted that could be released; submit a version first"
    ) as error:
        saying('{"errcode": 85019, "errmsg": "no version rid: 655efd3a-1f831353"}').send(
            online.release, NoParameters(), {}
        )
    assert (error.value.code, error.value.rid) == (85019, "655efd3a-1f831353")


def test_endpoints_are_called_by_the_last_part_of_their_path() -> None:
    """And each wants the token that WeChat's page says."""
    assert audit.get_latest_auditstatus.name == "get_latest_auditstatus"
    assert online.release.token is Token.AUTHORIZER


FILES: list[tuple[bytes, str, type[WeChatError]]] = [
    (b'{"errcode": 40007, "errmsg": "invalid media_id"}', "text/plain", Refused),
    (b'{"errcode": -1, "errmsg": "system error"}', "image/jpeg", TryLater),
    (b"<html>sign in</html>", "text/html", Unreachable),
    (b"", "image/jpeg", Unreachable),
    (b'{"title": "a video"}', "application/json", Unreadable),
    (b'{"errcode": -1, "errm', "image/jpeg", Unreachable),
    (b"<html>sign in</html>", "application/octet-stream", Unreachable),
    (b"\xef\xbb\xbf<html/>", "application/xhtml+xml", Unreachable),
]


@pytest.mark.parametrize(("content", "content_type", "error"), FILES)
def test_a_file_may_turn_out_to_be_an_error(content: bytes, content_type: str, error: type[Exception]) -> None:
    """WeChat says in JSON why there is none, whatever it calls that; and nothing else is taken for a file."""
    way = transport(lambda _: httpx2.Response(200, content=content, headers={"content-type": content_type}))
    with pytest.raises(error):
        way.send(material.get_material, MaterialRequest(media_id="x"), {})


def test_somebody_elses_json_is_no_success() -> None:
    """A gateway's answer has no errcode: what only says that it worked must say at least that."""
    blocked = saying('{"code": "Blocked", "message": "policy"}')
    with pytest.raises(Unreadable) as error:
        blocked.send(online.release, NoParameters(), {})
    assert may_have_worked(error.value)
    with pytest.raises(Unreadable):
        blocked.send(online.revertcoderelease, RevertRequest(), {})


def test_an_empty_spelling_does_not_hide_the_filled_one() -> None:
    """Nor does an empty number keep an answer from being read, or a mark at its beginning."""
    told = '\ufeff{"auditid": 1, "status": 1, "screenshot": "", "ScreenShot": "a|b", "submit_audit_time": ""}'
    latest = saying(told).send(audit.get_latest_auditstatus, NoParameters(), {})
    assert (latest.screenshot, latest.submit_audit_time) == ("a|b", 0)


def test_a_refusal_keeps_all_that_wechat_said() -> None:
    """Some say more than a code and a text."""
    said = {"errcode": 61040, "errmsg": "x", "without_auth_list": ["wx.getLocation"]}
    with pytest.raises(WeChatError) as error:
        saying(json.dumps(said)).send(code.get_code_privacy_info, NoParameters(), {})
    assert error.value.answer == said


def test_the_limit_of_a_call_is_that_of_all_its_tries(wechat: Wechat) -> None:
    """Each try may be in time, and all together are not."""
    wechat.simulator.api.expect(Fault("get_page", errcode=-1, delay=0.4, times=9))
    query = {"access_token": wechat.world.grant(APP)}
    with serving(create_app(wechat.simulator)) as url, http_client(url) as http:
        with pytest.raises(Unreachable, match=r"within 0\.6 s"):
            Transport(http, pause=0.0).send(replace(code.get_page, seconds=0.6), NoParameters(), query)
        eventually(lambda: wechat.called("get_page") == 2, "the second try")


def test_what_nobody_waits_for_any_more_is_not_sent(wechat: Wechat) -> None:
    """A release that waits for a connection until it is given up does not happen afterwards."""
    wechat.simulator.api.expect(Fault("get_category", delay=0.5))
    query = {"access_token": wechat.world.grant(APP)}
    with (
        serving(create_app(wechat.simulator)) as url,
        http_client(url, most=1) as http,
        ThreadPoolExecutor(1) as threads,
    ):
        way = Transport(http)
        slow = threads.submit(way.send, code.get_category, NoParameters(), query)
        eventually(lambda: wechat.called("get_category"), "the call that holds the connection")
        with pytest.raises(Unreachable):
            way.send(replace(online.release, seconds=0.1), NoParameters(), query)
        slow.result()
        way.send(code.get_category, NoParameters(), query)
    assert wechat.called("release") == 0


def test_null_is_the_same_as_nothing() -> None:
    """WeChat fills some fields with null."""
    answer = saying('{"errcode": 0, "category_list": null}').send(code.get_category, NoParameters(), {})
    assert answer.category_list == ()


def test_an_answer_that_never_ends_is_given_up() -> None:
    """Each byte comes in time, and all of them never do: the call as a whole has a limit."""
    stop = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nx-drops: ")
            while not stop.wait(0.01):
                connection.sendall(b".")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        dripping = threading.Thread(target=drip, args=(listener,))
        dripping.start()
        with http_client(f"http://127.0.0.1:{listener.getsockname()[1]}") as http:
            hasty = replace(online.release, seconds=0.2)
            with pytest.raises(Unreachable, match=r"within 0\.2 s") as error:
                Transport(http).send(hasty, NoParameters(), {})
            assert error.value.sent
            stop.set()
            dripping.join()


@pytest.mark.parametrize("answer", ["drop", "half", "html", "502"])
def test_an_answer_that_is_spoilt_on_its_way_is_unreachable(
    wechat: Wechat, answer: Literal["drop", "half", "html", "502"]
) -> None:
    """Over a real socket: the release happened, nobody heard of it, and it is not sent again."""
    app = wechat.world.apps[APP]
    app.authorized = True
    app.committed = Committed("1.0", "x", ("index",), at=0.0)
    app.audits.append(Audit(1, app.committed, 0, APPROVED))
    wechat.simulator.api.expect(Fault("release", answer=answer))
    token = wechat.world.grant(APP)
    with serving(create_app(wechat.simulator), protocol=HangsUp) as url, http_client(url) as http:
        with pytest.raises(Unreachable) as error:
            Transport(http).send(online.release, NoParameters(), {"access_token": token})
        assert error.value.sent
        assert (app.releases, wechat.called("release")) == (1, 1)
        # And the next call finds the connection pool in order.
        with pytest.raises(AlreadyDone):
            Transport(http).send(online.release, NoParameters(), {"access_token": token})


def test_half_an_emoji_can_be_stored() -> None:
    """WeChat cuts reasons in the middle of a character; U+FFFD stands for the half, and whole ones stay."""
    way = saying(r'{"errcode":0,"auditid":1,"status":1,"reason":"1:x\ud83d:<br>","user_version":"\ud83d\ude00"}')
    told = way.send(audit.get_latest_auditstatus, NoParameters(), {})
    assert (told.reason, told.user_version) == ("1:x\ufffd:<br>", "😀")
