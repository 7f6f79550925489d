"""`weaudit why`: where a version stands, what it waits for, what a person can do, and what happened."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from handlers.commands.answering import Json, say, say_json
from handlers.commands.configured import read_settings
from handlers.commands.said import said
from handlers.notes.reading import answer_in, note_in
from handlers.operators.known import Known, know
from handlers.operators.wording import at, clean
from handlers.reviews.standing_texts import PHRASES
from service.language import Language
from service.settings import Policies
from service.store.engine import reading
from service.store.history.timeline import Called, Event, Told
from service.store.opened import open_existing


def why(
    what: Annotated[str, typer.Argument(metavar="APPID|AUDITID|PUSH", help="Of whom, of which review, or which push.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many events.")] = 20,
    *,
    as_json: Json = False,
) -> None:
    """Tell where a version stands, what it waits for and until when, what a person can do, and what happened."""
    settings = read_settings(Policies)
    with open_existing(settings) as engine, reading(engine) as connection:
        known = know(connection, settings, what, limit=limit)
    if as_json:
        say_json(as_row(known))
        return
    for line in lines(known, settings):
        say(line)


def lines(known: Known, settings: Policies) -> Iterator[str]:
    """Write it for people."""
    yield known.title
    for name, text in known.says._asdict().items():
        if text:
            yield f"    {PHRASES[settings.weaudit_language][name]}: {text}"
    for event in known.events:
        yield f"{at(event.at, settings.timezone)}  {_event(event, settings.weaudit_language)}"
        if isinstance(event, Told):
            for reaction in event.push.reactions:
                note = f": {clean(note_in(settings.weaudit_language, reaction.note))}" if reaction.note else ""
                yield f"{'':27}{reaction.queue} {reaction.state}{note}"


def _event(event: Event, language: Language) -> str:
    if isinstance(event, Told):
        return f"{event.push.type}  {event.push.id}"
    if isinstance(event, Called):
        call = event.call
        refusal = clean(answer_in(language, call.endpoint, call.said)) or said("no answer")
        answered = said("ok") if call.errcode == 0 else refusal
        rid = f" (rid: {call.rid})" if call.rid and call.rid not in answered else ""
        return said("called {endpoint}: {answered}", endpoint=call.endpoint, answered=f"{answered}{rid}")
    ordered = event.order
    about = f": {clean(ordered.about)}" if ordered.about else ""
    what = f"{ordered.action}{about}"
    return said("{who} ordered {what} ({origin})", who=ordered.who, what=what, origin=ordered.origin)


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
        "events": [{"at": event.at, **_event_row(event)} for event in known.events],
    }


def _event_row(event: Event) -> Mapping[str, Any]:
    if isinstance(event, Told):
        return event.push.as_row()
    return event.call._asdict() if isinstance(event, Called) else event.order._asdict()
