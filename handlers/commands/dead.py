"""`weaudit dead`, `revive` and `dismiss`: what weaudit gave up, by why; once more, or never."""

import shlex
import sys
from typing import Annotated

import typer

from handlers.commands.answering import Json, say, say_json, say_none
from handlers.commands.blocked import unblock
from handlers.commands.configured import read_settings
from handlers.commands.desk import desk
from handlers.commands.exit_status import CommandFailed, WrongUsage, say_aside
from handlers.commands.said import said, spoken
from handlers.notifications.wording import counted
from handlers.operators import orders
from handlers.operators.dead import by_why, words_of
from handlers.operators.wording import at
from service.settings import Inbound
from service.store import attempts
from service.store.attempts import Chosen
from service.store.engine import database_time, reading
from service.store.history import pushes as history
from service.store.opened import open_existing
from service.topology import REACTIONS

FIRST = 5


def dead(
    *,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 if there are any: for cron.")] = False,
    as_json: Json = False,
) -> None:
    """List the reactions that were given up, by why, each with what a person must do."""
    settings = read_settings(Inbound)
    with open_existing(settings) as engine, reading(engine) as connection:
        entries = history.dead(connection)
    if as_json:
        for entry in entries:
            say_json(entry.as_row())
    for why, those in by_why(entries, spoken()).items() if not as_json else ():
        since = at(min(each.reaction.changed_at for each in those), settings.timezone)
        say(why.note, "bold red")
        reactions = counted(len(those), "reaction")
        say(said("    {reactions}, the oldest since {since}", reactions=reactions, number=len(those), since=since))
        for each in those[:FIRST]:
            say(f"    {each.push.appid}  {each.reaction.queue}  {each.push.id}")
        if len(those) > FIRST:
            say(said("    … and {number} more: weaudit pushes --state dead", number=len(those) - FIRST))
        words = words_of(those[0].reaction.note)
        named = those[0].push.id if len(those) == 1 else f"--reason {shlex.quote(words)}" if words else ""
        which = f"{named} --queue {why.queue}".strip()
        say(said("    then: weaudit revive {which}; or, if that is settled: weaudit dismiss {which}", which=which))
    if not (entries or as_json):
        say_none(said("nothing is dead"))
    if check and entries:
        raise typer.Exit(1)


Ids = Annotated[list[str] | None, typer.Argument(help="The ids of pushes, as `weaudit dead` shows them.")]
OfApp = Annotated[str, typer.Option("--appid", help="Of this mini program.")]
WithWords = Annotated[str, typer.Option("--reason", help="With these words in its note.")]
OfQueue = Annotated[str, typer.Option("--queue", help="Of this queue only, such as weaudit.release.")]
Everything = Annotated[bool, typer.Option("--all", help="All that is dead.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def revive(
    ids: Ids = None,
    appid: OfApp = "",
    reason: WithWords = "",
    cause: Annotated[str, typer.Option(help="What waits for this cause, as `weaudit unblock` does.")] = "",
    queue: OfQueue = "",
    *,
    everything: Everything = False,
    waiting: Annotated[bool, typer.Option(help="And what waits for a later time.")] = False,
    yes: Yes = False,
) -> None:
    """Let dead reactions begin anew, as if they had never been tried."""
    if cause:
        # What waits for a cause is blocked, and goes on when that is gone.
        unblock(cause)
        return
    settings = read_settings(Inbound)
    wanted = Chosen(tuple(ids or ()), appid, reason, queue, waiting, dismissed=bool(ids))
    wanted, number = _counted(settings, wanted, "revive", everything=everything)
    reactions = counted(number, "reaction")
    _ask(said("{reactions} will begin anew. Go on?", reactions=reactions, number=number), yes=yes or bool(ids))
    with desk(settings) as ours:
        say(said("{number} revived", number=orders.revive(ours, wanted)))


def dismiss(
    ids: Ids = None,
    appid: OfApp = "",
    reason: WithWords = "",
    queue: OfQueue = "",
    *,
    everything: Everything = False,
    yes: Yes = False,
) -> None:
    """Take dead reactions off the list: a person settled them, or they do not matter. Plans among them end."""
    settings = read_settings(Inbound)
    wanted = Chosen(tuple(ids or ()), appid, reason, queue)
    wanted, number = _counted(settings, wanted, "dismiss", everything=everything)
    reactions = counted(number, "reaction")
    question = "{reactions} will be listed no more; plans among them end, what is approved goes on by policy. Go on?"
    # A push may have several.
    as_named = 0 < number <= len(wanted.push_ids)
    _ask(said(question, reactions=reactions, number=number), yes=yes or as_named)
    with desk(settings) as ours:
        say(said("{number} dismissed", number=orders.dismiss(ours, wanted)))


def _counted(settings: Inbound, chosen: Chosen, command: str, *, everything: bool) -> tuple[Chosen, int]:
    """Count what was chosen, and choose nothing else that dies later.

    Raises WrongUsage, and CommandFailed for none.
    """
    is_some = chosen._replace(waiting=False, dismissed=False) != Chosen()
    if not (is_some or everything):
        which = "which? weaudit {command} ID…, --appid APPID, --reason WORDS, --queue QUEUE, or --all"
        raise WrongUsage(which, command=command)
    if is_some and everything:
        raise WrongUsage("--all is all that is dead: it goes with nothing that chooses some of it")
    if chosen.queue and chosen.queue not in REACTIONS:
        queues = ", ".join(REACTIONS)
        raise WrongUsage("there is no queue {queue}; there are {queues}", queue=chosen.queue, queues=queues)
    with open_existing(settings) as engine, reading(engine) as connection:
        by_now = chosen._replace(by=database_time(connection))
        each = {id: attempts.count_chosen(connection, by_now._replace(push_ids=(id,))) for id in chosen.push_ids}
        # Of what each has: if nothing is left of those that are named, that is not all that is dead.
        number = sum(each.values()) if each else attempts.count_chosen(connection, by_now)
    if number and (others := [id for id, found in each.items() if not found]):
        say_aside(said("nothing of {ids} is dead", ids=", ".join(others)))
    by_now = by_now._replace(push_ids=tuple(id for id, found in each.items() if found))
    if not number:
        raise CommandFailed("nothing of that is dead or waits" if chosen.waiting else "nothing of that is dead")
    return by_now, number


def _ask(question: str, *, yes: bool) -> None:
    """Ask a person. Raises WrongUsage where nobody can answer."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise WrongUsage("{question} Nobody can answer here: add --yes", question=question)
    typer.confirm(question, abort=True)
