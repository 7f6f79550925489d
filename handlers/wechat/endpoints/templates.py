"""模板管理: drafts that developers uploaded, and the templates that mini programs are made of."""

from types import MappingProxyType
from typing import Annotated, Final

from pydantic import Field

from handlers.wechat.endpoint import DOCS, Endpoint, NoParameters, Ok, Reply, Request, Token

CHAPTER: Final = f"{DOCS}/thirdparty-management/template-management"
TemplateType = Annotated[int, Field(ge=0, le=1)]


class Draft(Reply):
    """A draft; `create_time` in Unix seconds. The box keeps the newest upload of each mini program."""

    also = MappingProxyType({"user_Desc": "user_desc"})

    draft_id: int
    create_time: int = 0
    user_version: str = ""
    user_desc: str = ""
    source_miniprogram_appid: str = ""
    source_miniprogram: str = ""
    developer: str = ""


class Drafts(Reply):
    """The drafts of the platform."""

    draft_list: tuple[Draft, ...] = ()


class AddTemplateRequest(Request):
    """The draft that becomes a template; `template_type`: 0 ordinary, 1 standard."""

    draft_id: int
    template_type: TemplateType | None = None


class TemplateListRequest(Request):
    """Which templates: 0 ordinary, 1 standard, without both."""

    template_type: TemplateType | None = None


class Template(Draft):
    """A template; `audit_status` (0 to 5) and `reason` are those of a standard one's review."""

    template_id: int
    draft_id: int = 0
    template_type: int = 0
    audit_scene: int = 0
    audit_status: int = 0
    reason: str = ""


class Templates(Reply):
    """The templates of the platform: at most 200."""

    template_list: tuple[Template, ...] = ()


class TemplateRequest(Request):
    """One template."""

    template_id: int


gettemplatedraftlist = Endpoint(
    "GET",
    "/wxa/gettemplatedraftlist",
    Token.COMPONENT,
    NoParameters,
    Drafts,
    "list the drafts that developers uploaded",
    f"{CHAPTER}/getTemplatedRaftList.html",
    (85064,),
    safe=True,
)
addtotemplate = Endpoint(
    "POST",
    "/wxa/addtotemplate",
    Token.COMPONENT,
    AddTemplateRequest,
    Ok,
    "make a template of a draft",
    f"{CHAPTER}/addToTemplate.html",
    (85064, 85065),
)
gettemplatelist = Endpoint(
    "GET",
    "/wxa/gettemplatelist",
    Token.COMPONENT,
    TemplateListRequest,
    Templates,
    "list the templates",
    f"{CHAPTER}/getTemplateList.html",
    (43001,),
    safe=True,
)
deletetemplate = Endpoint(
    "POST",
    "/wxa/deletetemplate",
    Token.COMPONENT,
    TemplateRequest,
    Ok,
    "delete a template",
    f"{CHAPTER}/deleteTemplate.html",
    (85064,),
)
