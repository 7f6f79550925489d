"""What was given up, by why."""

from collections.abc import Mapping
from typing import Any

from handlers.console.page import Asked
from handlers.operators.dead import by_why, words_of
from service.store.attempts import Revived, count_to_revive
from service.store.history import pushes as history
from service.store.history.fleet import names_of

# Of those with one reason, so many are shown.
FIRST = 10


def read(asked: Asked) -> Mapping[str, Any]:
    """Read what was given up, those with one reason together."""
    entries = history.dead(asked.connection)
    groups = by_why(entries)
    return {
        "groups": [
            {
                "note": note,
                "number": _number(asked, those[0].reaction.note, len(those)),
                "since": min(each.reaction.changed_at for each in those),
                "first": those[:FIRST],
                "reason": words_of(those[0].reaction.note),
            }
            for note, those in groups.items()
        ],
        "names": names_of(asked.connection, [entry.appid for entry in entries]),
    }


def _number(asked: Asked, note: str, listed: int) -> int:
    """Count those that a click revives; more than are listed, if there are very many."""
    reason = words_of(note)
    return count_to_revive(asked.connection, Revived(reason=reason)) if reason else listed
