"""`weaudit release`: a person's word, whatever ON_AUDIT_SUCCESS and RELEASE_WINDOW say."""

from typing import Annotated

import typer
from sqlalchemy import Connection

from handlers.commands.configured import read_settings
from handlers.commands.exit_status import CommandFailed
from service.events.from_weaudit import ReleaseOrdered
from service.events.message import build, identity
from service.settings import Inbound
from service.store import inbox, mini_programs, reviews
from service.store.credentials import Credentials
from service.store.engine import database_time
from service.store.inbox import Entry
from service.store.opened import open_existing
from service.store.reviews import AFTER_REVIEW, UNDER_WAY, Review, State


def release(
    appid: Annotated[str, typer.Argument(help="The mini program.")],
    auditid: Annotated[int | None, typer.Option(help="Of this review; the newest, if not given.")] = None,
) -> None:
    """Release the approved version of a mini program. A worker does it; people are told when it is online."""
    settings = read_settings(Inbound)
    with open_existing(settings) as engine, engine.begin() as connection:
        now = database_time(connection)
        _check_known(connection, appid)
        row = _meant([each for each in reviews.of(connection, appid) if each.auditid is not None], appid, auditid)
        which = {"auditid": row.auditid, "user_version": row.user_version} if row else {"auditid": auditid}
        order = ReleaseOrdered.model_validate(which)
        message = build(
            "weaudit.release_ordered",
            appid,
            order,
            id=identity(appid, {"ordered": auditid, "at": now}),
            component_appid=settings.wechat_component_appid,
            at=now,
        )
        inbox.add(connection, [Entry(message)], Credentials(settings.fernet_keys), now)
    what = f"review {row.auditid} ({row.user_version}), {row.state}" if row else "whatever WeChat shows approved"
    when = "; released when it is approved" if row and row.state in UNDER_WAY else ""
    print(f"ordered: {what}{when}; weaudit pushes --appid {appid} tells what becomes of it")  # noqa: T201 the answer


def _check_known(connection: Connection, appid: str) -> None:
    known = mini_programs.find(connection, appid)
    if known is None or not known.authorized:
        raise CommandFailed(f"{appid} does not authorize the platform; weaudit apps lists those that do")


def _meant(rows: list[Review], appid: str, auditid: int | None) -> Review | None:
    """Return the row that is meant. Raises CommandFailed for one that cannot be released."""
    known = [row for row in rows if auditid in (None, row.auditid)]
    row = max(known, key=lambda row: row.auditid or 0, default=None)
    if row is None and auditid is not None:
        raise CommandFailed(f"weaudit knows no review {auditid} of {appid}; weaudit submit --status shows the newest")
    if row is None:
        return None
    if row.state in (*AFTER_REVIEW, *UNDER_WAY, State.TAKEN_BACK) or row.verdict == State.APPROVED.value:
        if row.state is not State.RELEASED:
            return row
        raise CommandFailed(f"review {row.auditid} ({row.user_version}) of {appid} is online already")
    raise CommandFailed(f"review {row.auditid} ({row.user_version}) of {appid} is {row.state}, and cannot be released")
