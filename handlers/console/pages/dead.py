"""What was given up, by why."""

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.console.page import Asked
from handlers.operators.dead import Dead, by_why, words_of
from service.store.attempts import Chosen, count_chosen
from service.store.history import pushes as history
from service.store.history.fleet import names_of

# Of those with one reason, so many are shown.
FIRST = 10
MOST = 1000


def read(asked: Asked) -> Mapping[str, Any]:
    """Read what was given up, those with one reason together."""
    entries = history.dead(asked.connection, limit=MOST)
    groups = by_why(entries, asked.language)
    return {
        "groups": [
            {
                "note": why.note,
                "number": _number(asked, those, is_cut=len(entries) == MOST),
                "since": min(each.reaction.changed_at for each in those),
                "first": those[:FIRST],
                "chosen": _chosen(those, is_cut=len(entries) == MOST),
            }
            for why, those in groups.items()
        ],
        "names": names_of(asked.connection, [entry.appid for entry in entries]),
    }


def _chosen(those: Sequence[Dead], *, is_cut: bool) -> Mapping[str, str]:
    """Choose what a click is about: those that are listed; where there are more than can be, all that begin so."""
    reason, queue = words_of(those[0].reaction.note) if is_cut else "", {"queue": those[0].reaction.queue}
    return {"reason": reason, **queue} if reason else {"pushes": " ".join(each.push.id for each in those), **queue}


def _number(asked: Asked, those: Sequence[Dead], *, is_cut: bool) -> int:
    chosen = _chosen(those, is_cut=is_cut)
    if "reason" not in chosen:
        return len(those)
    return count_chosen(asked.connection, Chosen(reason=chosen["reason"], queue=chosen["queue"]))
