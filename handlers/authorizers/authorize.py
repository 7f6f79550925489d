"""The reaction to authorizations: exchange the code, keep or forget the tokens, learn who the mini program is."""

import json

from handlers.answers import Answer, Done, Skipped
from handlers.authorizers.import_authorizers import named
from handlers.context import Context
from handlers.wechat.endpoints import authorization as auth
from handlers.wechat.endpoints.authorization import AuthorizationInfo
from handlers.wechat.errors import Refused, WeChatError
from service.events.from_wechat import Authorized, Unauthorized
from service.events.message import Message
from service.store import mini_programs
from service.store.credentials import CredentialKind
from service.store.engine import reading
from service.store.mini_programs import MiniProgram

CODE = "AuthorizationCode"
NEWER = Skipped("WeChat has said something newer about this authorization")


def authorize(context: Context, message: Message) -> Answer:
    """Let a mini program in, or out; of two words about it the newer counts, whichever comes first.

    Raises WeChatError.
    """
    data = message.data
    if not isinstance(data, Authorized | Unauthorized):
        return Skipped(f"{message.type} is no authorization")
    told_at = float(data.create_time or 0)
    with reading(context.engine) as connection:
        known = mini_programs.find(connection, data.authorizer_appid)
    if known and known.changed_at > told_at:
        return NEWER
    former = known or MiniProgram(data.authorizer_appid, False, "", "", "", told_at)
    if isinstance(data, Unauthorized):
        return _let_out(context, former._replace(authorized=False, changed_at=told_at))
    return _let_in(context, message.id, former._replace(authorized=True, changed_at=told_at))


def _let_out(context: Context, app: MiniProgram) -> Answer:
    with context.engine.begin() as connection:
        if not mini_programs.keep(connection, app):
            return NEWER
        context.wechat.tokens.forget(connection, app.appid)
    return Done(f"{app.title} took its authorization back; its tokens are forgotten")


def _let_in(context: Context, push_id: str, app: MiniProgram) -> Answer:
    asked_at = context.clock()
    exchanged = _exchange_code(context, push_id)
    request = auth.AuthorizerInfoRequest(
        component_appid=context.wechat.tokens.component_appid, authorizer_appid=app.appid
    )
    who = context.wechat.call(auth.api_get_authorizer_info, request)
    # A code may have been used before, by a worker that did not live to write it down, or be too old, or bring an
    # empty token: WeChat still tells which one there is.
    refresh_token = who.authorization_info.authorizer_refresh_token
    if exchanged is None:
        exchanged = AuthorizationInfo(authorizer_appid=app.appid, authorizer_refresh_token=refresh_token)
    elif not exchanged.authorizer_refresh_token:
        exchanged = exchanged.model_copy(update={"authorizer_refresh_token": refresh_token})
    if not exchanged.authorizer_refresh_token:
        text = f"{app.appid} has to authorize again: there is neither a code nor a token"
        raise Refused("api_query_auth", text)
    profile = who.authorizer_info
    granted = ",".join(map(str, sorted(who.authorization_info.sets)))
    app = MiniProgram(**{**app._asdict(), **named(profile), "permission_sets": granted})
    with context.engine.begin() as connection:
        if not mini_programs.keep(connection, app):
            return NEWER
        context.wechat.tokens.adopt(connection, exchanged, asked_at)
        context.credentials.forget(connection, CredentialKind.PUSH, push_id)
    return Done(f"{app.title} is authorized")


def _exchange_code(context: Context, push_id: str) -> AuthorizationInfo | None:
    """Exchange the code that a push brought; None if it brought none that WeChat still takes."""
    with reading(context.engine) as connection:
        brought = context.credentials.read(connection, CredentialKind.PUSH, push_id)
    code = json.loads(brought.value).get(CODE) if brought else None
    if code is None:
        return None
    request = auth.QueryAuthRequest(component_appid=context.wechat.tokens.component_appid, authorization_code=code)
    try:
        return context.wechat.call(auth.api_query_auth, request).authorization_info
    except WeChatError as error:
        if error.code in auth.CODE_IS_SPENT:
            return None
        raise
