"""A plan is a message: what is wanted is written down, with the message that carries it to a worker, in one commit."""

import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from handlers.context import Context
from handlers.reviews import announcements
from handlers.reviews.ours import new_mark
from handlers.wechat.endpoints.code import CommitRequest
from service.store import inbox, reviews
from service.store.reviews import Review, State

# What was wanted once and never became a review is wanted anew.
CAME_TO_NOTHING = (State.SUPERSEDED, State.REFUSED, State.CONFLICT)


class Plan(NamedTuple):
    """The rows of one plan, by mini program, and those of what was wanted before and is not planned again."""

    name: str
    rows: Mapping[str, Review]
    before: Mapping[str, Review]


def plan(
    context: Context, wanted: Mapping[str, CommitRequest], audit_fields: str = "{}", *, again: bool = False
) -> Plan:
    """Plan a version for each mini program; what was planned or submitted before is not, unless `again`."""
    name = secrets.token_hex(6)
    digests = {appid: sha256(commit.model_dump_json().encode()).hexdigest()[:32] for appid, commit in wanted.items()}
    with context.engine.begin() as connection:
        now = context.now(connection)
        known = reviews.of_digest(connection, wanted.keys(), set(digests.values()))
        before = {appid: row for appid, row in known.items() if _counts(row, digests[appid], again=again)}
        rows = [
            {
                "appid": appid,
                "state": State.PLANNED.value,
                "plan": name,
                "mark": new_mark() if context.settings.version_mark else "",
                "user_version": commit.user_version,
                "user_desc": commit.user_desc,
                "commit_body": commit.model_dump_json(),
                "digest": digests[appid],
                "audit_fields": audit_fields,
            }
            for appid, commit in wanted.items()
            if appid not in before
        ]
        made = reviews.add(connection, rows, now=now) if rows else []
        messages = [announcements.planned(context, row, wanted[row.appid].template_id, now) for row in made]
        inbox.add(connection, messages, context.credentials, now)
    return Plan(name, {row.appid: row for row in made}, before)


def _counts(row: Review, digest: str, *, again: bool) -> bool:
    """Return whether what was wanted before still counts: it is on its way, or became a review."""
    is_on_its_way = row.state in (*reviews.BEFORE_REVIEW, *reviews.UNDER_WAY)
    return row.digest == digest and row.state not in CAME_TO_NOTHING and (is_on_its_way or not again)
