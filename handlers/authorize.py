"""The reaction to authorizations: exchange the code, keep or forget the tokens, learn who the mini program is."""

import json

import structlog

from handlers.context import Answer, Context, Done, Skipped
from handlers.wechat import authorization as auth
from handlers.wechat.errors import Refused, WeChatError
from service import apps
from service.apps import App
from service.credentials import Kind
from service.kinds import Authorized, Unauthorized
from service.messages import Message

log = structlog.get_logger(__name__)

CODE = "AuthorizationCode"
CODE_WAS_USED = 61009


def authorize(context: Context, message: Message) -> Answer:
    """Let a mini program in, or out.

    Raises WeChatError.
    """
    data = message.data
    if not isinstance(data, Authorized | Unauthorized):
        return Skipped(f"{message.type} is no authorization")
    appid, told_at = data.authorizer_appid, float(data.create_time or 0)
    with context.engine.begin() as connection:
        known = apps.find(connection, appid)
    if known and known.changed_at > told_at:
        return Skipped("WeChat has said something newer about this authorization")
    if isinstance(data, Unauthorized):
        context.wechat.tokens.forget(appid)
        former = known or App(appid, False, "", "", "", told_at)
        with context.engine.begin() as connection:
            apps.keep(connection, former._replace(authorized=False, changed_at=told_at))
        return Done(f"{former.title} took its authorization back; its tokens are forgotten")
    _exchange_code(context, message.id, appid)
    app = _who_is(context, appid, told_at)
    with context.engine.begin() as connection:
        apps.keep(connection, app)
    return Done(f"{app.title} is authorized")


def _exchange_code(context: Context, push_id: str, appid: str) -> None:
    with context.engine.begin() as connection:
        brought = context.credentials.read(connection, Kind.PUSH, push_id)
    code = json.loads(brought.value).get(CODE) if brought else None
    if code is None:
        if context.wechat.tokens.holds(appid):  # exchanged before, by a worker that did not live to say so
            return
        raise Refused("api_query_auth", f"the authorization of {appid} came without a code; it has to authorize again")
    tokens = context.wechat.tokens
    request = auth.QueryAuthRequest(component_appid=tokens.component_appid, authorization_code=code)
    try:
        answer = context.wechat.call(auth.api_query_auth, request)
    except WeChatError as error:
        if error.code == CODE_WAS_USED and tokens.holds(appid):
            return
        raise
    tokens.adopt(answer.authorization_info)
    with context.engine.begin() as connection:
        context.credentials.forget(connection, Kind.PUSH, push_id)


def _who_is(context: Context, appid: str, told_at: float) -> App:
    request = auth.AuthorizerInfoRequest(component_appid=context.wechat.tokens.component_appid, authorizer_appid=appid)
    profile = context.wechat.call(auth.api_get_authorizer_info, request).authorizer_info
    return App(appid, True, profile.nick_name, profile.user_name, profile.principal_name, told_at)
