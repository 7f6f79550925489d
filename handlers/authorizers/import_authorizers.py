"""Mini programs that authorized the platform before weaudit came, or whose push was lost: WeChat lists them."""

from collections.abc import Iterator
from functools import partial
from operator import attrgetter

import structlog

from handlers.context import Context
from handlers.rounds import go_round
from handlers.wechat.endpoints import authorization as auth
from handlers.wechat.endpoints.authorization import AuthorizerInfoRequest, AuthorizerListRequest, ListedAuthorizer
from handlers.wechat.errors import WeChatError
from service.store import mini_programs
from service.store.engine import reading
from service.store.mini_programs import App

log = structlog.get_logger(__name__)


def learn_authorizers(context: Context) -> None:
    """Learn who authorizes the platform, and who that is.

    What a later push says counts more.
    """
    with reading(context.engine) as connection:
        known = set(mini_programs.authorized(connection))
    try:
        unknown = [listed for listed in _listed(context) if listed.authorizer_appid not in known]
    except WeChatError as error:
        log.warning("authorizers.put_off", error=str(error))
        return
    go_round(context, "learn authorizers", unknown, partial(_learn, context), attrgetter("authorizer_appid"))


def _listed(context: Context) -> Iterator[ListedAuthorizer]:
    us, seen = context.wechat.tokens.component_appid, 0
    while True:
        request = AuthorizerListRequest(component_appid=us, offset=seen)
        page = context.wechat.call(auth.api_get_authorizer_list, request)
        yield from page.list
        seen += len(page.list)
        if not page.list or seen >= page.total_count:
            return


def _learn(context: Context, listed: ListedAuthorizer) -> None:
    us, appid = context.wechat.tokens.component_appid, listed.authorizer_appid
    request = AuthorizerInfoRequest(component_appid=us, authorizer_appid=appid)
    who = context.wechat.call(auth.api_get_authorizer_info, request).authorizer_info
    app = App(appid, True, who.nick_name, who.user_name, who.principal_name, float(listed.auth_time))
    with context.engine.begin() as connection:
        if mini_programs.keep(connection, app):
            log.info("authorizers.learned", appid=appid)
