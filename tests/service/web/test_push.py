import json
import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.envelope import aes_key, seal
from crypto.signature import sign
from service.events.from_wechat import AuditFail, Unrecognised
from service.events.message import KINDS
from service.simulator.sender import Sealed
from service.web import push
from service.web.push import Lock, PushRefused
from tests.conftest import APP, COMPONENT, KEY, SAMPLES, TOKEN, sender

NOW = 1_800_000_000.0
LOCK = Lock(TOKEN, [aes_key(KEY)], COMPONENT)
EVENTS = {path.stem: path.read_text("utf-8") for path in sorted((SAMPLES / "events").glob("*.xml"))}
BILLION_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><xml><Event>&b;</Event></xml>'


def read(sealed: Sealed, lock: Lock = LOCK, appid: str | None = APP, now: float = NOW) -> push.Push:
    """Read what a sender prepared."""
    return push.read(sealed.query, sealed.body, lock, now, appid)


def sealed_in(body: bytes, sealed_text: str) -> Sealed:
    """Sign a body of the test's own making around a sealed text."""
    query = {"timestamp": "1", "nonce": "2", "msg_signature": sign(TOKEN, "1", "2", sealed_text)}
    return Sealed("", query, body)


def test_wechats_published_push_is_read() -> None:
    """The push that WeChat publishes, with its key and token, gives its event, for the mini program of the path."""
    vector = json.loads((SAMPLES / "vectors.json").read_text("utf-8"))[0]
    lock = Lock(vector["token"], [aes_key(vector["encoding_aes_key"])], vector["component_appid"])
    body = f"<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[{vector['encrypt']}]]></Encrypt></xml>"
    message = push.read(vector["query"], body.encode(), lock, NOW, vector["authorizer_appid_in_path"]).message
    assert isinstance(message.data, Unrecognised)
    assert message.routing_key == "debug_demo.wxba5fad812f8e6fb9"
    assert message.data.fields["debug_str"] == "hello world"


@pytest.mark.parametrize("event", EVENTS)
def test_every_documented_event_is_recognised(event: str) -> None:
    """WeChat's documented example of each event gives a message of its own kind."""
    message = read(sender().prepare_text(EVENTS[event], APP)).message
    assert message.type == f"wechat.{event}"
    assert type(message.data) is KINDS[message.type]


@given(st.dictionaries(st.from_regex(r"[A-Za-z]{1,20}", fullmatch=True), st.text(st.characters(codec="utf-8"))))
def test_anything_authentic_is_read(fields: Mapping[str, str]) -> None:
    """Whatever WeChat seals, valid XML or not, gives a message and never an error."""
    message = read(sender().prepare({"MsgType": "event", **fields}, APP)).message
    assert message.subject == APP


@given(st.text(st.characters(codec="utf-8")))
def test_anything_authentic_that_is_no_xml_is_kept_out_of_the_message(content: str) -> None:
    """A text that cannot be parsed may hold a secret: it is kept as one, and the message says that it came."""
    received = read(sender().prepare_text(f"<{content}", APP))
    assert isinstance(received.message.data, Unrecognised)
    assert received.secrets == {"text": f"<{content}"}


@pytest.mark.parametrize(
    ("name", "secret_fields"),
    [
        ("component_verify_ticket", {"ComponentVerifyTicket": "some_verify_ticket"}),
        ("authorized", {"AuthorizationCode": "授权码", "PreAuthCode": "预授权码"}),
        ("notify_third_fasteregister", {"auth_code": "xxxxx第三方授权码"}),
    ],
)
def test_secrets_are_no_part_of_the_message(name: str, secret_fields: Mapping[str, str]) -> None:
    """Tickets and codes come beside the message, not in it."""
    received = read(sender().prepare_text(EVENTS[name]), appid=None)
    assert received.secrets == secret_fields
    for secret in secret_fields.values():
        assert secret not in received.message.model_dump_json()


