"""What WeChat pushed and weaudit told, with what was done about it; and one message, whole."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers.console.page import PAGE, Asked, following
from handlers.operators.known import Unknown
from service.events.message import KINDS
from service.store import tries
from service.store.attempts import AttemptState
from service.store.history import pushes as history
from service.store.history.fleet import names_of
from service.store.history.pushes import Wanted


def read(asked: Asked) -> Mapping[str, Any]:
    """Read a page of the list."""
    wanted = Wanted(
        appid=asked.text("appid"),
        type=asked.text("type"),
        state=asked.text("state"),
        since=_since(asked),
        auditid=asked.number("auditid"),
        rid=asked.text("rid"),
        before=asked.number("before") or 0,
    )
    read_as = {"auditid": wanted.auditid, "since": wanted.since}
    unread = [name for name, value in read_as.items() if asked.text(name) and not value]
    found = [] if unread else history.newest(asked.connection, wanted, limit=PAGE)
    return {
        "entries": found,
        "unread": unread,
        "names": names_of(asked.connection, [entry.appid for entry in found]),
        "kinds": sorted(KINDS),
        "states": list(AttemptState),
        "before": following(found, lambda entry: entry.seq),
        "is_filtered": any(asked.query.values()),
    }


def read_one(id: str, asked: Asked) -> Mapping[str, Any]:
    """Read one message with each try of its reactions. Raises Unknown."""
    found = history.find(asked.connection, id)
    if found is None:
        raise Unknown(id)
    message = json.loads(found.body) if found.body else {}
    tried = tries.of(asked.connection, [found.id])
    return {
        "heading": found.type,
        "title": f"{found.type} · weaudit",
        "entry": found,
        "names": names_of(asked.connection, [found.appid]),
        "reasons": message.get("data", {}).get("reasons", []),
        "message": json.dumps(message, ensure_ascii=False, indent=2),
        "reactions": [(each, tried.get((found.id, each.queue), ())) for each in found.reactions],
    }


def _since(asked: Asked) -> float:
    try:
        return datetime.fromisoformat(asked.text("since")).replace(tzinfo=asked.settings.timezone).timestamp()
    except (ValueError, OverflowError):
        return 0.0
