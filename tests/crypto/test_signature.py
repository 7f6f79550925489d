import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import BadSignature
from crypto.signature import sign, verify
from tests.conftest import SAMPLES

VECTORS = {vector["name"]: vector for vector in json.loads((SAMPLES / "vectors.json").read_text("utf-8"))}
ANY_TEXT = st.text(st.characters())


def test_wechats_own_push_is_signed_as_we_sign() -> None:
    """WeChat's published push has the msg_signature that we compute."""
    vector = VECTORS["third_party_push_xml_safe"]
    query = vector["query"]
    assert sign(vector["token"], query["timestamp"], query["nonce"], vector["encrypt"]) == query["msg_signature"]
    assert sign(vector["token"], query["timestamp"], query["nonce"]) == query["signature"]


def test_wechats_own_get_is_signed_as_we_sign() -> None:
    """WeChat's published GET has the signature that we compute."""
    vector = VECTORS["get_echostr_plain"]
    query = vector["query"]
    verify(query["signature"], vector["token"], query["timestamp"], query["nonce"])


def test_wechats_own_reply_is_signed_as_we_sign() -> None:
    """WeChat's published reply has the msg_signature that we compute."""
    vector = VECTORS["third_party_push_xml_safe"]
    reply = vector["reply"]
    assert sign(vector["token"], reply["timestamp"], reply["nonce"], reply["encrypt"]) == reply["msg_signature"]


@given(st.lists(ANY_TEXT, min_size=1))
def test_the_order_of_the_parts_does_not_matter(parts: list[str]) -> None:
    """A signature belongs to its parts in any order."""
    verify(sign(*parts), *reversed(parts))


@given(ANY_TEXT, ANY_TEXT)
def test_any_other_signature_is_refused(signature: str, part: str) -> None:
    """Whatever is not the signature is refused with our own error, be it text of any kind."""
    if signature != sign(part):
        with pytest.raises(BadSignature):
            verify(signature, part)


@given(st.text(), st.text())
def test_a_changed_part_is_refused(part: str, other: str) -> None:
    """The signature of one part does not pass for another."""
    if part != other:
        with pytest.raises(BadSignature):
            verify(sign(part), other)
