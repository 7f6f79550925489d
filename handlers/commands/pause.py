"""`weaudit pause` and `resume`: a person's word that nothing is submitted or released, for one or for all."""

from typing import Annotated

import typer

from handlers.causes import telling
from handlers.commands import times
from handlers.commands.answering import at, say
from handlers.commands.configured import read_settings
from handlers.commands.exit_status import CommandFailed, WrongUsage
from handlers.notifications.wording import counted
from service.settings import Inbound
from service.store import causes, mini_programs
from service.store.credentials import Credentials
from service.store.engine import database_time
from service.store.opened import open_existing

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
    name, settings = _name(appid, everyone=everyone), read_settings(Inbound)
    with open_existing(settings) as engine, engine.begin() as connection:
        if appid and mini_programs.find(connection, appid) is None:
            raise CommandFailed(f"weaudit knows no mini program {appid}; weaudit apps")
        now = database_time(connection)
        ends = None if until is None else times.after(until, "--until", settings.timezone, now)
        causes.begin(connection, name, now=now, reason=reason, until=ends)
    ending = f"until {at(ends, settings.timezone)}" if ends else f"until: weaudit resume {appid or '--all'}"
    say(f"{appid or 'every mini program'} is paused {ending}")


def resume(appid: Appid = "", *, everyone: Everyone = False) -> None:
    """Go on with what was paused; all that waited is done at once."""
    name, settings = _name(appid, everyone=everyone), read_settings(Inbound)
    with open_existing(settings) as engine, engine.begin() as connection:
        us, credentials = settings.wechat_component_appid, Credentials(settings.fernet_keys)
        woken = telling.end(connection, credentials, us, name, now=database_time(connection), by="a person")
    if woken is None:
        whose = f"{appid} is not paused" if appid else "there is no pause of all mini programs"
        raise CommandFailed(f"{whose}; weaudit blocked lists those that there are")
    say(f"{appid or 'every mini program'} goes on; {counted(woken, 'reaction')} waited")


def _name(appid: str, *, everyone: bool) -> str:
    if bool(appid) == everyone:
        raise WrongUsage("which mini program? Either its appid, or --all")
    return causes.PAUSED_ALL if everyone else causes.paused(appid)
