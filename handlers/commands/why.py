"""`weaudit why`: where a version stands, what it waits for, what a person can do, and what happened."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

import typer
from sqlalchemy import Connection

from handlers.causes import telling
from handlers.commands.answering import Json, at, clean, say, say_json
from handlers.commands.configured import read_settings
from handlers.commands.exit_status import CommandFailed
from handlers.reviews.policy import policy_of
from handlers.reviews.standing import Standing, standing
from handlers.reviews.standing_texts import PHRASES, TEXTS, Says, state_in
from service.settings import Outbound
from service.store import causes, mini_programs, reviews
from service.store.engine import database_time, reading
from service.store.history import pushes as history
from service.store.history.timeline import Called, Told, stopped, timeline
from service.store.opened import open_existing
from service.store.reviews import Review

LONGEST_AUDITID = 18
BREAK = re.compile(r"</?br[^>]*>", re.IGNORECASE)
ID = re.compile(r"[0-9a-f]{6,32}")


class Known(NamedTuple):
    """All that is known of one mini program, or of one of its versions."""

    appid: str
    title: str
    standing: Standing
    says: Says
    events: Sequence[Told | Called]


def why(
    what: Annotated[str, typer.Argument(metavar="APPID|AUDITID|PUSH", help="Of whom, of which review, or which push.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many events.")] = 20,
    *,
    as_json: Json = False,
) -> None:
    """Tell where a version stands, what it waits for and until when, what a person can do, and what happened."""
    settings = read_settings(Outbound)
    with open_existing(settings) as engine, reading(engine) as connection:
        known = know(connection, settings, what, limit=limit)
    if as_json:
        say_json(as_row(known))
        return
    for line in lines(known, settings):
        say(line)


def know(connection: Connection, settings: Outbound, what: str, *, limit: int) -> Known:
    """Gather what is known of an appid, a review or a push. Raises CommandFailed."""
    appid, row = _meant(connection, what)
    rows = reviews.of(connection, appid)
    row = row or next(iter(rows), None)
    mini_program = mini_programs.find(connection, appid)
    policy = policy_of(settings)
    if pause := causes.pause_of(connection, appid):
        policy = replace(policy, pause=pause.name, why_paused=pause.reason, paused_until=pause.until)
    found = standing(row, stopped(connection, appid), policy, database_time(connection), rows)
    return Known(
        appid=appid,
        title=mini_program.title if mini_program else appid,
        standing=found,
        says=_filled(connection, settings, found, appid),
        events=timeline(connection, appid, limit=limit),
    )


def _meant(connection: Connection, what: str) -> tuple[str, Review | None]:
    if what.isdecimal() and len(what) <= LONGEST_AUDITID and (row := reviews.of_auditid(connection, int(what))):
        return row.appid, row
    if ID.fullmatch(what) and (push := history.find(connection, what)):
        return push.appid, None
    if mini_programs.find(connection, what) or reviews.of(connection, what):
        return what, None
    raise CommandFailed(f"weaudit knows no mini program, review or push {what!r}; weaudit apps, weaudit pushes")


def _filled(connection: Connection, settings: Outbound, found: Standing, appid: str) -> Says:
    language, row = settings.weaudit_language, found.review
    held = next((one for one in causes.every(connection) if one.cause.name == found.cause), None)
    about_cause = {**telling.title(held.cause), **telling.what_to_do(held.cause)} if held else {}
    chosen = "_chinese" if language == "zh" else ""
    auditid, phrases = row.auditid if row else None, PHRASES[language]
    until = at(found.until, settings.timezone) if found.until else ""
    words = {
        "appid": appid,
        "version": row.user_version if row else phrases["no_version"],
        "review": phrases["review"].format(auditid or "—"),
        "row_state": state_in(language, row.state.value) if row else "—",
        "percent": row.percent if row else 0,
        "reason": clean(BREAK.sub("; ", row.reason)).strip("; ") if row else "",
        "chinese": clean((row.chinese or row.note) if row else ""),
        "until": until,
        "again": phrases["again"].format(until) if until else "",
        "ends": phrases["until"].format(until) if until else phrases["a_person"],
        "cause": found.cause,
        "detail": clean(found.detail),
        "what": about_cause.get(f"what{chosen}", ""),
        "act": about_cause.get(f"act{chosen}", f"weaudit unblock {found.cause}"),
        "resumed": found.cause.partition(":")[2] or "--all",
        "push": found.push_id,
    }
    return Says(*(text.format(**words) for text in TEXTS[found.where][language]))


def lines(known: Known, settings: Outbound) -> Iterator[str]:
    """Write it for people."""
    yield known.title
    for name, text in known.says._asdict().items():
        if text:
            yield f"    {PHRASES[settings.weaudit_language][name]}: {text}"
    for event in known.events:
        yield f"{at(event.at, settings.timezone)}  {_event(event)}"
        if isinstance(event, Told):
            for reaction in event.push.reactions:
                note = f": {clean(reaction.note)}" if reaction.note else ""
                yield f"{'':27}{reaction.queue} {reaction.state}{note}"


def _event(event: Told | Called) -> str:
    if isinstance(event, Told):
        return f"{event.push.type}  {event.push.id}"
    call = event.call
    said = "ok" if call.errcode == 0 else clean(call.said) or "no answer"
    return f"called {call.endpoint}: {said}" + (f" (rid: {call.rid})" if call.rid and call.rid not in said else "")


def as_row(known: Known) -> Mapping[str, Any]:
    """Return what programs read."""
    found = known.standing
    row = found.review
    return {
        "appid": known.appid,
        "name": known.title,
        "where": found.where.value,
        "auditid": row.auditid if row else None,
        "user_version": row.user_version if row else "",
        "until": found.until,
        "cause": found.cause,
        "detail": found.detail,
        **known.says._asdict(),
        "events": [
            {"at": event.at, **(event.push.as_row() if isinstance(event, Told) else event.call._asdict())}
            for event in known.events
        ],
    }
