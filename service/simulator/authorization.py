"""Tickets, codes and tokens: what they are exchanged for, and who authorized the platform.

https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/ticket-token/getComponentAccessToken.html
"""

import secrets
from typing import Any

from service.simulator.refusal import Refusal
from service.simulator.world import World

MOST_AUTHORIZERS = 500
PRE_AUTH_CODE_LIFE = 600


def api_component_token(
    world: World, component_appid: str, component_appsecret: str, component_verify_ticket: str
) -> Any:
    """Exchange the secret and a ticket for the platform's token."""
    _is_us(world, component_appid, component_appsecret)
    if component_verify_ticket not in world.tickets:
        raise Refusal(61006)
    if world.tickets[component_verify_ticket] <= world.clock():
        raise Refusal(61005)
    return {"component_access_token": world.grant(world.component_appid), "expires_in": world.token_life}


def api_start_push_ticket(world: World, component_appid: str, component_secret: str) -> Any:
    """Push tickets again."""
    _is_us(world, component_appid, component_secret)
    world.pushes_tickets = True
    return {"errcode": 0, "errmsg": "ok"}


def api_create_preauthcode(world: World, component_appid: str) -> Any:
    """Make a code for the page on which a merchant authorizes the platform."""
    _is_us(world, component_appid)
    return {"pre_auth_code": f"preauthcode@@@{secrets.token_urlsafe(32)}", "expires_in": PRE_AUTH_CODE_LIFE}


def api_query_auth(world: World, component_appid: str, authorization_code: str) -> Any:
    """Exchange an authorization code, once, for a mini program's tokens."""
    _is_us(world, component_appid)
    grant = world.codes.pop(authorization_code, None)
    if grant is None:
        raise Refusal(61009)
    if grant.expires_at <= world.clock():
        raise Refusal(61010)
    info = {
        "authorizer_appid": grant.appid,
        "authorizer_access_token": world.grant(grant.appid),
        "expires_in": world.token_life,
        "authorizer_refresh_token": world.apps[grant.appid].refresh_token,
        "func_info": [{"funcscope_category": {"id": 18}}],
    }
    return {"authorization_info": info}


def api_authorizer_token(
    world: World, component_appid: str, authorizer_appid: str, authorizer_refresh_token: str
) -> Any:
    """Exchange a refresh token for a mini program's next token."""
    _is_us(world, component_appid)
    app = world.app(authorizer_appid)
    former, until = app.former_refresh_token
    if authorizer_refresh_token not in (app.refresh_token, former if world.clock() < until else app.refresh_token):
        raise Refusal(61023)
    return {
        "authorizer_access_token": world.grant(authorizer_appid),
        "expires_in": world.token_life,
        "authorizer_refresh_token": app.refresh_token,
    }


def api_get_authorizer_info(world: World, component_appid: str, authorizer_appid: str) -> Any:
    """Say who a mini program is."""
    _is_us(world, component_appid)
    app = world.app(authorizer_appid)
    return {
        "authorizer_info": {
            "nick_name": app.nickname,
            "user_name": app.user_name,
            "principal_name": f"{app.nickname}有限公司",
            "account_status": 1,
            "service_type_info": {"id": 2 if app.traits.official_account else 0},
            **({} if app.traits.official_account else {"MiniProgramInfo": {"visit_status": int(not app.visible)}}),
        },
        "authorization_info": {
            "authorizer_appid": app.appid,
            "authorizer_refresh_token": app.refresh_token,
            "func_info": [{"funcscope_category": {"id": 18}}],
        },
    }


def api_get_authorizer_list(world: World, component_appid: str, offset: int, count: int) -> Any:
    """List the mini programs that authorize the platform."""
    _is_us(world, component_appid)
    if not 0 < count <= MOST_AUTHORIZERS or offset < 0:
        raise Refusal(40170)
    authorized = [app for app in world.apps.values() if app.authorized]
    page = [
        {"authorizer_appid": app.appid, "refresh_token": app.refresh_token, "auth_time": app.authorized_at}
        for app in authorized[offset : offset + count]
    ]
    return {"total_count": len(authorized), "list": page}


def _is_us(world: World, component_appid: str, secret: str | None = None) -> None:
    if component_appid != world.component_appid:
        raise Refusal(40013)
    if secret is not None and secret != world.secret:
        raise Refusal(40125)
