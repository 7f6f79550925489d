"""`weaudit status`: how weaudit is, on one screen; or one mini program."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from handlers.commands import why
from handlers.commands.answering import Json, at, for_how_long, say, say_json
from handlers.commands.configured import read_settings
from handlers.notifications.wording import counted
from service.queue import connection as broker
from service.settings import Outbound
from service.store import mini_programs, reviews
from service.store.credentials import CredentialKind
from service.store.engine import reading
from service.store.history.overview import Overview, Secret, overview, secret
from service.store.opened import open_existing

PARTS = ("web", "relay", "worker", "clock")
Line = tuple[str, str]


def status(
    appid: Annotated[str, typer.Argument(help="Of this mini program; of weaudit as a whole, if not given.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Tell on one screen how weaudit is: parts, ticket, tokens, what waits, what is blocked or dead."""
    settings = read_settings(Outbound)
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


def lines(known: Overview, settings: Outbound) -> Iterator[Line]:
    """Write it for people: a line each, red where a person must act."""
    for part in PARTS:
        those = [each for each in known.processes if each.part == part]
        if not those:
            yield f"{part:<12}does not run here or anywhere: weaudit {part}, or weaudit up", "red"
        for each in those:
            where = f"{each.host}, pid {each.pid}, weaudit {each.version}"
            silent = for_how_long(known.now - each.beat_at)
            if each.is_alive(known.now):
                yield f"{part:<12}runs since {at(each.started_at, settings.timezone)} ({where})", ""
            else:
                yield f"{part:<12}STANDS STILL for {silent}, or was killed ({where})", "red"
    yield from _secret_line("ticket", known.ticket, known.now, "WeChat pushes one every ten minutes")
    yield from _secret_line("token", known.component_token, known.now, "it is fetched when it is needed")
    yield f"{'apps':<12}{known.authorized} authorize the platform, {known.good_tokens} with a token that is good", ""
    waits = for_how_long(known.now - known.unpublished_since) if known.unpublished_since else "0 s"
    is_late = known.unpublished_since is not None and known.now - known.unpublished_since > 60
    yield (
        f"{'inbox':<12}{counted(known.unpublished, 'push')} not yet with subscribers, the oldest for {waits}",
        "red" if is_late else "",
    )
    states = ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in sorted(known.reviews.items()))
    yield f"{'reviews':<12}{states or 'none'}", ""
    waiting = ", ".join(f"{number} {queue} {state}" for (queue, state), number in sorted(known.reactions.items()))
    yield f"{'reactions':<12}{waiting or 'none is open'}", ""
    for held in known.causes:
        yield f"{'blocked':<12}{held.cause.name}: {counted(held.reactions, 'reaction')}; weaudit blocked", "yellow"
    for note, number in known.undelivered.items():
        yield f"{'undelivered':<12}{counted(number, 'push')}: {note}", "yellow"
    yield f"{'dead':<12}{known.dead}{'; weaudit dead' if known.dead else ''}", "red" if known.dead else ""


def _secret_line(name: str, known: Secret | None, now: float, hint: str) -> Iterator[Line]:
    if known is None:
        yield f"{name:<12}there is none yet: {hint}", "red" if name == "ticket" else ""
        return
    is_good = (known.expires_at or 0.0) > now
    left = f"good for {for_how_long((known.expires_at or 0.0) - now)}" if is_good else f"EXPIRED: {hint}"
    yield f"{name:<12}{for_how_long(now - known.issued_at)} old, {left}", "" if is_good else "red"


def _queues(settings: Outbound) -> Mapping[str, int] | str:
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


def _of_one(connection: Connection, settings: Outbound, appid: str, *, as_json: bool) -> None:
    known = why.know(connection, settings, appid, limit=20)
    found = mini_programs.find(connection, known.appid)
    token = secret(connection, CredentialKind.AUTHORIZER_TOKEN, known.appid)
    refresh = secret(connection, CredentialKind.REFRESH_TOKEN, known.appid)
    rows = reviews.of(connection, known.appid)
    online = next((row for row in rows if row.state is reviews.State.RELEASED), None)
    facts: dict[str, Any] = {
        "authorized": bool(found and found.authorized),
        "account": found.account if found else "",
        "user_name": found.user_name if found else "",
        "token": "good" if token else "none",
        "refresh_token": "known" if refresh else "none",
        "online": online.user_version if online else "",
        "policy": _policy(settings),
    }
    if as_json:
        say_json({**why.as_row(known), **facts})
        return
    written = list(why.lines(known, settings))
    say(written[0], "bold")
    for name, value in facts.items():
        say(f"    {name.replace('_', ' ')}: {'yes' if value is True else 'no' if value is False else value or '—'}")
    for line in written[1:]:
        say(line)


def _policy(settings: Outbound) -> str:
    success = settings.on_audit_success
    window = f", within {settings.release_window}" if settings.release_window else ""
    return f"ON_AUDIT_SUCCESS={success}{window}; ON_AUDIT_FAIL={settings.on_audit_fail}"
