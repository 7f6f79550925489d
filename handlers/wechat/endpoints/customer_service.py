"""客服消息: a message to a customer, on behalf of the account that he wrote to."""

from typing import Literal

from handlers.wechat.endpoint import Endpoint, Ok, Request, Token


class SentText(Request):
    """What the message says."""

    content: str


class SendRequest(Request):
    """A text to the customer `touser`, within 48 hours after he wrote."""

    touser: str
    msgtype: Literal["text"]
    text: SentText


send = Endpoint(
    "POST",
    "/cgi-bin/message/custom/send",
    Token.AUTHORIZER,
    SendRequest,
    Ok,
    "send a text to a customer who wrote to the mini program",
    "https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage",
)
