"""`weaudit authorize-url`: the link on which a merchant lets the platform in.

https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/Authorization_Process_Technical_Description.html
"""

from typing import Annotated
from urllib.parse import urlencode, urlsplit

import typer

from handlers.commands.configured import read_settings
from handlers.commands.exit_status import CommandFailed, WrongUsage
from handlers.commands.said import said, spoken
from handlers.context import Context, open_context
from handlers.wechat.endpoints import authorization
from handlers.wechat.endpoints.authorization import PlatformRequest
from handlers.wechat.errors import WeChatError
from service.settings import Outbound

# On a computer the merchant scans a code on this page; on a phone he opens the other.
COMPUTER = "https://mp.weixin.qq.com/cgi-bin/componentloginpage?{query}"
PHONE = "https://mp.weixin.qq.com/safe/bindcomponent?action=bindcomponent&no_scan=1&{query}#wechat_redirect"
MINI_PROGRAMS = 2
PAGE = "/authorized"


def authorize_url(
    redirect: Annotated[
        str,
        typer.Option(help="Where the merchant comes back to: weaudit's own page, such as https://your.host/authorized"),
    ],
    *,
    phone: Annotated[bool, typer.Option("--phone", help="For a phone, without scanning a code.")] = False,
) -> None:
    """Print the link that a merchant opens to authorize the platform; it works once, and for some minutes.

    WeChat opens it only from a page of the platform's 授权发起页域名, which must be the redirect's, too.
    """
    if urlsplit(redirect).scheme not in ("http", "https") or not urlsplit(redirect).netloc:
        raise WrongUsage("--redirect is an address, such as https://your.host{page}", page=PAGE)
    with open_context(read_settings(Outbound), existing=True) as context:
        url, seconds = make_url(context, redirect, phone=phone)
    print(url)  # noqa: T201 the answer to what was asked
    typer.echo(said("good for {seconds} s", seconds=seconds), err=True)


def make_url(context: Context, redirect: str, *, phone: bool) -> tuple[str, int]:
    """Make a link, and tell for how many seconds it is good.

    Raises CommandFailed.
    """
    us = context.wechat.tokens.component_appid
    try:
        made = context.wechat.call(authorization.api_create_preauthcode, PlatformRequest(component_appid=us))
    except WeChatError as error:
        raise CommandFailed("{said}", said=error.says(spoken())) from None
    query = {
        "component_appid": us,
        "pre_auth_code": made.pre_auth_code,
        "redirect_uri": redirect,
        "auth_type": MINI_PROGRAMS,
    }
    return (PHONE if phone else COMPUTER).format(query=urlencode(query)), made.expires_in
