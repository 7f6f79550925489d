"""`weaudit pushes`, `dead`, `revive` and `apps`: what happened, what needs people, once more, and who is here."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Connection

from handlers.commands.answering import as_json as written
from handlers.commands.configured import read_settings
from handlers.commands.exit_status import WrongUsage
from service.settings import Inbound
from service.store import attempts, history, mini_programs
from service.store.engine import database_time, reading
from service.store.history import PushHistory
from service.store.opened import open_existing
from service.topology import REACTIONS

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def pushes(
    appid: Annotated[str, typer.Option(help="Of this mini program only.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 20,
    *,
    as_json: Json = False,
) -> None:
    """List the newest pushes, and what each reaction did about them, or waits for."""
    with _reading() as (connection, timezone):
        _tell(history.newest(connection, appid=appid, limit=limit), timezone, as_json=as_json)


def dead(*, as_json: Json = False) -> None:
    """List the reactions that were given up, each with why and what a person must do."""
    with _reading() as (connection, timezone):
        _tell(history.dead(connection), timezone, as_json=as_json)


def revive(
    push: Annotated[str, typer.Argument(help="The id of a push, as `weaudit dead` shows it.")] = "",
    queue: Annotated[str, typer.Option(help="Of this queue only, such as weaudit.release.")] = "",
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that is dead.")] = False,
    waiting: Annotated[bool, typer.Option(help="And what waits for a later time.")] = False,
) -> None:
    """Let dead reactions begin anew, as if they had never been tried."""
    if not (push or queue or everything):
        raise WrongUsage("which? weaudit revive PUSH, --queue QUEUE, or --all")
    if queue and queue not in REACTIONS:
        raise WrongUsage(f"there is no queue {queue}; there are {', '.join(REACTIONS)}")
    with open_existing(read_settings(Inbound)) as engine, engine.begin() as connection:
        now = database_time(connection)
        revived = attempts.revive(connection, now=now, push_id=push, queue=queue, waiting=waiting)
    _say(f"{revived} revived" if revived else f"nothing of that is dead{' or waits' if waiting else ''}")
    if not revived:
        raise typer.Exit(1)


def apps(*, as_json: Json = False) -> None:
    """List the mini programs that authorize the platform, or did."""
    with _reading() as (connection, _):
        known = mini_programs.every(connection)
    for each in known:
        standing = "authorized" if each.authorized else "took its authorization back"
        _say(_json(each._asdict()) if as_json else f"{each.appid}  {standing}  {each.nickname}  {each.user_name}")


@contextmanager
def _reading() -> Iterator[tuple[Connection, ZoneInfo]]:
    settings = read_settings(Inbound)
    with open_existing(settings) as engine, reading(engine) as connection:
        yield connection, settings.timezone


def _tell(entries: Iterable[PushHistory], timezone: ZoneInfo, *, as_json: bool) -> None:
    for entry in entries:
        for line in [_json(entry.as_row())] if as_json else lines(entry, timezone):
            _say(line)


def lines(entry: PushHistory, timezone: ZoneInfo) -> Iterator[str]:
    """Write a push and its reactions for people: a line each."""

    def at(seconds: float) -> str:
        return f"{datetime.fromtimestamp(seconds, timezone):%Y-%m-%d %H:%M:%S %z}"

    if entry.received_at is None:
        yield f"a push that is no longer there  {entry.id}"
    else:
        yield f"{at(entry.received_at)}  {entry.type}  {entry.appid}  {entry.id}"
    if entry.problem:
        yield f"    not read: {entry.problem}"
    for reaction in entry.reactions:
        due = f", again {at(reaction.due_at)}" if reaction.due_at else ""
        yield f"    {reaction.queue}: {reaction.state} since {at(reaction.changed_at)}{due}"
        if reaction.note:
            yield f"        {reaction.note}"


def _json(row: Mapping[str, Any]) -> str:
    return written(row)


def _say(line: str) -> None:
    print(line)  # noqa: T201 the answer to what was asked
