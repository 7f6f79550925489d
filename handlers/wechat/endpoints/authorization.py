"""第三方平台调用凭证 and 授权账号管理: the platform's token, the mini programs' tokens, who a mini program is."""

from typing import Annotated, Any, Final

from pydantic import Field

from handlers.wechat.endpoint import DOCS, Endpoint, Ok, Reply, Request, Secret, Token

TICKET: Final = f"{DOCS}/ticket-token"
MANAGEMENT: Final = f"{DOCS}/authorization-management"
# What every endpoint of the platform may answer besides: who we are, and from where we call.
PLATFORM = (40013, 41018, 45009, 47001, 48001, 61004, 61011)

# What WeChat says of an authorization code that was used, or is too old; its merchant let us in all the same.
CODE_IS_SPENT = (61009, 61010)


class ComponentTokenRequest(Request):
    """The platform's appid and secret, and the newest ticket, which is good for 12 hours."""

    component_appid: str
    component_appsecret: Secret
    component_verify_ticket: Secret


class ComponentToken(Reply):
    """The platform's token, good for `expires_in` seconds (7200)."""

    component_access_token: Secret
    expires_in: int


class StartPushTicketRequest(Request):
    """The platform's appid and secret, which WeChat calls component_secret here and component_appsecret elsewhere."""

    component_appid: str
    component_secret: Secret


class PlatformRequest(Request):
    """The platform."""

    component_appid: str


class PreAuthCode(Reply):
    """The code for the page on which a merchant authorizes the platform, good for `expires_in` seconds."""

    pre_auth_code: Secret
    expires_in: int


class QueryAuthRequest(Request):
    """The code that an `authorized` push brought; it works once."""

    component_appid: str
    authorization_code: Secret


class AuthorizationInfo(Reply):
    """The tokens of a mini program; both are absent if the account has no permission to call the API."""

    authorizer_appid: str
    authorizer_access_token: Secret = ""
    expires_in: int = 0
    authorizer_refresh_token: Secret = ""


class Authorization(Reply):
    """What a code was exchanged for."""

    authorization_info: AuthorizationInfo


class AuthorizerTokenRequest(Request):
    """A mini program and its newest refresh token."""

    component_appid: str
    authorizer_appid: str
    authorizer_refresh_token: Secret


class AuthorizerToken(Reply):
    """A mini program's token, good for `expires_in` seconds (7200), and the refresh token to keep from now on."""

    authorizer_access_token: Secret
    expires_in: int
    authorizer_refresh_token: Secret = ""


class AuthorizerInfoRequest(Request):
    """A mini program."""

    component_appid: str
    authorizer_appid: str


class Profile(Reply):
    """Who a mini program is; `user_name` is the gh_ id that pushes are addressed to.

    `MiniProgramInfo` is there for mini programs, and not for official accounts. `account_status`: 1 ordinary,
    14 closed, 16 banned, 18 warned, 19 frozen.
    """

    nick_name: str = ""
    user_name: str = ""
    principal_name: str = ""
    account_status: int = 0
    service_type_info: dict[str, Any] | None = None
    MiniProgramInfo: dict[str, Any] | None = None


class Granted(Reply):
    """What a mini program granted, with its present refresh token."""

    authorizer_refresh_token: Secret = ""
    func_info: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def sets(self) -> frozenset[int]:
        """Return the ids of the permission sets (权限集)."""
        categories = [each.get("funcscope_category") for each in self.func_info]
        ids = [str(category.get("id")) for category in categories if isinstance(category, dict)]
        return frozenset(int(id) for id in ids if id.isascii() and id.isdecimal())


class AuthorizerInfo(Reply):
    """Who a mini program is, and what it granted."""

    authorizer_info: Profile = Field(default_factory=Profile)
    authorization_info: Granted = Field(default_factory=Granted)


class AuthorizerListRequest(Request):
    """A page of the list: from `offset`, at most 500."""

    component_appid: str
    offset: Annotated[int, Field(ge=0)] = 0
    count: Annotated[int, Field(ge=1, le=500)] = 500


class ListedAuthorizer(Reply):
    """A mini program that authorized the platform, its present refresh token, and since when (Unix seconds)."""

    authorizer_appid: str
    refresh_token: Secret = ""
    auth_time: int = 0


class AuthorizerList(Reply):
    """A page of the mini programs that authorized the platform, and how many there are in all."""

    total_count: int = 0
    list: tuple[ListedAuthorizer, ...] = ()


api_component_token = Endpoint(
    "POST",
    "/cgi-bin/component/api_component_token",
    Token.NONE,
    ComponentTokenRequest,
    ComponentToken,
    "exchange the platform's secret and a ticket for its token",
    f"{TICKET}/getComponentAccessToken.html",
    (*PLATFORM, 40001, 40125, 40164, 41002, 41004, 61005, 61006),
)
api_start_push_ticket = Endpoint(
    "POST",
    "/cgi-bin/component/api_start_push_ticket",
    Token.NONE,
    StartPushTicketRequest,
    Ok,
    "let WeChat push verify tickets again, after they stopped coming",
    f"{TICKET}/startPushTicket.html",
    (*PLATFORM, 40125, 41004),
    safe=True,
)
api_create_preauthcode = Endpoint(
    "POST",
    "/cgi-bin/component/api_create_preauthcode",
    Token.COMPONENT,
    PlatformRequest,
    PreAuthCode,
    "make the code for the page on which a merchant authorizes the platform",
    f"{TICKET}/getPreAuthCode.html",
    PLATFORM,
    safe=True,
)
api_query_auth = Endpoint(
    "POST",
    "/cgi-bin/component/api_query_auth",
    Token.COMPONENT,
    QueryAuthRequest,
    Authorization,
    "exchange an authorization code, once, for a mini program's tokens",
    f"{TICKET}/getAuthorizerRefreshToken.html",
    (*PLATFORM, 61009, 61010),
)
api_authorizer_token = Endpoint(
    "POST",
    "/cgi-bin/component/api_authorizer_token",
    Token.COMPONENT,
    AuthorizerTokenRequest,
    AuthorizerToken,
    "exchange a refresh token for a mini program's next token",
    f"{TICKET}/getAuthorizerAccessToken.html",
    (*PLATFORM, 61003, 61014, 61023),
)
api_get_authorizer_info = Endpoint(
    "POST",
    "/cgi-bin/component/api_get_authorizer_info",
    Token.COMPONENT,
    AuthorizerInfoRequest,
    AuthorizerInfo,
    "tell who a mini program is and what it granted",
    f"{MANAGEMENT}/getAuthorizerInfo.html",
    (*PLATFORM, 61003),
    safe=True,
)
api_get_authorizer_list = Endpoint(
    "POST",
    "/cgi-bin/component/api_get_authorizer_list",
    Token.COMPONENT,
    AuthorizerListRequest,
    AuthorizerList,
    "list the mini programs that authorized the platform, with their refresh tokens",
    f"{MANAGEMENT}/getAuthorizerList.html",
    (*PLATFORM, 40170),
    safe=True,
)
