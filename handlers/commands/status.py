"""`weaudit status`: how weaudit is, on one screen; or one mini program."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from handlers.commands import why
from handlers.commands.answering import Json, say, say_json
from handlers.commands.configured import read_settings
from handlers.commands.status_texts import FACTS, WORDS
from handlers.notes.reading import note_in
from handlers.notes.states import state_in
from handlers.operators.known import know, online_of
from handlers.operators.wording import at, for_how_long
from service.language import Language
from service.queue import connection as broker
from service.settings import Policies
from service.store import mini_programs, reviews
from service.store.credentials import CredentialKind
from service.store.engine import database_time, reading
from service.store.history.overview import Overview, Secret, overview, secret
from service.store.opened import open_existing
from service.store.processes import PARTS

Line = tuple[str, str]
# In seconds: no subscriber waits for longer while all is well.
LATE = 60.0


def status(
    appid: Annotated[str, typer.Argument(help="Of this mini program; of weaudit as a whole, if not given.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Tell on one screen how weaudit is: parts, ticket, tokens, what waits, what is blocked or dead."""
    settings = read_settings(Policies)
    with open_existing(settings) as engine, reading(engine) as connection:
        if appid:
            _of_one(connection, settings, appid, as_json=as_json)
            return
        known = overview(connection, settings.wechat_component_appid)
    queues = _queues(settings)
    if as_json:
        say_json({**known.as_row(), "queues": queues})
        return
    for line, style in (*lines(known, settings), *_queue_lines(queues)):
        say(line, style)


def lines(known: Overview, settings: Policies) -> Iterator[Line]:
    """Write it for people: a line each, red where a person must act."""
    language = settings.weaudit_language
    words = WORDS[language]
    for part in (*PARTS, *sorted({each.part for each in known.processes} - {*PARTS})):
        those = [each for each in known.processes if each.part == part]
        if not those:
            yield f"{part:<12}{words['absent'].format(part=part)}", "red"
        for each in those:
            where = f"{each.host}, pid {each.pid}, weaudit {each.version}"
            since, silent = at(each.started_at, settings.timezone), for_how_long(known.now - each.beat_at, language)
            is_alive = each.is_alive(known.now)
            said = words["runs" if is_alive else "still"].format(since=since, where=where, silent=silent)
            yield f"{part:<12}{said}", "" if is_alive else "red"
            if each.note:
                yield f"{'':<12}{each.note}; weaudit check", "yellow"
    yield _secret_line("ticket", known.ticket, known.now, language)
    yield _secret_line("token", known.component_token, known.now, language)
    yield f"{'apps':<12}{words['apps'].format(authorized=known.authorized, good=known.good_tokens)}", ""
    waits = known.now - known.unpublished_since if known.unpublished_since else 0.0
    said = words["inbox"].format(number=known.unpublished, waits=for_how_long(waits, language))
    yield f"{'inbox':<12}{said}", "red" if waits > LATE else ""
    states = ", ".join(f"{number} {state_in(language, state)}" for state, number in sorted(known.reviews.items()))
    yield f"{'reviews':<12}{states or words['nothing']}", ""
    waiting = ", ".join(f"{number} {queue} {state}" for (queue, state), number in sorted(known.reactions.items()))
    yield f"{'reactions':<12}{waiting or words['nothing']}", ""
    for held in known.causes:
        yield f"{'blocked':<12}{words['blocked'].format(cause=held.cause.name, number=held.reactions)}", "yellow"
    for note, number in known.undelivered.items():
        yield f"{'undelivered':<12}{words['undelivered'].format(number=number, note=note_in(language, note))}", "yellow"
    said = words["dead"].format(number=known.dead) if known.dead else words["nothing"]
    yield f"{'dead':<12}{said}", "red" if known.dead else ""


def _secret_line(name: str, known: Secret | None, now: float, language: Language) -> Line:
    words = WORDS[language]
    if known is None:
        return f"{name:<12}{words['none'].format(hint=words[name])}", "red" if name == "ticket" else ""
    left = (known.expires_at or 0.0) - now
    told = {"age": for_how_long(now - known.issued_at, language), "left": for_how_long(left, language)}
    said = words["good" if left > 0 else "expired"].format(**told, hint=words[name])
    # A token is fetched when it is needed, and may have run out meanwhile.
    return f"{name:<12}{said}", "red" if left <= 0 and name == "ticket" else ""


def _queues(settings: Policies) -> Mapping[str, int] | str:
    """Return how many messages each of our queues holds, or why that is not known."""
    if settings.broker_url.startswith("memory:"):
        return {}
    try:
        return broker.depths(settings.broker_url, settings.broker_ca_file)
    except Exception as error:  # noqa: BLE001 each transport has errors of its own
        return f"BROKER_URL: no answer: {error}"


def _queue_lines(queues: Mapping[str, int] | str) -> Iterator[Line]:
    if isinstance(queues, str):
        yield f"{'broker':<12}{queues}", "red"
    elif queues:
        yield f"{'queues':<12}{', '.join(f'{name} {number}' for name, number in queues.items())}", ""


def _of_one(connection: Connection, settings: Policies, appid: str, *, as_json: bool) -> None:
    known = know(connection, settings, appid, limit=20)
    found = mini_programs.find(connection, known.appid)
    token = secret(connection, CredentialKind.AUTHORIZER_TOKEN, known.appid)
    now = database_time(connection)
    refresh = secret(connection, CredentialKind.REFRESH_TOKEN, known.appid)
    facts: dict[str, Any] = {
        "authorized": bool(found and found.authorized),
        "account": found.account if found else "",
        "user_name": found.user_name if found else "",
        "permission_sets": found.permission_sets if found else "",
        "token": "none" if token is None else "good" if (token.expires_at or 0.0) > now else "run out",
        "refresh_token": "known" if refresh else "none",
        "online": online_of(reviews.of(connection, known.appid)),
        "policy": _policy(settings),
    }
    if as_json:
        say_json({**why.as_row(known), **facts})
        return
    written = list(why.lines(known, settings))
    say(written[0], "bold")
    said = FACTS[settings.weaudit_language]
    for name, value in facts.items():
        shown = str(value).lower() if isinstance(value, bool) else value
        say(f"    {said.get(name, name)}: {said.get(shown, shown) or '—'}")
    for line in written[1:]:
        say(line)


def _policy(settings: Policies) -> str:
    success = settings.on_audit_success
    window = f", within {settings.release_window}" if settings.release_window else ""
    return f"ON_AUDIT_SUCCESS={success}{window}; ON_AUDIT_FAIL={settings.on_audit_fail}"
