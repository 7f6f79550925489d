"""`weaudit release`, `hold`, `undo`, `resubmit` and `takeback`: a person's word about a version, before any policy."""

from typing import Annotated

import typer

from handlers.commands.answering import say
from handlers.commands.configured import read_settings
from handlers.commands.desk import desk
from handlers.operators.allowed import Action
from handlers.operators.orders import order
from service.settings import Inbound
from service.store.reviews import UNDER_WAY, Review, State

Appid = Annotated[str, typer.Argument(help="The mini program.")]
Auditid = Annotated[int | None, typer.Option(help="Of this review; the newest, if not given.")]


def release(appid: Appid, auditid: Auditid = None) -> None:
    """Release the approved version of a mini program. A worker does it; people are told when it is online."""
    row = _order(Action.RELEASE, appid, auditid)
    what = f"review {row.auditid} ({row.user_version}), {row.state}" if row else "whatever WeChat shows approved"
    when = "; released when it is approved" if row and row.state in UNDER_WAY else ""
    say(f"ordered: {what}{when}; weaudit why {appid} tells what becomes of it")


def hold(appid: Appid) -> None:
    """Hold the newest version of a mini program: it is not released until a person types release."""
    row = _order(Action.HOLD, appid)
    say(f"{row.user_version if row else appid} is held; weaudit release {appid} releases it")


def undo(appid: Appid) -> None:
    """Withdraw the review that is under way. A worker does it; WeChat allows five a day, and ten a month."""
    row = _order(Action.WITHDRAW, appid)
    say(f"ordered: {_named(row)} is withdrawn; weaudit why {appid} tells what becomes of it")


def resubmit(appid: Appid, auditid: Auditid = None) -> None:
    """Submit the rejected version of a mini program once more, as it is. A worker does it."""
    row = _order(Action.RESUBMIT, appid, auditid)
    version = row.user_version if row else appid
    say(f"ordered: {version} is submitted once more; weaudit why {appid} tells what becomes of it")


def takeback(appid: Appid) -> None:
    """Give the users the version before again: end a gray release, or roll back what is online. A worker does it."""
    row = _order(Action.TAKE_BACK, appid)
    how = "its gray release ends" if row and row.state is State.ROLLING_OUT else "it is rolled back"
    say(f"ordered: {_named(row)}: {how}; weaudit why {appid} tells what becomes of it")


def _order(action: Action, appid: str, auditid: int | None = None) -> Review | None:
    with desk(read_settings(Inbound)) as ours:
        return order(ours, action, appid, auditid)


def _named(row: Review | None) -> str:
    return f"review {row.auditid} ({row.user_version})" if row else "it"