@pytest.mark.parametrize("wrapping", ["<a><b>{}</b></a>", "<a><b>1</b></a><a><b>{}</b></a>"])
def test_secrets_are_found_at_any_depth(wrapping: str) -> None:
    """A code inside another element is kept out of the message too."""
    inside = wrapping.format("<AuthorizationCode>hush</AuthorizationCode>")
    received = read(sender().prepare_text(f"<xml><InfoType>new_thing</InfoType>{inside}</xml>"), appid=None)
    assert received.secrets == {"AuthorizationCode": "hush"}
    assert "hush" not in received.message.model_dump_json()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "does not begin"),
        ("no xml", "does not begin"),
        ("<xml><Event>a</Event>", "not XML"),
        ("<xml>\0</xml>", "not XML"),
        ("<xml><Event>a\0b</Event></xml>", "not XML"),
        ("<xml></xml>", "no fields"),
        ("<other><Event>a</Event></other>", "does not begin"),
        ("<xml>text</xml>", "no fields"),
        ("<!DOCTYPE xml><xml><Event>a</Event></xml>", "does not begin"),
        (BILLION_LAUGHS, "does not begin"),
        ("<xml><!DOCTYPE xml><Event>a</Event></xml>", "not XML"),
        ("<xml><Event>&a;</Event></xml>", "not XML"),
        ("<xml>" * 5000 + "</xml>" * 5000, "nested"),
    ],
)
def test_authentic_but_strange_content_is_unrecognised(content: str, problem: str) -> None:
    """Sealed content that is no plain XML is taken, with the problem named."""
    data = read(sender().prepare_text(content, APP)).message.data
    assert isinstance(data, Unrecognised)
    assert problem in data.problem


def test_a_reason_may_quote_any_markup() -> None:
    """Inside CDATA a declaration is only text, and the verdict stands."""
    reason = "1:页面有问题:<br>(1):页面含有 <!-- 注释 --> 和 <!DOCTYPE html> 文本<br>"
    data = read(sender().prepare({"Event": "weapp_audit_fail", "Reason": reason}, APP)).message.data
    assert isinstance(data, AuditFail)
    assert data.reason == reason


@pytest.mark.parametrize("ticket", ["", "<ComponentVerifyTicket/>"])
def test_an_empty_ticket_is_no_secret(ticket: str) -> None:
    """It must not replace the one that works."""
    content = f"<xml><InfoType>component_verify_ticket</InfoType>{ticket}</xml>"
    assert read(sender().prepare_text(content), appid=None).secrets == {}


def test_a_repeated_ticket_is_no_ticket_and_kept_out_of_the_message() -> None:
    """Two tickets are none: the message says so, and the whole text is kept as a secret."""
    twice = "<ComponentVerifyTicket>hush</ComponentVerifyTicket>" * 2
    received = read(
        sender().prepare_text(f"<xml><InfoType>component_verify_ticket</InfoType>{twice}</xml>"), appid=None
    )
    assert received.message.data.problem == "not one text each: ComponentVerifyTicket"
    assert received.secrets.keys() == {"text"}
    assert "hush" not in received.message.model_dump_json()


def test_the_code_of_the_publish_check_is_a_secret_too() -> None:
    """WeChat sends it as a text message."""
    received = read(sender().prepare({"MsgType": "text", "Content": "QUERY_AUTH_CODE:hush"}, APP))
    assert received.secrets == {"Content": "QUERY_AUTH_CODE:hush"}
    assert "hush" not in received.message.model_dump_json()


def test_a_repeated_tag_loses_nothing() -> None:
    """Two reasons are told both, and kept as they came."""
    content = "<xml><Event>weapp_audit_fail</Event><Reason>1:a:</Reason><Reason>2:b:</Reason></xml>"
    data = read(sender().prepare_text(content, APP)).message.data
    assert isinstance(data, AuditFail)
    assert [reason.title for reason in data.reasons] == ["a", "b"]
    assert data.left_out == {"reason": ["1:a:", "2:b:"]}


