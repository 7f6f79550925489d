import secrets
import time

import pytest
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from crypto.envelope import seal
from crypto.signature import sign
from service.simulator.sender import Sealed
from service.store.engine import reading
from service.store.tables import pushes
from service.web.callbacks import LARGEST_PUSH
from tests.conftest import APP, COMPONENT, TOKEN, sender
from tests.service.web.test_app import GOOD, kept, post


def signed(body: bytes, sealed_text: str) -> Sealed:
    """Sign a body of the test's own making."""
    stamp, nonce = str(int(time.time())), "1"
    query = {"timestamp": stamp, "nonce": nonce, "msg_signature": sign(TOKEN, stamp, nonce, sealed_text)}
    return Sealed(GOOD.path, query, body)


def without(name: str) -> Sealed:
    """Leave out a parameter of the query."""
    return Sealed(GOOD.path, {key: value for key, value in GOOD.query.items() if key != name}, GOOD.body)


RANDOM = secrets.token_urlsafe(300).replace("-", "+").replace("_", "/")
NOT_OURS = seal(b"<xml/>", sender().key, "wxsomebodyelse")
FOREIGN = seal(b"<xml/>", b"k" * 32, COMPONENT)
REFUSED = {
    "no query at all": Sealed(GOOD.path, {}, GOOD.body),
    "no signature": without("msg_signature"),
    "no timestamp": without("timestamp"),
    "no nonce": without("nonce"),
    "wrong signature": Sealed(GOOD.path, {**GOOD.query, "msg_signature": "0" * 40}, GOOD.body),
    "signature in Chinese": Sealed(GOOD.path, {**GOOD.query, "msg_signature": "签名"}, GOOD.body),
    "another nonce": Sealed(GOOD.path, {**GOOD.query, "nonce": "0"}, GOOD.body),
    "stale": Sealed(GOOD.path, {**GOOD.query, "timestamp": "1500000000"}, GOOD.body),
    "empty body": Sealed(GOOD.path, GOOD.query, b""),
    "truncated": Sealed(GOOD.path, GOOD.query, GOOD.body[:-20]),
    "truncated in the middle": Sealed(GOOD.path, GOOD.query, GOOD.body[: len(GOOD.body) // 2]),
    "NUL bytes": Sealed(GOOD.path, GOOD.query, b"\0" * 1000),
    "not UTF-8": Sealed(GOOD.path, GOOD.query, b"\xff\xfe" * 1000),
    "random base64": signed(f"<xml><Encrypt>{RANDOM}</Encrypt></xml>".encode(), RANDOM),
    "another key": signed(f"<xml><Encrypt>{FOREIGN}</Encrypt></xml>".encode(), FOREIGN),
    "another appid": signed(f"<xml><Encrypt>{NOT_OURS}</Encrypt></xml>".encode(), NOT_OURS),
    "DOCTYPE": Sealed(GOOD.path, GOOD.query, b"<!DOCTYPE xml>" + GOOD.body),
    "entity bomb": Sealed(GOOD.path, GOOD.query, b'<!DOCTYPE x [<!ENTITY a "ha">]><xml><Encrypt>&a;</Encrypt></xml>'),
    "two that are not signed": Sealed(
        GOOD.path, {**GOOD.query, "nonce": "0"}, GOOD.body.replace(b"</xml>", b"<Encrypt>A</Encrypt></xml>")
    ),
    "1 MiB of nothing": Sealed(GOOD.path, GOOD.query, b"x" * LARGEST_PUSH),
    "a path without appid": Sealed("/callback/message/$APPID$", GOOD.query, GOOD.body),
    "a path with a dot": Sealed("/callback/message/a.b", GOOD.query, GOOD.body),
}


@pytest.mark.parametrize("push", REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_all_alike(client: TestClient, store: Engine, push: Sealed) -> None:
    """A stranger learns nothing from a refusal: 403, empty, whatever was wrong; and nothing is kept."""
    answer = post(client, push)
    assert (answer.status_code, answer.content) == (403, b"")
    assert kept(store) == 0


AUTHENTIC = {
    "not XML": "hello",
    "cut off": "<xml><Event>weapp_audit_success",
    "empty": "",
    "DOCTYPE": "<!DOCTYPE xml><xml><Event>x</Event></xml>",
    "entity bomb": '<!DOCTYPE x [<!ENTITY a "ha">]><xml><Event>&a;</Event></xml>',
    "NUL bytes": "<xml><Event>a\0b</Event></xml>",
    "duplicated tags": "<xml><Event>a</Event><Event>b</Event></xml>",
    "a text message": "<xml><MsgType>text</MsgType><Content>hi</Content></xml>",
    "two events": "<xml><Event>a</Event><Event>weapp_audit_success</Event><SuccTime>1</SuccTime></xml>",
}


@pytest.mark.parametrize("content", AUTHENTIC.values(), ids=AUTHENTIC)
def test_nothing_authentic_is_lost(client: TestClient, store: Engine, content: str) -> None:
    """What WeChat sealed is kept and answered success, whether we understand it or not."""
    answer = post(client, sender().prepare_text(content, APP))
    assert (answer.status_code, answer.text) == (200, "success")
    with reading(store) as connection:
        assert connection.execute(select(pushes.c.type)).scalars().all() == ["wechat.unrecognised"]


def test_a_plain_message_beside_the_sealed_one_may_quote_another(client: TestClient, store: Engine) -> None:
    """As in 兼容模式: the signature says which is WeChat's."""
    quoting = GOOD.body.replace(b"<xml>", b"<xml><Content><![CDATA[<Encrypt>AAAA</Encrypt>]]></Content>")
    assert post(client, GOOD._replace(body=quoting)).text == "success"
    assert kept(store) == 1


@pytest.mark.parametrize("path", [f"{GOOD.path}/", GOOD.path])
def test_an_address_may_end_in_a_slash(client: TestClient, store: Engine, path: str) -> None:
    """As people type it into WeChat's settings."""
    assert post(client, GOOD._replace(path=path)).text == "success"
    assert kept(store) == 1
