"""`weaudit blocked` and `unblock`: what is waited for outside, and all that waits for it, at once."""

from collections.abc import Iterator
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from handlers.causes import telling
from handlers.commands.answering import Json, say, say_json, say_none
from handlers.commands.configured import read_settings
from handlers.commands.desk import desk
from handlers.commands.exit_status import WrongUsage
from handlers.commands.said import said, spoken
from handlers.notes.reading import note_in
from handlers.notifications.wording import counted
from handlers.operators import orders
from handlers.operators.allowed import NotNow
from handlers.operators.wording import at
from service.settings import Inbound
from service.store import causes
from service.store.causes import Held
from service.store.engine import reading
from service.store.opened import open_existing


def blocked(*, as_json: Json = False) -> None:
    """List what is waited for outside: since when, what it holds up, and what a person does about it."""
    settings = read_settings(Inbound)
    with open_existing(settings) as engine, reading(engine) as connection:
        every = causes.every(connection)
    for held in every:
        if as_json:
            say_json(row_of(held))
            continue
        for line in _lines(held, settings.timezone):
            say(line)
    if not (every or as_json):
        say_none(said("nothing is blocked and nothing is paused"))


def unblock(
    cause: Annotated[str, typer.Argument(help="As `weaudit blocked` shows it, such as ip_whitelist.")],
) -> None:
    """Say that a cause is gone: all that it holds up is tried at once."""
    with desk(read_settings(Inbound)) as ours:
        try:
            woken = orders.unblock(ours, cause)
        except NotNow as error:
            raise WrongUsage("{said}", said=error.says(ours.settings.weaudit_language)) from None
    say(said("{reactions} may go on", reactions=counted(woken, "reaction"), number=woken))


def row_of(held: Held) -> dict[str, object]:
    """Return what programs read."""
    numbers = {"reactions": held.reactions, "mini_programs": held.mini_programs}
    return {**held.cause._asdict(), **numbers, **telling.title(held.cause), **telling.what_to_do(held.cause)}


def _lines(held: Held, timezone: ZoneInfo) -> Iterator[str]:
    row, chinese = row_of(held), "_chinese" if spoken() == "zh" else ""
    yield f"{held.cause.name}  {row[f'what{chinese}']}"
    yield said(
        "    since {since}{until}: {reactions} of {mini_programs}",
        since=at(held.cause.since, timezone),
        until=said(", until {until}", until=at(held.cause.until, timezone)) if held.cause.until else "",
        reactions=counted(held.reactions, "reaction"),
        mini_programs=counted(held.mini_programs, "mini program"),
        number=held.reactions,
        apps=held.mini_programs,
    )
    yield f"    {row.get(f'act{chinese}', '')}"
    if held.cause.reason:
        yield f"    {note_in(spoken(), held.cause.reason)}"
