"""The reaction to 全网发布检测: exchange the code that a test account sent, and send it back through the API."""

import json

from handlers.answers import Answer, Done, Skipped
from handlers.context import Context
from handlers.wechat.endpoints import authorization as auth
from handlers.wechat.endpoints import customer_service
from handlers.wechat.endpoints.customer_service import SendRequest, SentText
from handlers.wechat.errors import WeChatError
from service.events.from_wechat import Text
from service.events.message import Message
from service.store.credentials import CredentialKind
from service.store.engine import reading
from service.web.publish_check_reply import code_in, is_test_account


def publish_check(context: Context, message: Message) -> Answer:
    """Answer a test account of WeChat's with `<code>_from_api`, as a message to its customer.

    Raises WeChatError.
    """
    data = message.data
    if not isinstance(data, Text) or not is_test_account(message.subject, data.to_user_name):
        return Skipped("no message of WeChat's publish check")
    with reading(context.engine) as connection:
        brought = context.credentials.read(connection, CredentialKind.PUSH, message.id)
    code = code_in(json.loads(brought.value)) if brought else ""
    if not code:
        return Skipped("a message of WeChat's publish check that needs no more than its answer")
    _exchange(context, code)
    request = SendRequest(touser=data.from_user_name, msgtype="text", text=SentText(content=f"{code}_from_api"))
    context.wechat.call(customer_service.send, request, message.subject)
    with context.engine.begin() as connection:
        context.credentials.forget(connection, CredentialKind.PUSH, message.id)
    return Done(f"WeChat's publish check: the code of {message.subject} was sent back")


def _exchange(context: Context, code: str) -> None:
    """Exchange the code for the test account's tokens; of one that was used before, WeChat's list tells the token."""
    asked_at = context.clock()
    request = auth.QueryAuthRequest(component_appid=context.wechat.tokens.component_appid, authorization_code=code)
    try:
        info = context.wechat.call(auth.api_query_auth, request).authorization_info
    except WeChatError as error:
        if error.code not in auth.CODE_IS_SPENT:
            raise
        return
    with context.engine.begin() as connection:
        context.wechat.tokens.adopt(connection, info, asked_at)
