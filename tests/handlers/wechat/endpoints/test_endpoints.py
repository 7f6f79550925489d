import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request as Received
from starlette.responses import Response
from starlette.routing import Route

from handlers.wechat.endpoint import Endpoint, Upload
from handlers.wechat.endpoints import table
from handlers.wechat.endpoints.table import ENDPOINTS
from handlers.wechat.error_codes import ERROR_CODES
from handlers.wechat.transport import Transport, http_client
from service.simulator.rules import FORM, RULES
from tests.handlers.wechat.endpoints.examples import SEEDS, Example
from tests.handlers.wechat.endpoints.more_examples import EXAMPLES
from tests.support.live import serving

TABLE = Path(__file__).parents[4] / "docs" / "endpoints.md"


@dataclass
class Stub:
    """A server that knows nothing of WeChat: it answers what it is told to, and keeps what it was sent."""

    answer: str | bytes = ""
    received: list[tuple[Received, bytes]] = field(default_factory=list)

    async def endpoint(self, request: Received) -> Response:
        """Answer."""
        self.received.append((request, await request.body()))
        media_type = "image/jpeg" if isinstance(self.answer, bytes) else "application/json; charset=utf-8"
        return Response(self.answer, media_type=media_type)


@pytest.fixture(scope="module")
def stub() -> Stub:
    """Give the stub."""
    return Stub()


@pytest.fixture(scope="module")
def transport(stub: Stub) -> Iterator[Transport]:
    """Give the way to the stub, over a real socket."""
    app = Starlette(routes=[Route("/{path:path}", stub.endpoint, methods=["GET", "POST"])])
    with serving(app) as url, http_client(url) as http:
        yield Transport(http)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.calling.rpartition("/")[2])
def test_each_endpoint_speaks_as_its_page_does(stub: Stub, transport: Transport, example: Example) -> None:
    """Method, path, token and parameters arrive as the page shows them, and the literal answer is read."""
    endpoint = example.endpoint
    stub.answer = example.answer
    request = endpoint.request.model_validate(example.sent)
    answer = transport.send(endpoint, request, {endpoint.token_parameter: "TOKEN"})

    received, body = stub.received[-1]
    assert f"{received.method} {received.url.path}" == example.calling
    assert endpoint.token.value == example.token
    assert parameters(received, body, endpoint.token_parameter) == example.sent
    assert {name: getattr(answer, name) for name in example.read} == example.read
    assert endpoint.answer.model_validate(answer.model_dump()) == answer
    assert endpoint.request.model_validate(request.model_dump()) == request


def parameters(received: Received, body: bytes, token_parameter: str) -> dict[str, Any]:
    """Read what arrived, without any code of the client's."""
    query = dict(received.query_params)
    assert query.pop(token_parameter) == "TOKEN"
    numbers = {name: int(value) if value.isdigit() else value for name, value in query.items()}
    content_type = received.headers.get("content-type", "")
    if content_type.startswith("multipart/"):
        form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
        (part,) = list(form.walk())[1:]
        assert part.get_param("name", header="content-disposition") == "media"
        file = {"filename": part.get_filename(), "content_type": part.get_content_type()}
        return {**query, "media": {**file, "content": part.get_payload(decode=True)}}
    if received.method == "GET":
        assert body == b""
        return numbers
    assert query == {}
    assert b"\\u" not in body
    return dict(json.loads(body.decode("utf-8")))


def test_a_path_is_encoded_once(stub: Stub, transport: Transport) -> None:
    """To the letter as the page has it."""
    (example,) = [example for example in SEEDS if example.endpoint.name == "get_qrcode"]
    stub.answer = example.answer
    transport.send(example.endpoint, example.endpoint.request(**example.sent), {"access_token": "TOKEN"})
    received, _ = stub.received[-1]
    assert received.url.query == "access_token=TOKEN&path=page%2Findex%3Faction%3D1"


def test_no_endpoint_goes_without_an_example() -> None:
    """Each endpoint of the table stands in the examples, and the other way round."""
    assert {example.endpoint.path for example in EXAMPLES} == {endpoint.path for endpoint in ENDPOINTS}


def test_the_simulator_has_the_same_endpoints() -> None:
    """It was written from the documentation, and so was the client: they agree on path, method and token."""
    ours = {
        endpoint.path: (FORM if issubclass(endpoint.request, Upload) else endpoint.method, endpoint.token.value)
        for endpoint in ENDPOINTS
    }
    assert ours == {path: (rule.method, rule.token) for path, rule in RULES.items()}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_each_endpoint_is_documented(endpoint: Endpoint[Any, Any]) -> None:
    """What it does in one line, WeChat's page, codes that we know, and requests and answers that say what they hold."""
    assert endpoint.does.isprintable()
    assert len(endpoint.does) < 80
    assert endpoint.page.startswith("https://developers.weixin.qq.com/doc/")
    assert set(endpoint.codes) <= ERROR_CODES.keys()
    assert endpoint.request.__doc__
    assert endpoint.answer.__doc__


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_an_endpoint_is_found_by_the_end_of_its_path(endpoint: Endpoint[Any, Any]) -> None:
    """The last part is enough, and no two have the same."""
    for name in (endpoint.name, endpoint.path, endpoint.path.rpartition("/")[2]):
        assert table.find(name) is endpoint
    assert table.find("nothing") is None


