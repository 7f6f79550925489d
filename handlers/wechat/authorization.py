"""第三方平台调用凭证 and 授权账号管理: the platform's token, the mini programs' tokens, who a mini program is.

https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/ticket-token/getComponentAccessToken.html
"""

from pydantic import Field

from handlers.wechat.endpoint import Answer, Endpoint, Request, Token


class ComponentTokenRequest(Request):
    """The platform's appid and secret, and the newest ticket."""

    component_appid: str
    component_appsecret: str
    component_verify_ticket: str


class ComponentToken(Answer):
    """The platform's token, good for `expires_in` seconds (7200)."""

    component_access_token: str
    expires_in: int


class QueryAuthRequest(Request):
    """The code that an `authorized` push brought; it works once."""

    component_appid: str
    authorization_code: str


class AuthorizationInfo(Answer):
    """The tokens of a mini program; both are absent if the account has no permission to call the API."""

    authorizer_appid: str
    authorizer_access_token: str = ""
    expires_in: int = 0
    authorizer_refresh_token: str = ""


class Authorization(Answer):
    """What a code was exchanged for."""

    authorization_info: AuthorizationInfo


class AuthorizerTokenRequest(Request):
    """A mini program and its newest refresh token."""

    component_appid: str
    authorizer_appid: str
    authorizer_refresh_token: str


class AuthorizerToken(Answer):
    """A mini program's token, good for `expires_in` seconds (7200), and the refresh token to keep from now on."""

    authorizer_access_token: str
    expires_in: int
    authorizer_refresh_token: str = ""


class AuthorizerInfoRequest(Request):
    """A mini program."""

    component_appid: str
    authorizer_appid: str


class Profile(Answer):
    """Who a mini program is; `user_name` is the gh_ id that pushes are addressed to."""

    nick_name: str = ""
    user_name: str = ""
    principal_name: str = ""


class Granted(Answer):
    """What a mini program granted, with its present refresh token."""

    authorizer_refresh_token: str = ""


class AuthorizerInfo(Answer):
    """Who a mini program is, and what it granted."""

    authorizer_info: Profile = Field(default_factory=Profile)
    authorization_info: Granted = Field(default_factory=Granted)


api_component_token = Endpoint(
    "POST", "/cgi-bin/component/api_component_token", Token.NONE, ComponentTokenRequest, ComponentToken
)
api_query_auth = Endpoint("POST", "/cgi-bin/component/api_query_auth", Token.COMPONENT, QueryAuthRequest, Authorization)
api_authorizer_token = Endpoint(
    "POST", "/cgi-bin/component/api_authorizer_token", Token.COMPONENT, AuthorizerTokenRequest, AuthorizerToken
)
api_get_authorizer_info = Endpoint(
    "POST", "/cgi-bin/component/api_get_authorizer_info", Token.COMPONENT, AuthorizerInfoRequest, AuthorizerInfo
)
