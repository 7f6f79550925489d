"""Mini programs that authorized the platform before weaudit came, or whose push was lost: WeChat lists them."""

from collections.abc import Iterator
from functools import partial
from operator import attrgetter

import structlog

from handlers.context import Context
from handlers.rounds import go_round
from handlers.wechat.endpoints import authorization as auth
from handlers.wechat.endpoints.authorization import (
    AuthorizerInfoRequest,
    AuthorizerListRequest,
    ListedAuthorizer,
    Profile,
)
from service.store import mini_programs
from service.store.engine import reading
from service.store.mini_programs import MINI_PROGRAM, OFFICIAL_ACCOUNT, MiniProgram

log = structlog.get_logger(__name__)


def learn_authorizers(context: Context) -> None:
    """Learn who authorizes the platform, and who that is.

    What a later push says counts more. Raises WeChatError if the list cannot be read.
    """
    with reading(context.engine) as connection:
        every = mini_programs.every(connection)
    known = {each.appid for each in every if each.authorized and each.account}
    unknown = [listed for listed in _listed(context) if listed.authorizer_appid not in known]
    go_round(context, "learn authorizers", unknown, partial(_learn, context), attrgetter("authorizer_appid"))


def named(profile: Profile) -> dict[str, str]:
    """Return who a mini program, or an official account, is."""
    return {
        "nickname": profile.nick_name,
        "user_name": profile.user_name,
        "principal_name": profile.principal_name,
        "account": _account(profile),
    }


def _account(profile: Profile) -> str:
    """Return what kind of account it is; WeChat tells MiniProgramInfo of mini programs alone."""
    is_official = profile.MiniProgramInfo is None and profile.service_type_info is not None
    return OFFICIAL_ACCOUNT if is_official else MINI_PROGRAM


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
    who = context.wechat.call(auth.api_get_authorizer_info, request)
    granted = ",".join(map(str, sorted(who.authorization_info.sets)))
    told = {**named(who.authorizer_info), "permission_sets": granted}
    app = MiniProgram(appid=appid, authorized=True, changed_at=float(listed.auth_time), **told)
    with context.engine.begin() as connection:
        mini_programs.learn_account(connection, appid, app.account)
        if mini_programs.keep(connection, app):
            log.info("authorizers.learned", appid=appid)
