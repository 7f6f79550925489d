"""How far a text is read: every kind of oddity that was seen in public, and others of its kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.events.from_wechat import AuditFail, AuditSuccess
from service.events.message import recognise
from service.events.reading import read
from service.events.storable import storable

WHO = "<ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[od]]></FromUserName>"
HEAD = f"<xml>{WHO}<CreateTime>1</CreateTime>"
EVENT = "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[weapp_audit_fail]]></Event>"


def rejection(reason: str, end: str = "</Reason><FailTime>1</FailTime></xml>", head: str = HEAD) -> str:
    """Write a rejection with anything as its reason."""
    return f"{head}{EVENT}<Reason>{reason}{end}"


def understood(content: bytes | str) -> AuditFail:
    """Read a rejection."""
    text = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    fields, problem = read(text)
    kind, data = recognise(fields, problem)
    assert (kind, type(data)) == ("wechat.weapp_audit_fail", AuditFail), problem
    assert isinstance(data, AuditFail)
    return data


CONTROL = ["\x10", "\x02", "\b", "\x0b", "\x1d", "\x00", "\uffff", "\ufffe", "\ud83d", "\ude00"]


@pytest.mark.parametrize("odd", CONTROL, ids=ascii)
def test_a_character_that_xml_forbids_is_replaced_and_the_verdict_stands(odd: str) -> None:
    """In CDATA or plain; what people read is all the rest."""
    for text in (rejection(f"<![CDATA[1:标题:<br>(1):页面出现{odd}测试<br>]]>"), rejection(f"1:标题{odd}")):
        data = understood(text)
        assert data.reasons[0].title.startswith("标题")
        assert data.problem
        assert storable(data.reason) == data.reason


@pytest.mark.parametrize("reference", ["&#0;", "&#x10;", "&#xD83D;", "&#65535;", "&#x110000;"])
def test_a_reference_to_such_a_character_too(reference: str) -> None:
    """It is no markup that could not be read."""
    assert understood(rejection(f"1:标题:{reference}测试")).reason == "1:标题:\N{REPLACEMENT CHARACTER}测试"


SHAPES = {
    "a mark at the beginning": "\ufeff" + rejection("<![CDATA[1:标题:]]>"),
    "a comment at the root": "<!-- x -->" + rejection("<![CDATA[1:标题:]]>"),
    "an attribute at the root": rejection("<![CDATA[1:标题:]]>").replace("<xml>", '<xml version="1">'),
    "an end of CDATA inside": rejection("<![CDATA[1:标题:]]>甲]]>"),
    "CDATA in CDATA": rejection("<![CDATA[1:标题:<![CDATA[甲]]>乙]]>"),
    "markup outside CDATA": rejection("1:标题:<br>(1):甲<br>"),
    "an entity that nobody declared": rejection("1:标题:&nbsp;甲"),
    "a bare ampersand": rejection("1:标题:A&B"),
    "cut off in the reason": rejection("<![CDATA[1:标题:<br>(1):页面", end=""),
    "cut off behind it": rejection("<![CDATA[1:标题:]]>", end="</Rea"),
    "two roots": rejection("<![CDATA[1:标题:]]>") + "<xml/>",
    "twice": rejection("<![CDATA[1:标题:]]></Reason><Reason><![CDATA[1:标题:]]>"),
    "in capitals": rejection("<![CDATA[1:标题:]]>").replace("weapp_audit_fail", "WEAPP_AUDIT_FAIL"),
    "a time that is none": rejection("<![CDATA[1:标题:]]>").replace("<FailTime>1<", "<FailTime>1.5e9<"),
    "a sender with elements": rejection("<![CDATA[1:标题:]]>").replace("<![CDATA[od]]>", "<a>od</a>"),
}


@pytest.mark.parametrize("content", SHAPES.values(), ids=list(SHAPES))
def test_a_text_that_is_a_hair_off_is_still_its_verdict(content: str) -> None:
    """Whatever is wrong with what no decision needs."""
    understood(content)


def test_the_bytes_of_another_encoding_are_read() -> None:
    """GBK; CESU-8, which writes an emoji as two halves; and UTF-8 that was cut inside a character."""
    text = rejection("<![CDATA[1:标题:<br>(1):测试😀<br>]]>")
    halves = "".join(chr(unit) for unit in (0xD83D, 0xDE00)).encode("utf-8", "surrogatepass")
    assert understood(text.replace("😀", "").encode("gbk")).reasons[0].title == "标题"
    assert understood(text.encode().replace("😀".encode(), halves)).reasons[0].details == ("测试😀",)
    assert understood(text.encode().replace("😀".encode(), "😀".encode()[:2])).reasons[0].title == "标题"


def test_a_name_that_was_cut_off_is_no_name() -> None:
    """It would be that of another event."""
    fields, problem = read(f"{HEAD}<Event><![CDATA[weapp_audit_fail".encode())
    assert "Event" not in fields
    assert problem


def test_no_entity_is_ever_expanded() -> None:
    """Whoever is authentic may still be careless."""
    bomb = '<!DOCTYPE x [<!ENTITY a "ha">]>' + rejection("&a;&a;")
    fields, problem = read(bomb.encode())
    assert "haha" not in str(fields)
    assert problem


@given(st.text(st.characters(codec=None)), st.sampled_from(["", "</Reason>", "]]></Reason></xml>", "</xml>"]))
def test_whatever_a_reason_holds_the_verdict_is_read(reason: str, end: str) -> None:
    """If its end can be found, or not: the event stands before it."""
    fields, _ = read(rejection(f"<![CDATA[{reason}", end).encode("utf-8", "surrogatepass"))
    kind, _ = recognise(fields, "")
    assert kind == "wechat.weapp_audit_fail"


@given(st.binary())
def test_no_bytes_make_it_fail(content: bytes) -> None:
    """And what is said of them can be kept."""
    for text in (content, b"<xml>" + content, b"<xml><Event><![CDATA[" + content):
        fields, problem = read(text)
        assert fields or problem
        assert storable(problem) == problem


def test_an_approval_needs_nothing_but_its_name() -> None:
    """Whatever else is missing or odd."""
    fields, problem = read(b"<xml><Event>weapp_audit_success</Event><SuccTime>abc")
    kind, data = recognise(fields, problem)
    assert kind == "wechat.weapp_audit_success"
    assert isinstance(data, AuditSuccess)
    assert data.problem
