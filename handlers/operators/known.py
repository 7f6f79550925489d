"""All that is known of one mini program, gathered for people: where its version stands, and what happened."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from handlers.causes import telling
from handlers.notes.reading import note_in
from handlers.notes.states import state_in
from handlers.operators.wording import at, clean
from handlers.reviews.policy import policy_of
from handlers.reviews.standing import Standing, standing
from handlers.reviews.standing_texts import PHRASES, TEXTS, Says
from service.language import Language
from service.settings import Policies
from service.store import causes, mini_programs, reviews
from service.store.engine import database_time
from service.store.history import pushes as history
from service.store.history.timeline import Event, Stopped, stopped, timeline
from service.store.reviews import Review, State
from service.told import Told

LONGEST_AUDITID = 18
BREAK = re.compile(r"</?br[^>]*>", re.IGNORECASE)
ID = re.compile(r"[0-9a-f]{6,32}")


class Unknown(Told):
    """Nothing is known by that name; the text says what to type instead."""


class Known(NamedTuple):
    """All that is known of one mini program, or of one of its versions."""

    appid: str
    title: str
    standing: Standing
    says: Says
    events: Sequence[Event]


class Glance(NamedTuple):
    """Where the newest version of a mini program stands, in few words."""

    standing: Standing
    says: Says
    online: str


def know(
    connection: Connection, settings: Policies, what: str, *, limit: int, language: Language | None = None
) -> Known:
    """Gather what is known of an appid, a review or a push. Raises Unknown."""
    appid, row = _meant(connection, what)
    rows = reviews.of(connection, appid)
    mini_program = mini_programs.find(connection, appid)
    desk = _Seen(connection, settings, language or settings.weaudit_language)
    found = desk.stands(appid, row or next(iter(rows), None), rows, stopped(connection, [appid]))
    return Known(
        appid=appid,
        title=mini_program.title if mini_program else appid,
        standing=found,
        says=desk.says(appid, found),
        events=timeline(connection, appid, limit=limit),
    )


def at_a_glance(
    connection: Connection, settings: Policies, appids: Sequence[str], language: Language
) -> Mapping[str, Glance]:
    """Gather for many mini programs where each stands."""
    seen, rows = _Seen(connection, settings, language), reviews.of_many(connection, appids)
    held_up: defaultdict[str, list[Stopped]] = defaultdict(list)
    for each in stopped(connection, appids):
        held_up[each.push.appid].append(each)
    glances = {}
    for appid in appids:
        its = rows.get(appid, ())
        found = seen.stands(appid, next(iter(its), None), its, held_up[appid])
        glances[appid] = Glance(found, seen.says(appid, found), online_of(its))
    return glances


def online_of(rows: Sequence[Review]) -> str:
    """Return which version everybody has, as far as weaudit knows."""
    return next((row.user_version for row in rows if row.state is State.RELEASED), "")


class _Seen:
    """What holds for all: the policy, the causes and pauses that there are, and the time."""

    def __init__(self, connection: Connection, settings: Policies, language: Language) -> None:
        self._settings = settings
        self._language = language
        self._now = database_time(connection)
        self._policy = policy_of(settings)
        self._causes = {held.cause.name: held.cause for held in causes.every(connection)}

    def stands(self, appid: str, row: Review | None, rows: Sequence[Review], held_up: Sequence[Stopped]) -> Standing:
        pause = self._causes.get(causes.paused(appid)) or self._causes.get(causes.PAUSED_ALL)
        policy = self._policy
        if pause:
            policy = replace(policy, pause=pause.name, why_paused=pause.reason, paused_until=pause.until)
        return standing(row, held_up, policy, self._now, rows)

    def says(self, appid: str, found: Standing) -> Says:
        language, row = self._language, found.review
        cause = self._causes.get(found.cause)
        about_cause = {**telling.title(cause), **telling.what_to_do(cause)} if cause else {}
        chosen = "_chinese" if language == "zh" else ""
        auditid, phrases = row.auditid if row else None, PHRASES[language]
        until = at(found.until, self._settings.timezone) if found.until else ""
        words = {
            "appid": appid,
            "version": row.user_version if row else phrases["no_version"],
            "review": phrases["review"].format(auditid or "—"),
            "row_state": state_in(language, row.state.value) if row else "—",
            "percent": row.percent if row else 0,
            "reason": clean(BREAK.sub("; ", row.reason)).strip("; ") if row else "",
            "until": until,
            "again": phrases["again"].format(until) if until else "",
            "ends": phrases["until"].format(until) if until else phrases["a_person"],
            "cause": found.cause,
            "detail": clean(note_in(language, found.detail)) or phrases["no_reason"],
            "what": about_cause.get(f"what{chosen}", ""),
            "act": about_cause.get(f"act{chosen}", f"weaudit unblock {found.cause}"),
            "resumed": found.cause.partition(":")[2] or "--all",
            "push": found.push_id,
        }
        return Says(*(text.format(**words) for text in TEXTS[found.where][language]))


def _meant(connection: Connection, what: str) -> tuple[str, Review | None]:
    if what.isdecimal() and len(what) <= LONGEST_AUDITID and (row := reviews.of_auditid(connection, int(what))):
        return row.appid, row
    if ID.fullmatch(what) and (push := history.find(connection, what)):
        return push.appid, None
    if mini_programs.find(connection, what) or reviews.of(connection, what):
        return what, None
    raise Unknown("weaudit knows no mini program, review or push {what!r}; weaudit apps, weaudit pushes", what=what)
