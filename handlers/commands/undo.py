"""`weaudit undo`: withdraw the review that is under way."""

from typing import Annotated

import typer

from handlers.commands.answering import say
from handlers.commands.configured import read_settings
from handlers.commands.exit_status import CommandFailed
from handlers.context import open_context
from handlers.reviews.driver import Busy, look_at
from handlers.wechat.endpoint import NoParameters
from handlers.wechat.endpoints import audit
from handlers.wechat.errors import WeChatError
from service.settings import Outbound
from service.store import calls, reviews
from service.store.calls import Call
from service.store.engine import reading
from service.store.leases import LeaseLost
from service.store.reviews import UNDER_WAY


def undo(appid: Annotated[str, typer.Argument(help="The mini program.")]) -> None:
    """Withdraw the review of a mini program that is under way; WeChat allows five a day, and ten a month."""
    with open_context(read_settings(Outbound), existing=True) as context:
        with reading(context.engine) as connection:
            rows = reviews.of(connection, appid)
        row = next((each for each in rows if each.state in UNDER_WAY), None)
        if rows and row is None:
            raise CommandFailed(f"{rows[0].user_version} of {appid} is {rows[0].state}: no review is under way")
        try:
            context.wechat.call(audit.undocodeaudit, NoParameters(), appid)
            with context.engine.begin() as connection:
                now, id = context.now(connection), row.id if row else None
                calls.keep(connection, Call(appid, id, audit.undocodeaudit.name, 0, "", "", now))
            visit = look_at(context, appid)
        except WeChatError as error:
            raise CommandFailed(str(error)) from None
        except (Busy, LeaseLost):
            say(f"withdrawn; a worker is at {appid} just now and sees it; weaudit why {appid}")
            return
    seen = next((each for each in visit.rows if row and each.id == row.id), None)
    say(f"withdrawn: {seen.user_version} is {seen.state}" if seen else "withdrawn")
