"""素材 and 云开发: files for reviewers, screenshots of rejections, and the key of protected code."""

from typing import Final, Literal

from handlers.wechat.endpoint import (
    DOCS,
    UPLOAD_WITHIN,
    Endpoint,
    File,
    NoParameters,
    Reply,
    Request,
    Secret,
    Token,
    Upload,
)

MATERIAL: Final = "https://developers.weixin.qq.com/doc/service/api/material"


class MediaUploadRequest(Upload):
    """A picture; WeChat's page names two limits, 2 MB and 10 MB, so neither is checked here."""

    type: Literal["image"] = "image"


class UploadedMedia(Reply):
    """The id of what was uploaded, for `feedback_stuff`; good for three days. `created_at` in Unix seconds."""

    type: str = ""
    media_id: str
    created_at: int = 0


class MaterialRequest(Request):
    """One file, such as a screenshot of a rejection."""

    media_id: str


class CodeSecret(Reply):
    """The key of protected code: one for each mini program and platform, it never changes."""

    codesecret: Secret


upload = Endpoint(
    "POST",
    "/cgi-bin/media/upload",
    Token.AUTHORIZER,
    MediaUploadRequest,
    UploadedMedia,
    "upload a picture for the feedback of a resubmission; good for three days",
    f"{MATERIAL}/temporary/api_uploadtempmedia",
    (40004,),
    seconds=UPLOAD_WITHIN,
)
get_material = Endpoint(
    "POST",
    "/cgi-bin/material/get_material",
    Token.AUTHORIZER,
    MaterialRequest,
    File,
    "get a file, such as a screenshot of a rejection",
    f"{MATERIAL}/permanent/api_getmaterial",
    (40007,),
    safe=True,
)
getcodesecret = Endpoint(
    "POST",
    "/tcb/getcodesecret",
    Token.AUTHORIZER,
    NoParameters,
    CodeSecret,
    "get the key of the mini program's protected code",
    f"{DOCS}/cloudbase-common/scf-management/getCodeSecret.html",
    (-1000, 40101, 43002),
    safe=True,
)
