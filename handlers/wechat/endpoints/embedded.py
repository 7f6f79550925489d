"""半屏小程序: mini programs that open inside others; which this one opens, and which open this one."""

from typing import Annotated, Final

from pydantic import Field

from handlers.wechat.endpoint import DOCS, Endpoint, Ok, Reply, Request, Token

CHAPTER: Final = f"{DOCS}/miniprogram-management/embedded-management"


class PageRequest(Request):
    """A page of a list: from `start`, at most 1000."""

    start: Annotated[int, Field(ge=0)] | None = None
    num: Annotated[int, Field(ge=1, le=1000)] | None = None


class Embedded(Reply):
    """A mini program and where its application stands; `create_time` in Unix seconds.

    `status`: 1 pending, 2 granted, 3 refused, 4 timed out, 5 withdrawn, 6 taken back.
    """

    appid: str
    create_time: int = 0
    headimg: str = ""
    nickname: str = ""
    reason: str = ""
    status: int = 0


class EmbeddedList(Reply):
    """The mini programs that this one opens."""

    wxa_embedded_list: tuple[Embedded, ...] = ()


class OwnList(EmbeddedList):
    """The mini programs that open this one; `embedded_flag`: 0 a person decides, 1 all are let in, 2 none is."""

    embedded_flag: int = 0


class AddRequest(Request):
    """The mini program to open; `apply_reason` has at most 30 characters.

    At most ten mini programs, 50 applications a day, three within 24 hours for the same one.
    """

    appid: Annotated[str, Field(min_length=1)]
    apply_reason: Annotated[str, Field(max_length=30)] | None = None


class AppRequest(Request):
    """The other mini program."""

    appid: Annotated[str, Field(min_length=1)]


class FlagRequest(Request):
    """Who may open this one: 0 a person decides, 1 all are let in, 2 none is."""

    flag: Annotated[int, Field(ge=0, le=2)]


get_list = Endpoint(
    "GET",
    "/wxaapi/wxaembedded/get_list",
    Token.AUTHORIZER,
    PageRequest,
    EmbeddedList,
    "list the mini programs that this one opens on half the screen",
    f"{CHAPTER}/getEmbeddedList.html",
    (89408, 89409),
    safe=True,
)
get_own_list = Endpoint(
    "GET",
    "/wxaapi/wxaembedded/get_own_list",
    Token.AUTHORIZER,
    PageRequest,
    OwnList,
    "list the mini programs that open this one on half their screen",
    f"{CHAPTER}/getOwnList.html",
    (89408, 89409),
    safe=True,
)
add_embedded = Endpoint(
    "POST",
    "/wxaapi/wxaembedded/add_embedded",
    Token.AUTHORIZER,
    AddRequest,
    Ok,
    "apply to open another mini program on half the screen",
    f"{CHAPTER}/addEmbedded.html",
    (
        *(89408, 89410, 89411, 89412, 89413, 89414, 89420, 89423, 89424, 89425, 89426, 89427, 89428, 89429),
        *(89431, 89432),
    ),
)
del_embedded = Endpoint(
    "POST",
    "/wxaapi/wxaembedded/del_embedded",
    Token.AUTHORIZER,
    AppRequest,
    Ok,
    "no longer open another mini program",
    f"{CHAPTER}/deleteEmbedded.html",
    (89408, 89415, 89421, 89422, 89431, 89432),
)
del_authorize = Endpoint(
    "POST",
    "/wxaapi/wxaembedded/del_authorize",
    Token.AUTHORIZER,
    AppRequest,
    Ok,
    "no longer let another mini program open this one",
    f"{CHAPTER}/deleteAuthorizedEmbedded.html",
    (89408, 89416, 89421, 89422, 89431, 89432),
)
set_authorize = Endpoint(
    "POST",
    "/wxaapi/wxaembedded/set_authorize",
    Token.AUTHORIZER,
    FlagRequest,
    Ok,
    "choose who may open this one",
    f"{CHAPTER}/setAuthorizedEmbedded.html",
    (89408, 89417),
)
