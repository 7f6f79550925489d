import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.events.from_weaudit import GaveUp
from service.events.from_wechat import AuditFail, AuditSuccess, Unrecognised
from service.events.message import (
    KINDS,
    Message,
    MessageError,
    build,
    decode,
    decode_loosely,
    encode,
    identity,
    recognise,
)
from tests.conftest import APP, COMPONENT

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
FIELDS = st.dictionaries(TEXT, st.none() | TEXT | st.lists(TEXT) | st.dictionaries(TEXT, TEXT))
EVENTS = st.sampled_from([name.removeprefix("wechat.") for name in KINDS if name.startswith("wechat.")]) | TEXT


def message(kind: str, data: object) -> Message:
    """Build a message around data."""
    return build(kind, APP, data, id="0" * 32, component_appid=COMPONENT, at=1488856591)  # type: ignore[arg-type]


def test_a_rejection_has_the_shape_that_subscribers_were_promised() -> None:
    """The JSON of a rejection is the contract's, attribute for attribute."""
    fields = {
        "ToUserName": "gh_fb9688c2a4b2",
        "FromUserName": "od1P50M",
        "CreateTime": "1488856591",
        "MsgType": "event",
        "Event": "weapp_audit_fail",
        "Reason": "1:账号信息不符合规范:<br>(1):包含色情因素<br>",
        "FailTime": "1488856591",
        "ScreenShot": "xxx|yyy",
    }
    kind, data = recognise(fields)
    assert json.loads(encode(message(kind, data))) == {
        "specversion": "1.0",
        "id": "0" * 32,
        "source": f"wechat/component/{COMPONENT}",
        "type": "wechat.weapp_audit_fail",
        "subject": APP,
        "time": "2017-03-07T03:16:31Z",
        "datacontenttype": "application/json",
        "traceparent": f"00-{'0' * 32}-{'0' * 16}-01",
        "data": {
            "to_user_name": "gh_fb9688c2a4b2",
            "from_user_name": "od1P50M",
            "create_time": 1488856591,
            "reason": "1:账号信息不符合规范:<br>(1):包含色情因素<br>",
            "fail_time": 1488856591,
            "reasons": [{"title": "账号信息不符合规范", "details": ["包含色情因素"]}],
            "unparsed": [],
            "screenshots": ["xxx", "yyy"],
            "origin": "push",
        },
    }


@given(EVENTS, FIELDS)
def test_whatever_was_told_survives_encoding_and_decoding(event: str, fields: dict[str, object]) -> None:
    """Any fields, known kind or not, give a message that decodes to itself."""
    kind, data = recognise({**fields, "Event": event})
    told = message(kind, data)
    assert decode(encode(told)) == told
    assert decode(encode(told).encode()) == told


@given(EVENTS, FIELDS)
def test_a_routing_key_is_one_that_every_broker_takes(event: str, fields: dict[str, object]) -> None:
    """A key has two words, of harmless characters, and fits into AMQP's 255 bytes."""
    key = message(*recognise({**fields, "Event": event})).routing_key
    assert key.count(".") == 1
    assert key.isascii()
    assert len(key) <= 255


@pytest.mark.parametrize(
    ("kind", "data", "key"),
    [
        ("wechat.weapp_audit_success", AuditSuccess(), f"weapp_audit_success.{APP}"),
        ("weaudit.gave_up", GaveUp(push_id="", queue="", tries=1, reason=""), f"weaudit.gave_up.{APP}"),
        ("wechat.unrecognised", Unrecognised(event="text", problem=""), f"text.{APP}"),
        ("wechat.unrecognised", Unrecognised(event="a.b#*", problem=""), f"a_b__.{APP}"),
    ],
)
def test_the_routing_key_is_the_event_and_the_mini_program(kind: str, data: object, key: str) -> None:
    """WeChat's own name comes first, ours has one word more, and no event can add words."""
    assert message(kind, data).routing_key == key


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"Event": "wxa_nickname_audit"}, "ret"),
        ({"Event": "weapp_audit_success", "SuccTime": "1", "succ_time": "2"}, "succ_time"),
        ({"Event": "weapp_audit_success", "Origin": "elsewhere"}, "origin"),
        ({"InfoType": "authorized"}, "authorizer_appid"),
        ({"MsgType": "text", "Content": "hi"}, "does not know"),
        ({"Event": ["weapp_audit_success", "weapp_audit_fail"], "MsgType": "event"}, "does not know"),
        ({"Event": "unrecognised"}, "does not know"),
        ({}, "does not know"),
    ],
)
def test_what_fits_no_kind_is_kept_whole_with_the_problem(fields: dict[str, object], problem: str) -> None:
    """An authentic push that we do not understand keeps WeChat's own names and says what we did not understand."""
    kind, data = recognise(fields)
    assert kind == "wechat.unrecognised"
    assert isinstance(data, Unrecognised)
    assert data.fields == fields
    assert problem in data.problem


