"""代码管理, the first part: a template's code in a mini program, its trial version, and what may be done with it."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from handlers.wechat.endpoint import DOCS, Endpoint, File, NoParameters, Ok, Reply, Request, Token

CHAPTER: Final = f"{DOCS}/miniprogram-management/code-management"


def _from_text(value: Any) -> Any:
    """Take a number that somebody wrote as text for that number."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


class CommitRequest(Request):
    """A template for a mini program. `ext_json` is JSON in a string; `user_version` has at most 64 characters."""

    template_id: Annotated[int, BeforeValidator(_from_text), Field(strict=True, ge=0)]
    ext_json: str
    user_version: str = Field(max_length=64)
    user_desc: str


class QRCodeRequest(Request):
    """The page that the code opens, with its parameters: `page/index?action=1`; the first page, without."""

    path: str | None = None


class Pages(Reply):
    """The pages of the committed code."""

    page_list: tuple[str, ...] = ()


class Category(Reply):
    """A category that the mini program may submit under."""

    first_class: str
    second_class: str | None = None
    third_class: str | None = None
    first_id: int
    second_id: int | None = None
    third_id: int | None = None


class Categories(Reply):
    """The categories of the mini program."""

    category_list: tuple[Category, ...] = ()


class CodePrivacy(Reply):
    """The privacy interfaces of the committed code that are not granted, and those that are not configured."""

    without_auth_list: tuple[str, ...] = ()
    without_conf_list: tuple[str, ...] = ()


class Experience(Reply):
    """The trial version: since when (Unix seconds), which, and what it is for."""

    exp_time: int = 0
    exp_version: str = ""
    exp_desc: str = ""


class OnlineVersion(Reply):
    """The version that is online: since when (Unix seconds), which, and what it is for."""

    release_time: int = 0
    release_version: str = ""
    release_desc: str = ""


class VersionInfo(Reply):
    """The trial version and the version that is online; each is absent while there is none."""

    exp_info: Experience | None = None
    release_info: OnlineVersion | None = None


class VisitStatusRequest(Request):
    """`close` hides what is online, `open` shows it again."""

    action: Literal["open", "close"]


class VisitStatus(Reply):
    """Whether what is online can be visited: 1, or 0 if that is paused."""

    status: int


class SupportVersionRequest(Request):
    """The lowest version of the base library, such as 1.0.0."""

    version: Annotated[str, Field(pattern=r"^\d+(\.\d+)*$")]


class VersionShare(Reply):
    """A version of the base library, and the percentage of the users who have it."""

    version: str
    percentage: float = 0.0


class VersionShares(Reply):
    """How the users are spread over versions of the base library."""

    items: tuple[VersionShare, ...] = ()


class SupportVersion(Reply):
    """The lowest version of the base library that the mini program runs on."""

    now_version: str = ""
    uv_info: VersionShares = Field(default_factory=VersionShares)


commit = Endpoint(
    "POST",
    "/wxa/commit",
    Token.AUTHORIZER,
    CommitRequest,
    Ok,
    "put a template's code into the mini program, as its trial version",
    f"{CHAPTER}/commit.html",
    (
        *(-60005, 80066, 80067, 80082, 85013, 85014, 85043, 85044, 85045, 85046, 85047, 85048),
        *(85310, 85311, 85312, 9402202, 9402203),
    ),
    in_turn=True,
)
get_qrcode = Endpoint(
    "GET",
    "/wxa/get_qrcode",
    Token.AUTHORIZER,
    QRCodeRequest,
    File,
    "get the QR code of the trial version, as a JPEG",
    f"{CHAPTER}/getTrialQRCode.html",
    safe=True,
)
get_page = Endpoint(
    "GET",
    "/wxa/get_page",
    Token.AUTHORIZER,
    NoParameters,
    Pages,
    "list the pages of the committed code",
    f"{CHAPTER}/getCodePage.html",
    (86000, 86001),
    safe=True,
)
get_category = Endpoint(
    "GET",
    "/wxa/get_category",
    Token.AUTHORIZER,
    NoParameters,
    Categories,
    "list the categories that the mini program may be reviewed under",
    f"{DOCS}/miniprogram-management/category-management/getAllCategoryName.html",
    safe=True,
)
get_code_privacy_info = Endpoint(
    "GET",
    "/wxa/security/get_code_privacy_info",
    Token.AUTHORIZER,
    NoParameters,
    CodePrivacy,
    "tell what the privacy check of the committed code found; it takes a minute",
    f"{CHAPTER}/getCodePrivacyInfo.html",
    (61039, 61040),
    safe=True,
)
getversioninfo = Endpoint(
    "POST",
    "/wxa/getversioninfo",
    Token.AUTHORIZER,
    NoParameters,
    VersionInfo,
    "tell the trial version and the version that is online",
    f"{CHAPTER}/getVersionInfo.html",
    (44002,),
    safe=True,
)
change_visitstatus = Endpoint(
    "POST",
    "/wxa/change_visitstatus",
    Token.AUTHORIZER,
    VisitStatusRequest,
    Ok,
    "hide what is online, or show it again",
    f"{CHAPTER}/setVisitStatus.html",
    (85021, 85022),
)
getvisitstatus = Endpoint(
    "POST",
    "/wxa/getvisitstatus",
    Token.AUTHORIZER,
    NoParameters,
    VisitStatus,
    "tell whether what is online can be visited",
    f"{CHAPTER}/getVisitStatus.html",
    (44002,),
    safe=True,
)
getweappsupportversion = Endpoint(
    "POST",
    "/cgi-bin/wxopen/getweappsupportversion",
    Token.AUTHORIZER,
    NoParameters,
    SupportVersion,
    "tell the lowest version of the base library, and how many users have which",
    f"{CHAPTER}/getSupportVersion.html",
    (44002,),
    safe=True,
)
setweappsupportversion = Endpoint(
    "POST",
    "/cgi-bin/wxopen/setweappsupportversion",
    Token.AUTHORIZER,
    SupportVersionRequest,
    Ok,
    "set the lowest version of the base library",
    f"{CHAPTER}/setSupportVersion.html",
    (85015, 89014),
)
