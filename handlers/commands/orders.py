"""`weaudit release` and `resubmit`: a person's word, whatever the policy says; a worker carries it out."""

from typing import Annotated

import typer
from sqlalchemy import Connection

from handlers.commands.answering import say
from handlers.commands.configured import read_settings
from handlers.commands.exit_status import CommandFailed
from service.events.from_weaudit import Outcome, ReleaseOrdered, ResubmissionOrdered
from service.events.message import build, identity
from service.settings import Inbound
from service.store import inbox, mini_programs, reviews
from service.store.credentials import Credentials
from service.store.engine import database_time
from service.store.inbox import Entry
from service.store.opened import open_existing
from service.store.reviews import AFTER_REVIEW, UNDER_WAY, Review, State

Appid = Annotated[str, typer.Argument(help="The mini program.")]
Auditid = Annotated[int | None, typer.Option(help="Of this review; the newest, if not given.")]


def release(appid: Appid, auditid: Auditid = None) -> None:
    """Release the approved version of a mini program. A worker does it; people are told when it is online."""
    settings = read_settings(Inbound)
    with open_existing(settings) as engine, engine.begin() as connection:
        row = _newest(connection, appid, auditid)
        if row:
            _check_releasable(row)
        which = {"auditid": row.auditid, "user_version": row.user_version} if row else {"auditid": auditid}
        _order(connection, settings, appid, "weaudit.release_ordered", ReleaseOrdered.model_validate(which))
    what = f"review {row.auditid} ({row.user_version}), {row.state}" if row else "whatever WeChat shows approved"
    when = "; released when it is approved" if row and row.state in UNDER_WAY else ""
    say(f"ordered: {what}{when}; weaudit why {appid} tells what becomes of it")


def resubmit(appid: Appid, auditid: Auditid = None) -> None:
    """Submit the rejected version of a mini program once more, as it is. A worker does it."""
    settings = read_settings(Inbound)
    with open_existing(settings) as engine, engine.begin() as connection:
        row = _newest(connection, appid, auditid)
        if row is None:
            raise CommandFailed(f"weaudit knows no review of {appid}; weaudit submit begins one")
        if row.state is not State.REJECTED:
            raise CommandFailed(f"{_named(row)} is {row.state} and not rejected; weaudit why {appid}")
        if not row.request:
            raise CommandFailed(
                f"weaudit did not submit {_named(row)}, so it does not know what to submit again; "
                f"weaudit submit --template ID --appid {appid}"
            )
        order = ResubmissionOrdered(auditid=row.auditid, user_version=row.user_version)
        _order(connection, settings, appid, "weaudit.resubmission_ordered", order)
    say(f"ordered: {row.user_version} is submitted once more; weaudit why {appid} tells what becomes of it")


def _order(connection: Connection, settings: Inbound, appid: str, kind: str, order: Outcome) -> None:
    now = database_time(connection)
    message = build(
        kind,
        appid,
        order,
        id=identity(appid, {"ordered": order.auditid, "type": kind, "at": now}),
        component_appid=settings.wechat_component_appid,
        at=now,
    )
    inbox.add(connection, [Entry(message)], Credentials(settings.fernet_keys), now)


def _newest(connection: Connection, appid: str, auditid: int | None) -> Review | None:
    """Return the review that is meant. Raises CommandFailed."""
    known = mini_programs.find(connection, appid)
    if known is None or not known.authorized:
        raise CommandFailed(f"{appid} does not authorize the platform; weaudit apps lists those that do")
    rows = [row for row in reviews.of(connection, appid) if row.auditid is not None and auditid in (None, row.auditid)]
    row = max(rows, key=lambda row: row.auditid or 0, default=None)
    if row is None and auditid is not None:
        raise CommandFailed(f"weaudit knows no review {auditid} of {appid}; weaudit why {appid} shows the newest")
    return row


def _check_releasable(row: Review) -> None:
    """Check that it can be released. Raises CommandFailed."""
    if row.state is State.RELEASED:
        raise CommandFailed(f"{_named(row)} is online already")
    is_releasable = row.state in (*AFTER_REVIEW, *UNDER_WAY, State.TAKEN_BACK)
    if not is_releasable and row.verdict != State.APPROVED.value:
        raise CommandFailed(f"{_named(row)} is {row.state}, and cannot be released")


def _named(row: Review) -> str:
    return f"review {row.auditid} ({row.user_version}) of {row.appid}"
