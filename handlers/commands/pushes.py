"""`weaudit pushes`: what WeChat told and what was done about it: the newest first, followed, or one of them whole."""

import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Engine

from handlers.commands import times
from handlers.commands.answering import Json, say, say_json, say_none
from handlers.commands.configured import read_settings
from handlers.commands.exit_status import CommandFailed, WrongUsage
from handlers.commands.said import said, spoken
from handlers.notes.reading import note_in
from handlers.operators.wording import at
from service.settings import Inbound
from service.store.attempts import AttemptState
from service.store.engine import reading
from service.store.history import pushes as history
from service.store.history.pushes import PushHistory, Wanted
from service.store.opened import open_existing

COLOURS = {"dead": "red", "blocked": "yellow", "retrying": "yellow", "done": "green"}
FOLLOW_EVERY = 1.0
NO_PUSH = "nothing was pushed yet; weaudit check tells what may be wrong"
NONE_OF_THAT = "no push fits that"
RID = re.compile(r"[0-9a-f]{4,}(-[0-9a-f]+)*", re.IGNORECASE)
# So many numbers behind the newest one may be committed later.
LATE = 500


def pushes(  # noqa: PLR0917 each is an option
    id: Annotated[str, typer.Argument(help="One push, whole: its id, or how it begins.")] = "",
    appid: Annotated[str, typer.Option(help="Of this mini program only.")] = "",
    type: Annotated[str, typer.Option(help="Of this type only, such as weapp_audit_fail or weaudit.released.")] = "",
    state: Annotated[str, typer.Option(help="With a reaction that is dead, blocked, retrying, done …")] = "",
    since: Annotated[str | None, typer.Option(help="Since then: 2h, 3d, or 2026-11-28T10:00.")] = None,
    auditid: Annotated[int | None, typer.Option(max=2**63 - 1, help="That speak of this review.")] = None,
    rid: Annotated[str, typer.Option(help="That led to the call that WeChat gave this rid.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 20,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """List the newest pushes, and what each reaction did about them, or waits for; or tell all of one."""
    settings = read_settings(Inbound)
    if state and state not in list(AttemptState):
        raise WrongUsage("--state is one of {states}, not {state!r}", states=", ".join(AttemptState), state=state)
    if rid and not RID.fullmatch(rid):
        shape = "--rid is what WeChat's answers end in, such as 66f0c3a1-1b2c3d4e-5f607182, not {rid!r}"
        raise WrongUsage(shape, rid=rid)
    with open_existing(settings) as engine:
        if id:
            _tell_all(_found(engine, id), settings.timezone, as_json=as_json)
            return
        began = 0.0 if since is None else times.before(since, "--since", settings.timezone, time.time())
        wanted = Wanted(appid, type, state, began, auditid, rid)
        with reading(engine) as connection:
            entries = history.newest(connection, wanted, limit=limit)
        tell(reversed(entries) if follow else entries, settings.timezone, as_json=as_json)
        if not (entries or follow or as_json):
            say_none(said(NO_PUSH if wanted == Wanted() else NONE_OF_THAT))
        if follow:
            _follow(engine, wanted, entries, settings.timezone, as_json=as_json)


def _follow(engine: Engine, wanted: Wanted, told: Sequence[PushHistory], timezone: ZoneInfo, *, as_json: bool) -> None:
    """Tell what comes; a number is given before its commit, so that what has a lower one may come later."""
    last = max((each.seq for each in told), default=0)
    # What was there before and is older than what was listed is no news either.
    known = {each.seq for each in _after(engine, wanted, last)} if told else set()
    while True:
        # Whoever reads a pipe waits for it.
        sys.stdout.flush()
        time.sleep(FOLLOW_EVERY)
        found = _after(engine, wanted, last)
        tell([each for each in reversed(found) if each.seq not in known], timezone, as_json=as_json)
        known = {each.seq for each in found}
        last = max((last, *known))


def _after(engine: Engine, wanted: Wanted, last: int) -> Sequence[PushHistory]:
    with reading(engine) as connection:
        return history.newest(connection, wanted._replace(after=max(0, last - LATE)), limit=10 * LATE)


def _found(engine: Engine, id: str) -> PushHistory:
    with reading(engine) as connection:
        found = history.find(connection, id)
    if found is None:
        none = "there is no push whose id is or begins with {id!r}, or more than one; weaudit pushes"
        raise CommandFailed(none, id=id)
    return found


def _tell_all(push: PushHistory, timezone: ZoneInfo, *, as_json: bool) -> None:
    message = json.loads(push.body)
    if as_json:
        say_json({**push.as_row(), "message": message})
        return
    tell([push], timezone, as_json=False)
    if push.note:
        say(said("    subscribers: {note}", note=note_in(spoken(), push.note)))
    for number, reason in enumerate(message.get("data", {}).get("reasons", []), 1):
        say(f"    {number}. {reason.get('title', '')}")
        for detail in reason.get("details", []):
            say(f"        - {detail}")
    say(json.dumps(message, ensure_ascii=False, indent=2))


def tell(entries: Iterable[PushHistory], timezone: ZoneInfo, *, as_json: bool) -> None:
    """Print pushes, for people or for programs."""
    for entry in entries:
        if as_json:
            say_json(entry.as_row())
            continue
        for line, style in lines(entry, timezone):
            say(line, style)


def lines(entry: PushHistory, timezone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """Write a push and its reactions for people: lines, each with its colour."""
    if entry.received_at is None:
        yield said("a push that is no longer there  {id}", id=entry.id), "bold"
    else:
        yield f"{at(entry.received_at, timezone)}  {entry.type}  {entry.appid}  {entry.id}", "bold"
    if entry.problem:
        yield said("    not read: {problem}", problem=entry.problem), "yellow"
    for reaction in entry.reactions:
        line = said(
            "    {queue}: {state}{on} since {since}{due}{tried}",
            queue=reaction.queue,
            state=reaction.state,
            on=said(" on {cause}", cause=reaction.waits_for) if reaction.state == "blocked" else "",
            since=at(reaction.changed_at, timezone),
            due=said(", again {due}", due=at(reaction.due_at, timezone)) if reaction.due_at else "",
            tried=said(", {tries} tries", tries=reaction.tries) if reaction.tries > 1 else "",
        )
        yield line, COLOURS.get(reaction.state, "")
        if reaction.note:
            yield f"        {note_in(spoken(), reaction.note)}", ""
