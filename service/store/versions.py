"""Versions on their way into mini programs: planned, committed, submitted; what a crash or a stop left is here.

What belongs to a version is told by what WeChat showed before and after, never by comparing WeChat's clock with ours.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, update

from service.store.engine import upsert
from service.store.tables import versions as table


class Version(NamedTuple):
    """A version for a mini program. `body` is the one of commit, as JSON; `planned_by` the push that it answers.

    `trial_before` and `audit_before` are what WeChat showed just before the commit (0 for none), `trial` the time that
    it gave our commit, `auditid` the review; each None until then. `request` is the body of submit_audit, as JSON, from
    before it is called until what it came to is known.
    """

    appid: str
    digest: str
    body: str
    planned_by: str
    trial_before: int | None
    audit_before: int | None
    trial: int | None
    auditid: int | None
    request: str = ""


def is_again_under_way(version: Version) -> bool:
    """Tell whether a version that was submitted before is on its way once more."""
    return version.auditid is not None and version.audit_before is not None and version.audit_before >= version.auditid


def plan(connection: Connection, appid: str, body: str, *, by: str = "") -> Version:
    """Plan a version, given the body of commit as JSON; the same one again gives what became of it."""
    digest = sha256(body.encode()).hexdigest()[:32]
    planned = {"appid": appid, "digest": digest, "body": body, "planned_by": by, "request": ""}
    insert = upsert(connection, table).values(planned)
    is_open = (table.c.auditid.is_(None)) & (insert.excluded.planned_by != "")
    answers = {"planned_by": insert.excluded.planned_by}
    connection.execute(insert.on_conflict_do_update(index_elements=["appid", "digest"], set_=answers, where=is_open))
    row = connection.execute(select(table).where(table.c.appid == appid, table.c.digest == digest)).one()
    return Version(*row)


def plan_again(connection: Connection, version: Version, *, by: str = "") -> Version:
    """Plan a version once more that was submitted before; until it is, the former review stays what it became.

    One that somebody else has submitted since stays as it is.
    """
    same = table.c.auditid == version.auditid
    changes = {"planned_by": by, "trial_before": None, "audit_before": None, "trial": None, "request": ""}
    connection.execute(update(table).where(_is(version), same).values(changes))
    return find(connection, version)


def commit_begins(connection: Connection, version: Version, *, trial_before: int, audit_before: int) -> Version:
    """Write down what WeChat shows just before a version is committed, which is then no other version's any more."""
    others = (table.c.appid == version.appid) & (table.c.digest != version.digest)
    connection.execute(update(table).where(others).values(trial_before=None, trial=None))
    # What is just being submitted is known again by the review that there was before.
    connection.execute(update(table).where(others, table.c.request == "").values(audit_before=None))
    return _write(connection, version, trial_before=trial_before, audit_before=audit_before, trial=None, request="")


def not_committed(connection: Connection, version: Version) -> Version:
    """Write down that WeChat refused a commit."""
    return _write(connection, version, trial_before=None, audit_before=None)


def committed(connection: Connection, version: Version, *, trial: int) -> Version:
    """Write down which trial version ours is."""
    return _write(connection, version, trial=trial)


def submitting(connection: Connection, version: Version, request: str) -> Version:
    """Write down with what a version is just being submitted; empty if WeChat refused it."""
    return _write(connection, version, request=request)


def submitted(connection: Connection, version: Version, auditid: int) -> Version:
    """Write down as what a version was submitted for review."""
    return _write(connection, version, auditid=auditid, request="")


def find(connection: Connection, version: Version) -> Version:
    """Read a version anew."""
    return Version(*connection.execute(select(table).where(_is(version))).one())


def planned_by(connection: Connection, appid: str, push_id: str) -> Version | None:
    """Find the version that was planned because of a push."""
    row = connection.execute(select(table).where(table.c.appid == appid, table.c.planned_by == push_id)).first()
    return None if row is None else Version(*row)


def on_their_way(connection: Connection, appid: str) -> Sequence[Version]:
    """List the versions of a mini program that are committed, or just being, and are not submitted yet."""
    rows = connection.execute(select(table).where(table.c.appid == appid, table.c.trial_before.is_not(None)))
    versions = [Version(*row) for row in rows]
    return [version for version in versions if version.auditid is None or is_again_under_way(version)]


def of_review(connection: Connection, appid: str, auditid: int) -> Version | None:
    """Find the version that was submitted as a review."""
    row = connection.execute(select(table).where(table.c.appid == appid, table.c.auditid == auditid)).first()
    return None if row is None else Version(*row)


def _is(version: Version) -> ColumnElement[bool]:
    return (table.c.appid == version.appid) & (table.c.digest == version.digest)


def _write(connection: Connection, version: Version, **changes: int | str | None) -> Version:
    connection.execute(update(table).where(_is(version)).values(changes))
    return find(connection, version)