def test_the_readme_lists_every_endpoint() -> None:
    """Name, method, path, whose token, what it does: the table is the code's."""
    rows = re.findall(
        r"^\| `(.+?)` \| (GET|POST) \| `(.+?)` \| (\w+) \| (.+?) \|$", TABLE.read_text("utf-8"), re.MULTILINE
    )
    assert rows == [
        (endpoint.name, endpoint.method, endpoint.path, endpoint.token.value, endpoint.does) for endpoint in ENDPOINTS
    ]


CATEGORY = {"first_class": "工具", "second_class": "备忘录", "first_id": 1, "second_id": 2}
COMMIT = {"template_id": 1, "ext_json": "{}", "user_version": "1", "user_desc": ""}
RULE = {"prefix": "https://a.cn/", "permit_sub_rule": 1, "path": "p", "open_version": 1, "is_edit": 0}
US = {"component_appid": "wx1"}
PNG = {"filename": "a.png", "content_type": "image/png"}
LIMITS: list[tuple[str, dict[str, Any], str]] = [
    ("commit", {**COMMIT, "user_version": "x" * 65}, "user_version"),
    ("commit", {**COMMIT, "template_id": "one"}, "template_id"),
    ("commit", {**COMMIT, "surprise": 1}, "surprise"),
    ("submit_audit", {"item_list": []}, "item_list"),
    ("submit_audit", {"item_list": [CATEGORY] * 6}, "item_list"),
    ("submit_audit", {"item_list": [{**CATEGORY, "title": "x" * 33}]}, "title"),
    ("submit_audit", {"item_list": [{**CATEGORY, "tag": "x" * 21}]}, "tag"),
    ("submit_audit", {"item_list": [{**CATEGORY, "tag": " ".join("abcdefghijk")}]}, "tag"),
    ("submit_audit", {"item_list": [CATEGORY], "feedback_info": "x" * 201}, "feedback_info"),
    ("submit_audit", {"item_list": [CATEGORY], "feedback_stuff": "a|b|c|d|e|f"}, "feedback_stuff"),
    ("submit_audit", {"item_list": [CATEGORY], "ugc_declare": {"scene": [6]}}, "scene"),
    ("submit_audit", {"item_list": [CATEGORY], "ugc_declare": {"scene": [1], "audit_desc": "x" * 257}}, "audit_desc"),
    ("grayrelease", {"gray_percentage": 101}, "gray_percentage"),
    ("grayrelease", {"gray_percentage": -1}, "gray_percentage"),
    ("grayrelease", {"gray_percentage": 0}, "gray_percentage"),
    ("change_visitstatus", {"action": "hide"}, "action"),
    ("revertcoderelease", {"action": "get_history_version", "app_version": 1}, "app_version"),
    ("setweappsupportversion", {"version": "latest"}, "version"),
    ("qrcodejumpadd", {**RULE, "prefix": "weixin.qq.com"}, "prefix"),
    ("qrcodejumpadd", {**RULE, "open_version": 4}, "open_version"),
    ("qrcodejumpadd", {**RULE, "debug_url": ["https://a.cn/"] * 6}, "debug_url"),
    ("add_embedded", {"appid": "wx2", "apply_reason": "x" * 31}, "apply_reason"),
    ("set_authorize", {"flag": 3}, "flag"),
    ("get_own_list", {"num": 1001}, "num"),
    ("api_get_authorizer_list", {**US, "count": 501}, "count"),
    ("quota/get", {"cgi_path": "wxa/commit"}, "cgi_path"),
    ("addtotemplate", {"draft_id": 1, "template_type": 2}, "template_type"),
    ("uploadmedia", {"media": {**PNG, "content": b""}}, "media"),
    ("uploadmedia", {"media": {**PNG, "content": b"x" * (2 * 2**20 + 1)}}, "media"),
    ("uploadmedia", {"media": {**PNG, "content": b"x", "content_type": "image/webp"}}, "media"),
]


@pytest.mark.parametrize(("name", "fields", "at_fault"), LIMITS)
def test_limits_are_checked_before_anything_is_sent(name: str, fields: dict[str, Any], at_fault: str) -> None:
    """The error names the field, and repeats no value, which may be a secret."""
    endpoint = table.find(name)
    assert endpoint
    with pytest.raises(ValidationError, match=at_fault):
        endpoint.request.model_validate(fields)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("commit", {**COMMIT, "user_version": "x" * 64}),
        ("submit_audit", {"item_list": [{**CATEGORY, "title": "x" * 32, "tag": " ".join(["x" * 20] * 10)}] * 5}),
        ("grayrelease", {"gray_percentage": 100}),
        ("grayrelease", {"gray_percentage": 0, "support_experiencer_first": True}),
        ("add_embedded", {"appid": "wx2", "apply_reason": "字" * 30}),
        ("uploadmedia", {"media": {**PNG, "content": b"x" * (2 * 2**20)}}),
    ],
)
def test_what_is_just_within_the_limits_is_taken(name: str, fields: dict[str, Any]) -> None:
    """A limit is the last that is allowed, in characters and not in bytes."""
    endpoint = table.find(name)
    assert endpoint
    assert endpoint.request.model_validate(fields)
