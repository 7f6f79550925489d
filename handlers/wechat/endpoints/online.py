"""代码管理, the third part: what users get: release, gray release, rollback."""

from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from handlers.wechat.endpoint import Endpoint, NoParameters, Ok, Reply, Request, Token
from handlers.wechat.endpoints.code import CHAPTER


class RevertRequest(Request):
    """Roll back to the version before, or to `app_version`; with `action` only list what there is."""

    action: Literal["get_history_version"] | None = None
    app_version: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.action and self.app_version is not None:
            raise ValueError("app_version: goes without action, which only lists")
        return self


class HistoryVersion(Reply):
    """A version that can be rolled back to; `commit_time` in Unix seconds."""

    also = MappingProxyType({"user_Desc": "user_desc"})

    app_version: int
    commit_time: int = 0
    user_version: str = ""
    user_desc: str = ""


class Reverted(Ok):
    """Nothing, or the versions that can be rolled back to: at most five."""

    version_list: tuple[HistoryVersion, ...] = ()


class GrayReleaseRequest(Request):
    """The percent of the users who get the approved version: 1 to 100, or 0 with one of the two flags.

    `support_debuger_first` (WeChat's spelling): members of the project first. `support_experiencer_first`: who may use
    the trial version first.
    """

    gray_percentage: Annotated[int, Field(strict=True, ge=0, le=100)]
    support_debuger_first: bool | None = None
    support_experiencer_first: bool | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.gray_percentage or self.support_debuger_first or self.support_experiencer_first):
            raise ValueError("gray_percentage: 0 needs support_debuger_first or support_experiencer_first")
        return self


class GrayReleasePlan(Reply):
    """A gray release. `status`: 0 new, 1 under way, 2 paused, 3 done, 4 deleted; `create_timestamp` in Unix seconds."""

    status: int = 0
    create_timestamp: int = 0
    gray_percentage: int = 0
    support_debuger_first: bool = False
    support_experiencer_first: bool = False


class GrayRelease(Reply):
    """The gray release that is under way, or was."""

    gray_release_plan: GrayReleasePlan | None = None


release = Endpoint(
    "POST",
    "/wxa/release",
    Token.AUTHORIZER,
    NoParameters,
    Ok,
    "put the approved version online for everybody",
    f"{CHAPTER}/release.html",
    (44002, 85019, 85020, 85052),
)
revertcoderelease = Endpoint(
    "GET",
    "/wxa/revertcoderelease",
    Token.AUTHORIZER,
    RevertRequest,
    Reverted,
    "roll back to an earlier version, or list the versions that there are",
    f"{CHAPTER}/revertCodeRelease.html",
    (40097, 87011, 87012),
)
grayrelease = Endpoint(
    "POST",
    "/wxa/grayrelease",
    Token.AUTHORIZER,
    GrayReleaseRequest,
    Ok,
    "put the approved version online for a percentage of the users",
    f"{CHAPTER}/grayRelease.html",
    (40097, 85079, 85080, 85081, 85082, 86002),
)
getgrayreleaseplan = Endpoint(
    "GET",
    "/wxa/getgrayreleaseplan",
    Token.AUTHORIZER,
    NoParameters,
    GrayRelease,
    "tell how far the gray release is",
    f"{CHAPTER}/getGrayReleasePlan.html",
    safe=True,
)
revertgrayrelease = Endpoint(
    "GET",
    "/wxa/revertgrayrelease",
    Token.AUTHORIZER,
    NoParameters,
    Ok,
    "cancel the gray release",
    f"{CHAPTER}/revertGrayRelease.html",
)
