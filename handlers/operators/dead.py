"""What was given up, by why: what has the same reason is mended by the same deed."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from handlers.notes.reading import note_in
from handlers.operators.wording import clean
from handlers.wechat.errors import RID
from service.language import Language
from service.store.history.pushes import PushHistory, ReactionStatus

WITH_RID = re.compile(rf"\s*{RID.pattern}", RID.flags)
PLAIN = re.compile(r"[\w ,.:()/-]{1,60}?(?=\s*(?:rid:|[^\w ,.:()/-]|$))|[\w ,.:()/-]{1,60}")


class Why(NamedTuple):
    """What a note says, without what differs from call to call, and of which queue."""

    note: str
    queue: str


class Dead(NamedTuple):
    """A reaction that was given up, and its push."""

    push: PushHistory
    reaction: ReactionStatus


def by_why(entries: Sequence[PushHistory], language: Language) -> Mapping[Why, Sequence[Dead]]:
    """Gather the dead reactions of a queue by what their notes say, in a language."""
    found: defaultdict[Why, list[Dead]] = defaultdict(list)
    for entry in entries:
        for reaction in entry.reactions:
            note = clean(note_in(language, WITH_RID.sub("", reaction.note)))
            found[Why(note, reaction.queue)].append(Dead(entry, reaction))
    return found


def words_of(note: str) -> str:
    """Return how a note begins, up to where it is no plain text: all of its kind begin so."""
    begins = PLAIN.match(note)
    return begins[0].strip() if begins else ""
