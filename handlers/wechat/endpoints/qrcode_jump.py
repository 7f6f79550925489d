"""扫普通链接二维码打开小程序: rules by which an ordinary link in a QR code opens a page of the mini program."""

from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from handlers.wechat.endpoint import DOCS, Endpoint, NoParameters, Ok, Reply, Request, Token

CHAPTER: Final = f"{DOCS}/miniprogram-management/jumpqrcode-config"
Prefix = Annotated[str, Field(pattern=r"^https?://\S+$")]
REFUSALS = (85066, 85068, 85069, 85070, 85071, 85072, 85073, 85074, 85075, 85076)


class PrefixRequest(Request):
    """One rule, by the beginning of its links."""

    prefix: Prefix


class AddRequest(PrefixRequest):
    """A rule: links that begin with `prefix` open the page `path`.

    `permit_sub_rule`: 1 leaves longer prefixes to others, 2 keeps them. `open_version`: 1 for developers, 2 for who may
    use the trial version, 3 for everybody. `debug_url`: at most five whole links to try, each beginning with `prefix`.
    `is_edit`: 0 adds a rule, 1 changes one.
    """

    # Digits as text, as in WeChat's example.
    permit_sub_rule: Annotated[Literal["1", "2"], BeforeValidator(str)]
    path: str
    open_version: Annotated[Literal["1", "2", "3"], BeforeValidator(str)]
    debug_url: Annotated[tuple[str, ...], Field(max_length=5)] | None = None
    is_edit: Annotated[int, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _are_sub_links(self) -> Self:
        if any(not link.startswith(self.prefix) for link in self.debug_url or ()):
            raise ValueError("debug_url: each begins with prefix")
        return self


class Rule(Reply):
    """A rule; `state`: 1 not published, 2 published."""

    prefix: str
    permit_sub_rule: int = 1
    path: str = ""
    open_version: int = 1
    debug_url: tuple[str, ...] = ()
    state: int = 1


class Rules(Reply):
    """The rules, whether they work at all (`qrcodejump_open`), and how often they may still be published this month."""

    rule_list: tuple[Rule, ...] = ()
    qrcodejump_open: int = 0
    list_size: int = 0
    qrcodejump_pub_quota: int = 0


class ProofFile(Reply):
    """The file that proves who owns the host: put it into the last folder of the prefix, or at the host's top."""

    file_name: str
    file_content: str


qrcodejumpadd = Endpoint(
    "POST",
    "/cgi-bin/wxopen/qrcodejumpadd",
    Token.AUTHORIZER,
    AddRequest,
    Ok,
    "add or change a rule by which links in QR codes open the mini program",
    f"{CHAPTER}/addJumpQRCode.html",
    REFUSALS,
)
qrcodejumpget = Endpoint(
    "POST",
    "/cgi-bin/wxopen/qrcodejumpget",
    Token.AUTHORIZER,
    NoParameters,
    Rules,
    "list the rules for links in QR codes",
    f"{CHAPTER}/getJumpQRCode.html",
    safe=True,
)
qrcodejumpdownload = Endpoint(
    "POST",
    "/cgi-bin/wxopen/qrcodejumpdownload",
    Token.AUTHORIZER,
    NoParameters,
    ProofFile,
    "get the file that proves who owns the host of a rule",
    f"{CHAPTER}/downloadQRCodeText.html",
    safe=True,
)
qrcodejumpdelete = Endpoint(
    "POST",
    "/cgi-bin/wxopen/qrcodejumpdelete",
    Token.AUTHORIZER,
    PrefixRequest,
    Ok,
    "delete a rule for links in QR codes",
    f"{CHAPTER}/deleteJumpQRCode.html",
    REFUSALS,
)
qrcodejumppublish = Endpoint(
    "POST",
    "/cgi-bin/wxopen/qrcodejumppublish",
    Token.AUTHORIZER,
    PrefixRequest,
    Ok,
    "publish a rule for links in QR codes",
    f"{CHAPTER}/publishJumpQRCode.html",
    REFUSALS,
)
