"""`weaudit pause` and `resume`: a person's word that nothing is submitted or released, for one or for all."""

from typing import Annotated

import typer

from handlers.commands import times
from handlers.commands.answering import say
from handlers.commands.configured import read_settings
from handlers.commands.desk import desk
from handlers.commands.exit_status import WrongUsage
from handlers.commands.said import said
from handlers.notifications.wording import counted
from handlers.operators import orders
from handlers.operators.wording import at
from service.settings import Inbound
from service.store.engine import database_time

Appid = Annotated[str, typer.Argument(help="The mini program.")]
Everyone = Annotated[bool, typer.Option("--all", help="All mini programs.")]


def pause(
    appid: Appid = "",
    *,
    everyone: Everyone = False,
    until: Annotated[
        str | None, typer.Option(help="30m, 2h, 3d or 2026-11-28T10:00; until `resume`, if not given.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for whoever asks.")] = "",
) -> None:
    """Submit, release and resubmit nothing by policy; pushes are kept and told, and a person's word still counts."""
    _choose(appid, everyone=everyone)
    settings = read_settings(Inbound)
    with desk(settings) as ours:
        now = database_time(ours.connection)
        ends = None if until is None else times.after(until, "--until", settings.timezone, now)
        orders.pause(ours, appid, until=ends, reason=reason)
    who, when = appid or said("every mini program"), at(ends, settings.timezone) if ends else ""
    ending = "{who} is paused until {when}" if ends else "{who} is paused until: weaudit resume {which}"
    say(said(ending, who=who, when=when, which=appid or "--all"))


def resume(appid: Appid = "", *, everyone: Everyone = False) -> None:
    """Go on with what was paused; all that waited is done at once."""
    _choose(appid, everyone=everyone)
    with desk(read_settings(Inbound)) as ours:
        woken = orders.resume(ours, appid)
    who, reactions = appid or said("every mini program"), counted(woken, "reaction")
    say(said("{who} goes on; {reactions} waited", who=who, reactions=reactions, number=woken))


def _choose(appid: str, *, everyone: bool) -> None:
    if bool(appid) == everyone:
        raise WrongUsage("which mini program? Either its appid, or --all")
