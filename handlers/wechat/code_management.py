"""代码管理: commit code to a mini program, submit it for review, ask for the verdict, release it.

https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/miniprogram-management/code-management/commit.html
"""

from enum import IntEnum
from typing import Annotated, Any

from pydantic import AliasChoices, Field

from handlers.wechat.endpoint import Answer, Endpoint, Request, Token


class AuditStatus(IntEnum):
    """Where a review stands."""

    APPROVED = 0
    REJECTED = 1
    IN_REVIEW = 2
    WITHDRAWN = 3
    DELAYED = 4


class Nothing(Request):
    """No parameters; a POST still carries `{}`, because WeChat refuses an empty body (44002)."""


class Ok(Answer):
    """It worked; there is nothing more to say."""


class CommitRequest(Request):
    """A template for a mini program. `ext_json` is JSON in a string."""

    template_id: int
    ext_json: str
    user_version: str = Field(max_length=64)
    user_desc: str


class Pages(Answer):
    """The pages of the committed code."""

    page_list: tuple[str, ...] = ()


class Category(Answer):
    """A category that the mini program may submit under."""

    first_class: str
    second_class: str
    third_class: str | None = None
    first_id: int
    second_id: int
    third_id: int | None = None


class Categories(Answer):
    """The categories of the mini program."""

    category_list: tuple[Category, ...] = ()


class Item(Request):
    """One page to review. `tag`: at most ten tags of at most twenty characters each, separated by spaces."""

    address: str | None = None
    tag: Annotated[str, Field(pattern=r"^(\S{1,20}( \S{1,20}){0,9})?$")] | None = None
    first_class: str
    second_class: str
    third_class: str | None = None
    title: Annotated[str, Field(max_length=32)] | None = None
    first_id: int
    second_id: int
    third_id: int | None = None


class SubmitAuditRequest(Request):
    """The committed code, for review. `feedback_info` is read only when the review before was rejected."""

    item_list: Annotated[tuple[Item, ...], Field(min_length=1, max_length=5)]
    version_desc: str | None = None
    feedback_info: Annotated[str, Field(max_length=200)] | None = None
    feedback_stuff: str | None = None
    preview_info: dict[str, Any] | None = None
    ugc_declare: dict[str, Any] | None = None
    privacy_api_not_use: bool | None = None
    order_path: str | None = None


class Submitted(Answer):
    """The review that was begun."""

    auditid: int


class AuditStatusRequest(Request):
    """One review."""

    auditid: int


class Audit(Answer):
    """Where a review stands; `reason` is that of a rejection or a delay, `screenshot` holds media ids between bars."""

    status: AuditStatus
    reason: str = ""
    screenshot: str = Field("", validation_alias=AliasChoices("screenshot", "ScreenShot"))


class LatestAudit(Audit):
    """The newest review of a mini program; `submit_audit_time` in Unix seconds."""

    auditid: int
    user_version: str = ""
    user_desc: str = ""
    submit_audit_time: int = 0


class GrayReleaseRequest(Request):
    """The percent of the users who get the approved version."""

    gray_percentage: int = Field(ge=0, le=100)
    support_debuger_first: bool | None = None
    support_experiencer_first: bool | None = None


commit = Endpoint("POST", "/wxa/commit", Token.AUTHORIZER, CommitRequest, Ok)
get_page = Endpoint("GET", "/wxa/get_page", Token.AUTHORIZER, Nothing, Pages)
get_category = Endpoint("GET", "/wxa/get_category", Token.AUTHORIZER, Nothing, Categories)
submit_audit = Endpoint("POST", "/wxa/submit_audit", Token.AUTHORIZER, SubmitAuditRequest, Submitted)
get_auditstatus = Endpoint("POST", "/wxa/get_auditstatus", Token.AUTHORIZER, AuditStatusRequest, Audit)
get_latest_auditstatus = Endpoint("GET", "/wxa/get_latest_auditstatus", Token.AUTHORIZER, Nothing, LatestAudit)
release = Endpoint("POST", "/wxa/release", Token.AUTHORIZER, Nothing, Ok)
grayrelease = Endpoint("POST", "/wxa/grayrelease", Token.AUTHORIZER, GrayReleaseRequest, Ok)
