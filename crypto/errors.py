"""What can be wrong with a sealed message.

CryptoError
├── BadKey         the EncodingAESKey itself is not one
├── BadSignature   the sender does not know our token, or the message was altered
├── BadCiphertext  no key of ours opens it
└── WrongAppId     it opens, but was sealed for somebody else
"""


class CryptoError(Exception):
    """Any refusal of this package; the text says why and never contains a key or a message."""


class BadKey(CryptoError):
    """The EncodingAESKey is not 43 characters of a-z, A-Z, 0-9."""


class BadSignature(CryptoError):
    """The signature does not belong to the signed parts."""


class BadCiphertext(CryptoError):
    """The sealed text is not base64 of something that one of the keys opens."""


class WrongAppId(CryptoError):
    """The message was sealed for another appid than ours."""
