"""`weaudit release`, `hold`, `undo`, `resubmit` and `takeback`: a person's word about a version, before any policy."""

from typing import Annotated

import typer

from handlers.commands.answering import say
from handlers.commands.configured import read_settings
from handlers.commands.desk import desk
from handlers.commands.said import said
from handlers.operators.allowed import Action
from handlers.operators.orders import order
from service.settings import Inbound
from service.store.reviews import UNDER_WAY, Review, State

Appid = Annotated[str, typer.Argument(help="The mini program.")]
RELEASED, RELEASED_LATER = "{what} is released", "{what} is released when it is approved"
GRAY_ENDS, ROLLED_BACK = "{what}: its gray release ends", "{what}: it is rolled back"
Auditid = Annotated[int | None, typer.Option(help="Of this review; the newest, if not given.")]


def release(appid: Appid, auditid: Auditid = None) -> None:
    """Release the approved version of a mini program. A worker does it; people are told when it is online."""
    row = _order(Action.RELEASE, appid, auditid)
    if row is None:
        _say_ordered(appid, said("whatever WeChat shows approved is released"))
    else:
        later = row.state in UNDER_WAY
        _say_ordered(appid, said(RELEASED_LATER if later else RELEASED, what=_named(row)))


def hold(appid: Appid) -> None:
    """Hold the newest version of a mini program: it is not released until a person types release."""
    row = _order(Action.HOLD, appid)
    what = row.user_version if row else appid
    say(said("{what} is held; weaudit release {appid} releases it", what=what, appid=appid))


def undo(appid: Appid) -> None:
    """Withdraw the review that is under way. A worker does it; WeChat allows five a day, and ten a month."""
    row = _order(Action.WITHDRAW, appid)
    _say_ordered(appid, said("{what} is withdrawn", what=_named(row)))


def resubmit(appid: Appid, auditid: Auditid = None) -> None:
    """Submit the rejected version of a mini program once more, as it is. A worker does it."""
    row = _order(Action.RESUBMIT, appid, auditid)
    version = row.user_version if row else appid
    _say_ordered(appid, said("{version} is submitted once more", version=version))


def takeback(appid: Appid) -> None:
    """Give the users the version before again: end a gray release, or roll back what is online. A worker does it."""
    row = _order(Action.TAKE_BACK, appid)
    is_gray = row is not None and row.state is State.ROLLING_OUT
    _say_ordered(appid, said(GRAY_ENDS if is_gray else ROLLED_BACK, what=_named(row)))


def _order(action: Action, appid: str, auditid: int | None = None) -> Review | None:
    with desk(read_settings(Inbound)) as ours:
        return order(ours, action, appid, auditid)


def _named(row: Review | None) -> str:
    if row is None:
        return said("it")
    return said("review {auditid} ({version})", auditid=row.auditid, version=row.user_version)


def _say_ordered(appid: str, what: str) -> None:
    say(said("ordered: {what}; weaudit why {appid} tells what becomes of it", what=what, appid=appid))
