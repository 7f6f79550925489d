"""全网发布检测: what WeChat's test accounts send before a platform is published, and the answers that it waits for.

https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/product/releases_instructions.html
"""

from collections.abc import Mapping

from crypto.envelope import seal
from crypto.signature import sign
from service.events.from_wechat import Text
from service.events.test_accounts import TEST_ACCOUNTS
from service.web.push import CODE_IN_A_TEXT, Lock, Push

ASKED = "TESTCOMPONENT_MSG_TYPE_TEXT"
ANSWERED = "TESTCOMPONENT_MSG_TYPE_TEXT_callback"
REPLY = (
    "<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName><![CDATA[{us}]]></FromUserName>"
    "<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content></xml>"
)
ENVELOPE = (
    "<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>"
    "<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
)


def code_in(secrets: Mapping[str, str]) -> str:
    """Return the authorization code that a test account sent, which is kept as a secret; empty if it sent none."""
    content = secrets.get("Content", "")
    return content.removeprefix(CODE_IN_A_TEXT) if content.startswith(CODE_IN_A_TEXT) else ""


def is_test_account(appid: str, user_name: str) -> bool:
    """Return whether a message is for one of WeChat's test accounts."""
    return TEST_ACCOUNTS.get(appid) == user_name


def answer(push: Push, lock: Lock, *, nonce: str, now: int) -> str | None:
    """Return the body that WeChat's test waits for: a sealed reply, or nothing; None if this is no test."""
    message, data = push.message, push.message.data
    if not isinstance(data, Text) or not is_test_account(message.subject, data.to_user_name):
        return None
    if code_in(push.secrets):
        return ""
    if data.content != ASKED:
        return None
    reply = REPLY.format(to=data.from_user_name, us=data.to_user_name, now=now, content=ANSWERED)
    encrypt = seal(reply.encode(), push.key, lock.component_appid)
    signature = sign(lock.token, str(now), nonce, encrypt)
    return ENVELOPE.format(encrypt=encrypt, signature=signature, timestamp=now, nonce=nonce)
