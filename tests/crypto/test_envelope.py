import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from crypto.envelope import aes_key, seal, unseal
from crypto.errors import BadCiphertext, BadKey, CryptoError, WrongAppId
from tests.conftest import SAMPLES

VECTORS = {vector["name"]: vector for vector in json.loads((SAMPLES / "vectors.json").read_text("utf-8"))}
PUSH = VECTORS["third_party_push_xml_safe"]
JAVA = VECTORS["sample_code_java_encrypt"]
PYTHON = VECTORS["sample_code_python_decrypt_compatible_mode_body"]
KEY, OTHER_KEY = aes_key("a" * 43), aes_key("b" * 43)
APPID = "wx134c8103faa5a59e"
KEYS = st.binary(min_size=32, max_size=32)


def encrypted(plain: bytes, key: bytes = KEY) -> str:
    """Encrypt a plaintext of whole blocks as it is, so that a test can break any part of it."""
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def padded(plain: bytes) -> bytes:
    """Pad to 32, as WeChat does."""
    padding = 32 - len(plain) % 32
    return plain + bytes([padding]) * padding


@pytest.mark.parametrize(
    ("vector", "appid"), [(PUSH, PUSH["tail_appid"]), (JAVA, JAVA["appid"])], ids=["official push", "official sample"]
)
def test_wechats_published_examples_are_sealed_to_the_letter(vector: dict[str, Any], appid: str) -> None:
    """With WeChat's random bytes, our sealed text is WeChat's."""
    key = aes_key(vector["encoding_aes_key"])
    assert seal(vector["msg"].encode(), key, appid, vector["random"].encode()) == vector["encrypt"]
    assert unseal(vector["encrypt"], [key], appid) == (vector["msg"].encode(), key)


def test_wechats_published_reply_is_sealed_to_the_letter() -> None:
    """The reply of WeChat's page is what we would answer."""
    reply, key = PUSH["reply"], aes_key(PUSH["encoding_aes_key"])
    assert seal(reply["msg"].encode(), key, APPID, reply["random"].encode()) == reply["encrypt"]


def test_wechats_sample_in_compatible_mode_opens() -> None:
    """The push of WeChat's Python sample opens, with its non-canonical key."""
    encrypt = PYTHON["body"].partition("<Encrypt><![CDATA[")[2].partition("]]>")[0]
    assert unseal(encrypt, [aes_key(PYTHON["encoding_aes_key"])], PYTHON["appid"]).content.decode() == PYTHON["msg"]


@given(st.binary(max_size=500), KEYS, st.text(max_size=40))
def test_what_is_sealed_can_be_unsealed(content: bytes, key: bytes, appid: str) -> None:
    """Unsealing gives back any content, for any key and appid, whatever the padding."""
    assert unseal(seal(content, key, appid), [key], appid) == (content, key)


@pytest.mark.parametrize("length", range(32))
def test_every_padding_from_1_to_32_opens(length: int) -> None:
    """A message of any length opens; a stock unpadder for AES fails on half of these."""
    assert unseal(seal(b"x" * length, KEY, APPID), [KEY], APPID).content == b"x" * length


def test_the_key_before_a_rotation_still_opens_and_is_remembered_for_the_reply() -> None:
    """After a rotation the former key is tried second, and named as the one that fitted."""
    assert unseal(seal(b"old", OTHER_KEY, APPID), [KEY, OTHER_KEY], APPID) == (b"old", OTHER_KEY)
    assert unseal(seal(b"new", KEY, APPID), [KEY, OTHER_KEY], APPID) == (b"new", KEY)


@given(st.binary(max_size=200), KEYS)
def test_a_message_for_another_appid_is_refused_as_such(content: bytes, key: bytes) -> None:
    """What was sealed for somebody else is refused, and called by its name, whichever key is tried too."""
    with pytest.raises(WrongAppId):
        unseal(seal(content, key, "wxsomebodyelse"), [key, OTHER_KEY], APPID)


@given(st.text() | st.binary() | st.binary().map(base64.b64encode))
def test_whatever_is_not_sealed_ends_in_our_own_error(sealed: str | bytes) -> None:
    """Random text, random bytes and base64 of random bytes never end in another error than ours."""
    with pytest.raises(CryptoError):
        unseal(sealed, [KEY, OTHER_KEY], APPID)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_sealed_text_that_was_cut_is_refused(content: bytes, data: st.DataObject) -> None:
    """A truncated text never opens."""
    sealed = seal(content, KEY, APPID)
    with pytest.raises(CryptoError):
        unseal(sealed[: data.draw(st.integers(0, len(sealed) - 1))], [KEY], APPID)


BROKEN = {
    "padding of 0": b"r" * 16 + b"\0" * 16,
    "padding of 33": b"r" * 31 + b"\x21",
    "padding whose bytes differ": b"r" * 16 + (9).to_bytes(4, "big") + b"x" * 9 + b"\x02\x02\x03",
    "length beyond the end": padded(b"r" * 16 + (2**32 - 1).to_bytes(4, "big") + APPID.encode()),
    "length one too long": padded(b"r" * 16 + (len(APPID) + 1).to_bytes(4, "big") + APPID.encode()),
    "nothing but padding": b"\x20" * 32,
}


@pytest.mark.parametrize("plain", BROKEN.values(), ids=BROKEN)
def test_a_plaintext_that_is_broken_is_refused(plain: bytes) -> None:
    """Each thing that can be wrong inside the encryption is refused."""
    with pytest.raises(BadCiphertext):
        unseal(encrypted(plain), [KEY], APPID)


@pytest.mark.parametrize("sealed", ["", "=", "AAAA", "a b c", "é" * 44, b"\xff" * 44, "A" * 43 + "\n"])
def test_a_text_that_is_no_base64_of_blocks_is_refused(sealed: str | bytes) -> None:
    """What cannot be a sealed text is refused before any key is tried."""
    with pytest.raises(BadCiphertext):
        unseal(sealed, [KEY], APPID)


def test_without_a_key_nothing_opens() -> None:
    """No key is an error of ours too."""
    with pytest.raises(BadCiphertext):
        unseal(seal(b"x", KEY, APPID), [], APPID)


@pytest.mark.parametrize("key", ["", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "+", "é" * 43])
def test_a_text_that_is_no_encoding_aes_key_is_refused(key: str) -> None:
    """An EncodingAESKey is 43 letters and digits; the error counts what was given and does not repeat it."""
    with pytest.raises(BadKey, match=f"has {len(key)}"):
        aes_key(key)


def test_a_key_whose_last_bits_belong_to_nothing_is_taken() -> None:
    """WeChat's own sample key is not canonical base64, and gives 32 bytes all the same."""
    assert len(aes_key("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")) == 32
