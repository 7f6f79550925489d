"""openApi 管理: how often an endpoint may still be called, and setting the count back to nothing."""

from typing import Annotated, Final

from pydantic import Field

from handlers.wechat.endpoint import DOCS, Endpoint, Ok, Reply, Request, Secret, Token

CHAPTER: Final = f"{DOCS}/openapi"


class QuotaRequest(Request):
    """An endpoint by its path, with the slash and without the host: `/wxa/submit_audit`."""

    cgi_path: Annotated[str, Field(pattern=r"^/\S+$")]


class Daily(Reply):
    """Calls a day: allowed, made, left."""

    daily_limit: int = 0
    used: int = 0
    remain: int = 0


class Rate(Reply):
    """Calls within `refresh_second` seconds."""

    call_count: int = 0
    refresh_second: int = 0


class Quota(Reply):
    """How often an endpoint may be called."""

    quota: Daily = Field(default_factory=Daily)
    rate_limit: Rate | None = None


class ClearQuotaRequest(Request):
    """Whose counts are set back: a mini program's, or the platform's own."""

    appid: str


class ComponentClearQuotaRequest(Request):
    """The platform and its secret, which makes a token unnecessary; the platform's own counts, or a mini program's."""

    component_appid: str
    appsecret: Secret
    appid: str | None = None


get = Endpoint(
    "POST",
    "/cgi-bin/openapi/quota/get",
    Token.EITHER,
    QuotaRequest,
    Quota,
    "tell how often an endpoint may still be called today",
    f"{CHAPTER}/getApiQuota.html",
    (45009, 48001),
    safe=True,
)
clear_quota = Endpoint(
    "POST",
    "/cgi-bin/clear_quota",
    Token.EITHER,
    ClearQuotaRequest,
    Ok,
    "set the day's counts of calls back; ten times a month",
    f"{CHAPTER}/clearQuota.html",
    (48006,),
)
clear_quota_v2 = Endpoint(
    "POST",
    "/cgi-bin/component/clear_quota/v2",
    Token.NONE,
    ComponentClearQuotaRequest,
    Ok,
    "the same with the platform's secret, when no token can be had",
    f"{CHAPTER}/clearComponentQuotaByAppSecret.html",
    (40013, 41002, 41004, 48006),
)
