"""The fields of a push, from the decrypted text: strictly first, and where that fails, tolerantly and saying so.

Both run only behind the seal: whoever is not WeChat gets no second reading.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError

import xmltodict

from service.events.storable import REPLACEMENT

# A DOCTYPE can only stand before the root; xmltodict refuses entities, but would accept one.
BEGINS = re.compile(rb"\s*(<\?xml[^<>]*\?>)?\s*<xml>")
# WeChat's own events are three deep; much more would only exhaust whoever walks through it.
DEEPEST = 20
# What XML may not hold, as itself or as a reference. https://www.w3.org/TR/xml/#charsets
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|(\d{1,9}));")
# One field: its value ends where its own end follows, so that CDATA may hold `]]>` and markup; or with the text.
FIELD = re.compile(
    r"<(?P<name>[A-Za-z_][\w.-]*)(?:\s[^<>]*)?>\s*"
    r"(?:<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>\s*</(?P=name)\s*>|\Z)|(?P<plain>[^<]*)</(?P=name)\s*>)",
    re.DOTALL,
)
CLOSES = re.compile(r"</[A-Za-z_][\w.-]*\s*>\s*\Z")
ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
ENTITY = re.compile(r"&(lt|gt|amp|quot|apos);")
# A name that was cut off would be another one.
NAMES = ("Event", "InfoType", "MsgType")


class Read(NamedTuple):
    """The fields, in WeChat's names, and what was wrong with the text if it had to be read tolerantly."""

    fields: Mapping[str, Any]
    problem: str = ""


def read(content: bytes) -> Read:
    """Read the fields of a decrypted text. Never raises; without any field there is only a problem."""
    try:
        return Read(_strictly(content))
    except _NotRead as error:
        return _tolerantly(content, str(error))


class _NotRead(Exception):
    """The text cannot be read strictly."""


def _strictly(content: bytes) -> Mapping[str, Any]:
    if not BEGINS.match(content):
        raise _NotRead("the text does not begin with <xml>")
    try:
        fields = xmltodict.parse(content, "utf-8", disable_entities=True).get("xml")
    except (ExpatError, ValueError) as error:
        raise _NotRead(f"not XML: {error}") from None
    if not isinstance(fields, dict):
        raise _NotRead("the XML has no fields")
    # What is so deep has as many ends.
    if content.count(b"</") > DEEPEST and not _shallower_than(DEEPEST, fields):
        raise _NotRead(f"the XML is nested more than {DEEPEST} deep")
    return fields


def _tolerantly(content: bytes, problem: str) -> Read:
    """Read again without what XML forbids; and if that is not enough, field by field."""
    text = FORBIDDEN.sub(REPLACEMENT, REFERENCE.sub(_referred, decoded(content)))
    root = text.find("<xml")
    if root < 0:
        return Read({}, problem)
    inside = text[text.find(">", root) + 1 :]
    try:
        return Read(_strictly(f"<xml>{inside}".encode()), problem)
    except _NotRead:
        return Read(_field_by_field(inside), problem)


def _field_by_field(text: str) -> Mapping[str, Any]:
    fields: dict[str, Any] = {}
    for found in FIELD.finditer(text):
        name, value = found["name"], found["cdata"]
        is_cut_off = value is not None and not CLOSES.search(found[0])
        if is_cut_off and name in NAMES:
            continue
        if value is None:
            value = ENTITY.sub(lambda entity: ENTITIES[entity[1]], found["plain"]).strip()
        fields.setdefault(name, value.replace("]]]]><![CDATA[>", "]]>"))
    return fields


def decoded(content: bytes) -> str:
    """Decode a text that is UTF-8, CESU-8 or GBK, or none of them in places."""
    for encoding, errors in (("utf-8-sig", "strict"), ("utf-8", "surrogatepass")):
        try:
            text = content.decode(encoding, errors)
        except UnicodeError:
            continue
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = content.decode("utf-8", "replace")
    foreign = sum(not character.isascii() for character in text)
    if text.count(REPLACEMENT) * 2 > foreign:
        with suppress(UnicodeError):
            return content.decode("gb18030")
    return text


def _referred(found: "re.Match[str]") -> str:
    """Give the character of a reference to one that XML forbids; others are left to the parser."""
    number = int(found[1], 16) if found[1] else int(found[2])
    is_allowed = number <= 0x10FFFF and not FORBIDDEN.match(chr(number))
    return found[0] if is_allowed else REPLACEMENT


def _shallower_than(depth: int, value: Any) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(_shallower_than(depth - 1, item) for item in value.values())
    return not isinstance(value, list) or all(_shallower_than(depth, item) for item in value)
