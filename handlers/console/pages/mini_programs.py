"""The mini programs: where each stands and why; and one of them, whole."""

from collections.abc import Mapping
from typing import Any

from handlers.console.page import PAGE, Asked, following
from handlers.operators.allowed import OF_ONE, Action, NotNow
from handlers.operators.known import at_a_glance, know, online_of
from handlers.operators.orders import asked as asked_of
from handlers.reviews.standing_texts import PHRASES
from service.store import mini_programs
from service.store.credentials import CredentialKind
from service.store.engine import database_time
from service.store.history.fleet import Sought, list_mini_programs
from service.store.history.overview import secret
from service.store.history.timeline import Called, Told
from service.store.reviews import State

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
    auditid = row.auditid if row else None
    what = f"{row.user_version} ({auditid})" if row and auditid else row.user_version if row else seen.appid
    return {"action": action.value, "against": "", "auditid": auditid, "row": row.id if row else None, "what": what}