SEALED = seal(EVENTS["weapp_audit_success"].encode(), aes_key(KEY), COMPONENT)
GOOD = f"<xml><Encrypt><![CDATA[{SEALED}]]></Encrypt></xml>"
ENVELOPES = {
    "empty": "",
    "no xml": "hello",
    "truncated": GOOD[:-5],
    "no Encrypt": "<xml><ToUserName>x</ToUserName></xml>",
    "DOCTYPE": f"<!DOCTYPE xml>{GOOD}",
    "entity bomb": BILLION_LAUGHS.replace("</xml>", f"<Encrypt>{SEALED}</Encrypt></xml>"),
    "NUL inside": GOOD.replace(SEALED, f"{SEALED[:9]}\0{SEALED[9:]}"),
    "JSON": json.dumps({"Encrypt": SEALED}),
}


@pytest.mark.parametrize("body", ENVELOPES.values(), ids=ENVELOPES)
def test_a_broken_envelope_is_refused_although_its_seal_is_good(body: str) -> None:
    """The envelope has one field that matters, once, and no declarations."""
    with pytest.raises(PushRefused) as refused:
        read(sealed_in(body.encode(), SEALED))
    assert refused.value.reason == "envelope"


@pytest.mark.parametrize("body", [GOOD, f"\n {GOOD}\n", GOOD.replace("<![CDATA[", "").replace("]]>", "")])
def test_an_envelope_may_have_white_space_and_no_cdata(body: str) -> None:
    """What WeChat might write differently is read all the same."""
    assert read(sealed_in(body.encode(), SEALED)).message.type == "wechat.weapp_audit_success"


@pytest.mark.parametrize("missing", ["msg_signature", "timestamp", "nonce"])
def test_a_push_without_one_of_its_parameters_is_refused(missing: str) -> None:
    """Each parameter of the signature is needed, and an empty one is none."""
    sealed = sender().prepare({"Event": "x"}, APP)
    for query in ({k: v for k, v in sealed.query.items() if k != missing}, {**sealed.query, missing: ""}):
        with pytest.raises(PushRefused, match=missing):
            push.read(query, sealed.body, LOCK, NOW, APP)


@given(st.binary(), st.dictionaries(st.sampled_from(["msg_signature", "timestamp", "nonce"]), st.text()))
def test_whatever_strangers_send_is_refused(body: bytes, query: Mapping[str, str]) -> None:
    """Nothing that is not from WeChat ends in anything but a refusal."""
    with pytest.raises(PushRefused):
        push.read(query, body, LOCK, NOW, APP)


def test_the_plain_signature_is_no_substitute() -> None:
    """In this mode WeChat wants msg_signature verified, and not signature."""
    sealed = sender().prepare({"Event": "x"}, APP)
    with pytest.raises(PushRefused) as refused:
        push.read({**sealed.query, "msg_signature": sealed.query["signature"]}, sealed.body, LOCK, NOW, APP)
    assert refused.value.reason == "BadSignature"


@pytest.mark.parametrize(
    ("lock", "reason"),
    [
        (Lock("another token", LOCK.keys, COMPONENT), "BadSignature"),
        (Lock(TOKEN, [aes_key("b" * 43)], COMPONENT), "BadCiphertext"),
        (Lock(TOKEN, LOCK.keys, "wxsomebodyelse"), "WrongAppId"),
    ],
)
def test_a_push_for_another_lock_is_refused(lock: Lock, reason: str) -> None:
    """Token, key and appid must all be ours."""
    with pytest.raises(PushRefused) as refused:
        read(sender().prepare({"Event": "x"}, APP), lock)
    assert refused.value.reason == reason


