"""`weaudit dead` and `revive`: what weaudit gave up, by why, and once more."""

import shlex
import sys
from typing import Annotated

import typer

from handlers.commands.answering import Json, say, say_json
from handlers.commands.blocked import unblock
from handlers.commands.configured import read_settings
from handlers.commands.desk import desk
from handlers.commands.exit_status import CommandFailed, WrongUsage
from handlers.commands.said import said
from handlers.notifications.wording import counted
from handlers.operators import orders
from handlers.operators.dead import by_why, words_of
from handlers.operators.wording import at
from service.settings import Inbound
from service.store import attempts
from service.store.engine import reading
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
    for note, those in by_why(entries).items() if not as_json else ():
        since = at(min(each.reaction.changed_at for each in those), settings.timezone)
        say(f"{note}", "bold red")
        reactions = counted(len(those), "reaction")
        say(said("    {reactions}, the oldest since {since}", reactions=reactions, number=len(those), since=since))
        for each in those[:FIRST]:
            say(f"    {each.push.appid}  {each.reaction.queue}  {each.push.id}")
        if len(those) > FIRST:
            say(said("    … and {number} more: weaudit pushes --state dead", number=len(those) - FIRST))
        which = those[0].push.id if len(those) == 1 else f"--reason {shlex.quote(words_of(those[0].reaction.note))}"
        say(said("    then: weaudit revive {which}", which=which))
    if check and entries:
        raise typer.Exit(1)


def revive(
    ids: Annotated[list[str] | None, typer.Argument(help="The ids of pushes, as `weaudit dead` shows them.")] = None,
    appid: Annotated[str, typer.Option(help="Of this mini program.")] = "",
    reason: Annotated[str, typer.Option(help="With these words in its note.")] = "",
    cause: Annotated[str, typer.Option(help="What waits for this cause, as `weaudit unblock` does.")] = "",
    queue: Annotated[str, typer.Option(help="Of this queue only, such as weaudit.release.")] = "",
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that is dead.")] = False,
    waiting: Annotated[bool, typer.Option(help="And what waits for a later time.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Let dead reactions begin anew, as if they had never been tried."""
    if cause:
        # What waits for a cause is blocked, and goes on when that is gone.
        unblock(cause)
        return
    if not (ids or appid or reason or queue or everything):
        raise WrongUsage("which? weaudit revive ID…, --appid APPID, --reason WORDS, --queue QUEUE, or --all")
    if everything and (ids or appid or reason or queue):
        raise WrongUsage("--all is all that is dead: it goes with nothing that chooses some of it")
    if queue and queue not in REACTIONS:
        raise WrongUsage("there is no queue {queue}; there are {queues}", queue=queue, queues=", ".join(REACTIONS))
    wanted = attempts.Revived(tuple(ids or ()), appid, reason, queue, waiting)
    settings = read_settings(Inbound)
    with open_existing(settings) as engine, reading(engine) as connection:
        number = attempts.count_to_revive(connection, wanted)
    if not number:
        raise CommandFailed("nothing of that is dead or waits" if waiting else "nothing of that is dead")
    reactions = counted(number, "reaction")
    _ask(said("{reactions} will begin anew. Go on?", reactions=reactions, number=number), yes=yes or bool(ids))
    with desk(settings) as ours:
        revived = orders.revive(ours, wanted)
    say(said("{number} revived", number=revived))


def _ask(question: str, *, yes: bool) -> None:
    """Ask a person. Raises WrongUsage where nobody can answer."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise WrongUsage("{question} Nobody can answer here: add --yes", question=question)
    typer.confirm(question, abort=True)
