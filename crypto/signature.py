"""WeChat's signature: SHA-1 over the sorted parts.

https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/message_push.html
"""

import hashlib
import hmac

from crypto.errors import BadSignature


def sign(*parts: str) -> str:
    """Sign the parts: 40 lower-case hex digits of the SHA-1 over their sorted concatenation."""
    # WeChat chose SHA-1. surrogatepass: a part may be any string a query can hold, and must not raise here.
    joined = "".join(sorted(parts)).encode("utf-8", "surrogatepass")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def verify(signature: str, *parts: str) -> None:
    """Check, in constant time, that the signature belongs to the parts.

    Raises BadSignature.
    """
    given = signature.encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, sign(*parts).encode("ascii")):
        raise BadSignature("the signature does not match: is WECHAT_TOKEN the 消息校验Token of this platform?")
