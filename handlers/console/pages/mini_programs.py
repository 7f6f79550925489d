"""The mini programs: where each stands and why; and one of them, whole."""

from collections.abc import Mapping
from typing import Any

from handlers.console.page import PAGE, Asked, following
from handlers.console.texts import words
from handlers.operators.allowed import OF_ONE, Action, NotNow
from handlers.operators.known import at_a_glance, know, online_of
from handlers.operators.orders import asked as asked_of
from handlers.reviews.standing_texts import PHRASES
from service.store import mini_programs
from service.store.attempts import AttemptState
from service.store.credentials import CredentialKind
from service.store.engine import database_time
from service.store.history.fleet import Sought, list_mini_programs
from service.store.history.overview import secret
from service.store.history.timeline import Called, Told, stopped
from service.store.reviews import UNDER_WAY, State

EVENTS = 100


def read(asked: Asked) -> Mapping[str, Any]:
    """Read a page of the list."""
    sought = Sought(asked.text("q"), asked.text("state"), asked.text("after"))
    found = list_mini_programs(asked.connection, sought, limit=PAGE)
    glances = at_a_glance(asked.connection, asked.settings, [app.appid for app in found], asked.language)
    return {
        "apps": [(app, glances[app.appid]) for app in found],
        "states": list(State),
        "after": following(found, lambda app: app.appid),
        "is_filtered": bool(sought.words or sought.state or sought.after),
    }


def read_one(appid: str, asked: Asked) -> Mapping[str, Any]:
    """Read all of one mini program. Raises Unknown."""
    known = know(asked.connection, asked.settings, appid, limit=EVENTS, language=asked.language)
    seen = asked_of(asked.connection, known.appid)
    token = secret(asked.connection, CredentialKind.AUTHORIZER_TOKEN, known.appid)
    now = database_time(asked.connection)
    return {
        "heading": known.title,
        "title": f"{known.title} · weaudit",
        "known": known,
        "app": mini_programs.find(asked.connection, known.appid),
        "rows": seen.rows,
        "online": online_of(seen.rows),
        "token_is_good": token is not None and (token.expires_at or 0.0) > now,
        "policy": f"ON_AUDIT_SUCCESS={asked.settings.on_audit_success}; ON_AUDIT_FAIL={asked.settings.on_audit_fail}",
        "phrases": PHRASES[asked.language],
        "dead": [
            each for each in stopped(asked.connection, [known.appid]) if each.reaction.state == AttemptState.DEAD.value
        ],
        "events": [(_kind(event), event) for event in reversed(known.events)],
        "buttons": [_button(action, seen, asked) for action in OF_ONE],
    }


def _kind(event: object) -> str:
    return "told" if isinstance(event, Told) else "called" if isinstance(event, Called) else "ordered"


def _button(action: Action, seen: Any, asked: Asked) -> Mapping[str, Any]:
    """Make a button, and why it cannot be clicked just now, if so."""
    try:
        row = OF_ONE[action](seen)
    except NotNow as error:
        return {"action": action.value, "against": error.says(asked.language)}
    if action is Action.RELEASE and row is None:
        return {"action": action.value, "against": words()["no_reviews"]}
    auditid = row.auditid if row else None
    what = f"{row.user_version} ({auditid})" if row and auditid else row.user_version if row else seen.appid
    later = action is Action.RELEASE and row is not None and row.state in UNDER_WAY
    question = words()["ask_release_later" if later else f"ask_{action.value}"].format(what=what)
    fields = {"appid": seen.appid, "auditid": auditid, "row": row.id if row else None}
    return {"action": action.value, "against": "", "question": question, "fields": fields}
