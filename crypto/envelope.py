"""WeChat's AES envelope: AES-256-CBC over 16 random bytes, a length, the message and an appid, padded to 32.

https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/message_push.html
"""

import base64
import binascii
import os
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from crypto.errors import BadCiphertext, BadKey, CryptoError, WrongAppId

# Twice the cipher's own block: 1..32, so that a stock unpadder for AES fails on 17..32.
PADDED_TO = 32
PADDING = PKCS7(PADDED_TO * 8)
RANDOM = 16
LENGTH = 4
ENCODING_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")


class Unsealed(NamedTuple):
    """A message and the key that opened it, with which WeChat wants the reply sealed."""

    content: bytes
    key: bytes


def aes_key(encoding_aes_key: str) -> bytes:
    """Decode the 43 characters of an EncodingAESKey to the 32 bytes of the AES key.

    The last character may carry two bits that belong to nothing (WeChat's own sample key does); they are ignored.
    Raises BadKey.
    """
    if not ENCODING_AES_KEY.fullmatch(encoding_aes_key):
        raise BadKey(f"an EncodingAESKey is 43 characters of a-z, A-Z, 0-9; this one has {len(encoding_aes_key)}")
    return base64.b64decode(encoding_aes_key + "=")


def seal(content: bytes, key: bytes, appid: str, random: bytes | None = None) -> str:
    """Seal a message for an appid, as WeChat does; base64 text. `random` is 16 bytes, fresh ones unless given."""
    head = os.urandom(RANDOM) if random is None else random
    plain = head + len(content).to_bytes(LENGTH, "big") + content + appid.encode()
    padder, encryptor = PADDING.padder(), _cipher(key).encryptor()
    padded = padder.update(plain) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode("ascii")


def unseal(sealed: str | bytes, keys: Sequence[bytes], appid: str) -> Unsealed:
    """Open a sealed message with the first of the keys that fits: the current one, then the one before a rotation.

    Raises BadCiphertext when none opens it, WrongAppId when it was sealed for another appid.
    """
    try:
        ciphertext = binascii.a2b_base64(sealed, strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise BadCiphertext("the sealed text is not base64") from error
    if not ciphertext or len(ciphertext) % PADDED_TO:
        raise BadCiphertext(f"a sealed message is a multiple of {PADDED_TO} bytes, not {len(ciphertext)}")
    refusals: list[CryptoError] = [BadCiphertext("there is no key to open it with")]
    for key in keys:
        try:
            return Unsealed(_open(ciphertext, key, appid.encode()), key)
        except CryptoError as refusal:
            refusals.append(refusal)
    # A wrong key passes the padding check once in a while, so any key may speak of a wrong appid: believe it first.
    raise next((refusal for refusal in refusals if isinstance(refusal, WrongAppId)), refusals[-1])


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def _open(ciphertext: bytes, key: bytes, appid: bytes) -> bytes:
    decryptor, unpadder = _cipher(key).decryptor(), PADDING.unpadder()
    try:
        plain = unpadder.update(decryptor.update(ciphertext) + decryptor.finalize()) + unpadder.finalize()
    except ValueError:
        raise BadCiphertext("the padding is wrong: is WECHAT_ENCODING_AES_KEY the key of this platform?") from None
    begin = RANDOM + LENGTH
    end = begin + int.from_bytes(plain[RANDOM:begin], "big")
    if end > len(plain):
        raise BadCiphertext("the message is shorter than its length says")
    if plain[end:] != appid:
        raise WrongAppId("the message was sealed for another appid than WECHAT_COMPONENT_APPID")
    return plain[begin:end]
