"""代码管理, the second part: submit for review, ask for the verdict, withdraw, speed up."""

from enum import IntEnum
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import Field, field_validator

from handlers.wechat.endpoint import UPLOAD_WITHIN, Endpoint, Media, NoParameters, Ok, Reply, Request, Token, Upload
from handlers.wechat.endpoints.code import CHAPTER

MEGABYTE: Final = 2**20
# https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/miniprogram-management/code-management/uploadMediaToCodeAudit.html
LARGEST: Final = {
    "image/png": 2 * MEGABYTE,
    "image/jpeg": 2 * MEGABYTE,
    "image/gif": 2 * MEGABYTE,
    "video/mp4": 10 * MEGABYTE,
}
Text256 = Annotated[str, Field(max_length=256)]


class AuditStatus(IntEnum):
    """Where a review stands."""

    APPROVED = 0
    REJECTED = 1
    IN_REVIEW = 2
    WITHDRAWN = 3
    DELAYED = 4


class Item(Request):
    """One page to review. `tag`: at most ten tags of at most twenty characters each, separated by spaces."""

    address: str | None = None
    tag: str | None = None
    first_class: str
    second_class: str
    third_class: str | None = None
    title: Annotated[str, Field(max_length=32)] | None = None
    first_id: int
    second_id: int
    third_id: int | None = None

    @field_validator("tag")
    @classmethod
    def _fits(cls, tag: str | None) -> str | None:
        tags = (tag or "").split()
        if len(tags) > 10 or any(len(each) > 20 for each in tags):
            raise ValueError("at most ten tags of at most twenty characters each, separated by spaces")
        return tag


class PreviewInfo(Request):
    """Pictures and videos that show what the reviewers cannot reach: media ids of `uploadmedia`."""

    video_id_list: tuple[str, ...] | None = None
    pic_id_list: tuple[str, ...] | None = None


class UgcDeclare(Request):
    """What users may publish, and how that is watched; due with the first review under 社交 categories.

    `scene`: 0 none, 1 profile, 2 picture, 3 video, 4 text, 5 audio. `method`: 1 WeChat's interface, 2 another product,
    3 people, 4 none. `has_audit_team`: 0 or 1.
    """

    scene: tuple[Annotated[int, Field(ge=0, le=5)], ...]
    method: tuple[Annotated[int, Field(ge=1, le=4)], ...] | None = None
    other_scene_desc: Text256 | None = None
    has_audit_team: Annotated[int, Field(ge=0, le=1)] | None = None
    audit_desc: Text256 | None = None


class SubmitAuditRequest(Request):
    """The committed code, for review: one to five pages.

    `feedback_info` (at most 200 characters) and `feedback_stuff` (one to five ids of `media/upload`, between bars) are
    read only when the review before was rejected.
    """

    item_list: Annotated[tuple[Item, ...], Field(min_length=1, max_length=5)]
    version_desc: str | None = None
    feedback_info: Annotated[str, Field(max_length=200)] | None = None
    feedback_stuff: Annotated[str, Field(pattern=r"^[^|]+(\|[^|]+){0,4}$")] | None = None
    preview_info: PreviewInfo | None = None
    ugc_declare: UgcDeclare | None = None
    privacy_api_not_use: bool | None = None
    order_path: str | None = None


class Submitted(Reply):
    """The review that was begun."""

    auditid: int


class AuditRequest(Request):
    """One review."""

    auditid: Annotated[int, Field(ge=0)]


class Audit(Reply):
    """Where a review stands; `reason` is that of a rejection or a delay, `screenshot` holds media ids between bars."""

    also = MappingProxyType({"ScreenShot": "screenshot", "user_Desc": "user_desc"})

    status: AuditStatus
    reason: str = ""
    screenshot: str = ""


class LatestAudit(Audit):
    """The newest review of a mini program; `submit_audit_time` in Unix seconds."""

    auditid: int
    user_version: str = ""
    user_desc: str = ""
    submit_audit_time: int = 0


class AuditQuota(Reply):
    """How many reviews, and how many speed-ups, all mini programs of the platform together have left this month."""

    rest: int = 0
    limit: int = 0
    speedup_rest: int = 0
    speedup_limit: int = 0


class AuditMediaRequest(Upload):
    """A picture (PNG, JPEG or GIF, at most 2 MB) or a video (MP4, at most 10 MB) for the reviewers."""

    @field_validator("media")
    @classmethod
    def _fits(cls, media: Media) -> Media:
        largest = LARGEST.get(media.content_type)
        if largest is None:
            raise ValueError(f"{media.filename} is {media.content_type}; WeChat takes {', '.join(LARGEST)}")
        if not 0 < len(media.content) <= largest:
            raise ValueError(f"{media.filename} has {len(media.content)} bytes; WeChat takes 1 to {largest}")
        return media


class AuditMedia(Reply):
    """The id of what was uploaded, for `preview_info`; good for three days."""

    type: str = ""
    mediaid: str


submit_audit = Endpoint(
    "POST",
    "/wxa/submit_audit",
    Token.AUTHORIZER,
    SubmitAuditRequest,
    Submitted,
    "submit the committed code for review",
    f"{CHAPTER}/submitAudit.html",
    (
        *(61039, 61040, 85006, 85007, 85008, 85009, 85010, 85011, 85023, 85051, 85077, 85085, 85086, 85087),
        *(85092, 85093, 85094, 86000, 86001, 86002, 86007, 86008, 86009, 86010, 87006, 9400001, 9402202),
    ),
    in_turn=True,
)
get_auditstatus = Endpoint(
    "POST",
    "/wxa/get_auditstatus",
    Token.AUTHORIZER,
    AuditRequest,
    Audit,
    "tell where a review stands",
    f"{CHAPTER}/getAuditStatus.html",
    (85012, 86000, 86001),
    safe=True,
)
get_latest_auditstatus = Endpoint(
    "GET",
    "/wxa/get_latest_auditstatus",
    Token.AUTHORIZER,
    NoParameters,
    LatestAudit,
    "tell where the newest review stands",
    f"{CHAPTER}/getLatestAuditStatus.html",
    (85012, 85058, 86000, 86001),
    safe=True,
)
undocodeaudit = Endpoint(
    "GET",
    "/wxa/undocodeaudit",
    Token.AUTHORIZER,
    NoParameters,
    Ok,
    "withdraw the review that is under way; five times a day and ten a month",
    f"{CHAPTER}/undoAudit.html",
    (87012, 87013),
)
speedupaudit = Endpoint(
    "POST",
    "/wxa/speedupaudit",
    Token.AUTHORIZER,
    AuditRequest,
    Ok,
    "have a review done within 2 to 12 hours",
    f"{CHAPTER}/speedupCodeAudit.html",
    (89401, 89402, 89403, 89404, 89405),
)
queryquota = Endpoint(
    "GET",
    "/wxa/queryquota",
    Token.AUTHORIZER,
    NoParameters,
    AuditQuota,
    "tell how many reviews the platform has left this month",
    f"{CHAPTER}/setCodeAuditQuota.html",
    safe=True,
)
uploadmedia = Endpoint(
    "POST",
    "/wxa/uploadmedia",
    Token.AUTHORIZER,
    AuditMediaRequest,
    AuditMedia,
    "upload a picture or a video for the reviewers; good for three days",
    f"{CHAPTER}/uploadMediaToCodeAudit.html",
    (40005, 40006, 41005, 43002, 86020),
    seconds=UPLOAD_WITHIN,
)