def test_the_key_of_before_a_rotation_is_remembered_for_the_reply() -> None:
    """A push sealed with the former key is read, and says with which key to seal a reply."""
    lock = Lock(TOKEN, [aes_key("b" * 43), aes_key(KEY)], COMPONENT)
    assert read(sender().prepare({"Event": "x"}, APP), lock).key == aes_key(KEY)


@pytest.mark.parametrize("seconds", [-101, 101])
def test_a_stale_push_is_refused(seconds: int) -> None:
    """A timestamp that is too old, or too far ahead, is refused; on the limit it is not, and without one never."""
    sealed = sender().prepare({"Event": "x"}, APP)
    timestamp = int(sealed.query["timestamp"])
    limited = Lock(TOKEN, LOCK.keys, COMPONENT, max_age=100)
    with pytest.raises(PushRefused, match="MAX_PUSH_AGE"):
        read(sealed, limited, now=timestamp + seconds)
    read(sealed, limited, now=timestamp + (100 if seconds > 0 else -100))
    read(sealed, LOCK, now=timestamp + 1000 * seconds)


@pytest.mark.parametrize("timestamp", ["now", "-1", "1.5", "١٢٣", "9" * 13, "1e3"])
def test_a_timestamp_that_is_no_number_of_seconds_is_refused(timestamp: str) -> None:
    """Only plain digits are a time."""
    with pytest.raises(PushRefused):
        push.read({"msg_signature": "x", "timestamp": timestamp, "nonce": "1"}, b"", LOCK, NOW)


@pytest.mark.parametrize("appid", ["", "a.b", "a/b", "*", "x" * 65, "wx\n", "$APPID$"])
def test_a_path_that_ends_in_no_appid_is_refused(appid: str) -> None:
    """The appid becomes a routing word and a column: only what can be one is taken."""
    with pytest.raises(PushRefused, match="APPID"):
        read(sender().prepare({"Event": "x"}, APP), appid=appid)


def test_the_same_event_sealed_twice_is_one_and_another_in_the_same_second_is_two() -> None:
    """Identity is that of the content: WeChat's retry has other random bytes, another event other fields."""
    first = {"Event": "weapp_audit_success", "CreateTime": 1, "FromUserName": "a", "SuccTime": 1}
    once, again = (read(sender().prepare(first, APP)).message.id for _ in range(2))
    other = read(sender().prepare({**first, "SuccTime": 2}, APP)).message.id
    assert once == again != other


def test_the_mini_program_of_an_authorization_is_its_subject() -> None:
    """On the authorization URL the appid stands in the push; without one it is about the platform itself."""
    about_app = read(
        sender().prepare_text(f"<xml><InfoType>x</InfoType><AuthorizerAppid>{APP}</AuthorizerAppid></xml>"), appid=None
    )
    about_us = read(sender().prepare_text(EVENTS["component_verify_ticket"]), appid=None)
    assert about_app.message.subject == APP
    assert about_us.message.subject == COMPONENT


def test_screenshots_and_reasons_are_taken_apart() -> None:
    """The rejection of WeChat's page has two reasons and three screenshots."""
    data = read(sender().prepare_text(EVENTS["weapp_audit_fail"], APP)).message.data
    assert isinstance(data, AuditFail)
    assert data.reasons[0].title == "账号信息不符合规范"
    assert data.screenshots == ("xxx", "yyy", "zzz")


def test_the_echo_is_given_back_only_to_who_knows_the_token() -> None:
    """A GET with WeChat's signature gets its echostr; any other is refused."""
    stamp = str(int(time.time()))
    query = {"timestamp": stamp, "nonce": "2", "echostr": "4375", "signature": sign(TOKEN, stamp, "2")}
    assert push.check_echo(query, LOCK, NOW) == "4375"
    for wrong in ({**query, "signature": "x"}, {**query, "nonce": "3"}, {**query, "echostr": ""}):
        with pytest.raises(PushRefused):
            push.check_echo(wrong, LOCK, NOW)