ODD = [
    ({"Event": "weapp_audit_success", "SuccTime": "soon"}, {}, "succ_time"),
    ({"Event": "weapp_audit_success", "SuccTime": "1488856741000000"}, {}, "succ_time"),
    ({"Event": "weapp_audit_success", "SuccTime": "1.5e9x"}, {}, "succ_time"),
    ({"Event": "weapp_audit_success", "CreateTime": ["1", "2"]}, {}, "create_time"),
    ({"Event": "weapp_audit_success", "CreateTime": "9" * 30, "SuccTime": "7"}, {"succ_time": 7}, "create_time"),
    ({"Event": "weapp_audit_success", "FromUserName": {"a": "b"}}, {}, "from_user_name"),
    ({"Event": "weapp_audit_fail", "Reason": ["1:a:<br>", "2:b:<br>"]}, {"reason": "1:a:<br>\n2:b:<br>"}, "reason"),
    ({"Event": "weapp_audit_fail", "Reason": {"b": "x", "#text": "1:a:<br>"}}, {"reason": "1:a:<br>"}, "reason"),
    ({"Event": "weapp_audit_fail", "Reason": {"b": "x"}, "FailTime": "7"}, {"fail_time": 7}, "reason"),
    ({"Event": "weapp_audit_delay", "DelayTime": "later", "Reason": "busy"}, {"reason": "busy"}, "delay_time"),
]


@pytest.mark.parametrize(("fields", "read", "problem"), ODD)
def test_a_verdict_with_odd_fields_is_still_a_verdict(
    fields: dict[str, Any], read: dict[str, Any], problem: str
) -> None:
    """Mini program and event suffice to act; what is odd is named, and kept as it came."""
    kind, data = recognise(fields)
    assert kind == f"wechat.{fields['Event']}"
    assert read.items() <= data.model_dump().items()
    assert problem in (data.problem or "")
    assert set(data.left_out or ()) == {problem}
    message = build(kind, APP, data, id="0" * 32, component_appid="wxc", at=1.0)
    assert decode(encode(message)) == message


def test_fields_that_wechat_adds_later_reach_the_subscribers() -> None:
    """An unknown field of a known kind is kept, in snake_case."""
    _, data = recognise({"Event": "weapp_audit_success", "AuditId": "7"})
    assert data.model_dump()["audit_id"] == "7"


def test_a_kind_of_a_newer_version_survives_decoding() -> None:
    """A message of a type unknown here keeps all its data."""
    told = json.loads(encode(message("wechat.weapp_audit_success", AuditSuccess())))
    newer = {**told, "type": "weaudit.something_new", "data": {"origin": "push", "much": [1, 2]}}
    assert json.loads(encode(decode(json.dumps(newer)))) == newer


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", b"\xff", '{"specversion": "2.0"}', "{" * 1000])
def test_what_is_no_message_is_refused_with_our_own_error(text: str | bytes) -> None:
    """Decoding anything else ends in MessageError."""
    for read in (decode, decode_loosely):
        with pytest.raises(MessageError):
            read(text)


def test_a_message_that_another_version_wrote_can_be_read_loosely() -> None:
    """What does not fit its kind any more keeps its data, and says what does not fit."""
    told = encode(message("wechat.weapp_audit_success", AuditSuccess(succ_time=1)))
    other = told.replace('"succ_time":1', '"succ_time":"soon"')
    loosely, problem = decode_loosely(other)
    assert (loosely.id, loosely.subject, loosely.data.model_dump()["succ_time"]) == ("0" * 32, APP, "soon")
    assert "succ_time" in problem
    assert decode_loosely(told)[1] == ""


@given(FIELDS, FIELDS)
def test_identity_tells_repetitions_from_different_events(fields: dict[str, object], others: dict[str, object]) -> None:
    """The same fields in any order are the same event; any other fields, or mini program, are not."""
    id = identity(APP, fields)
    assert len(id) == 32
    assert identity(APP, dict(reversed(fields.items()))) == id
    assert identity("wxother", fields) != id
    assert (identity(APP, others) == id) == (fields == others)


def test_the_reason_is_kept_as_it_came() -> None:
    """White space and markup of a reason are not touched."""
    reason = " 1:a:<br>\n(1):b<BR/> "
    _, data = recognise({"Event": "weapp_audit_fail", "Reason": reason})
    assert isinstance(data, AuditFail)
    assert data.reason == reason
