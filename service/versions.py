"""Versions on their way into mini programs: planned, committed, submitted; what a crash or a stop left is here."""

from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from service.database import upsert
from service.tables import versions as table


class Version(NamedTuple):
    """A version for a mini program; `digest` is that of the body of commit. Times in Unix seconds."""

    appid: str
    digest: str
    user_version: str
    planned_at: float
    committed_at: float | None
    auditid: int | None


def plan(connection: Connection, appid: str, commit: str, user_version: str, *, now: float) -> Version:
    """Plan a version, given the body of commit as JSON; the same one again gives what became of it."""
    digest = sha256(commit.encode()).hexdigest()[:32]
    planned = {"appid": appid, "digest": digest, "user_version": user_version, "planned_at": now}
    connection.execute(upsert(connection, table).values(planned).on_conflict_do_nothing())
    row = connection.execute(select(table).where(table.c.appid == appid, table.c.digest == digest)).one()
    return Version(*row)


def plan_again(connection: Connection, version: Version, *, now: float) -> Version:
    """Plan a version once more that was submitted before."""
    anew = {"planned_at": now, "committed_at": None, "auditid": None}
    _write(connection, version, **anew)
    return version._replace(planned_at=now, committed_at=None, auditid=None)


def committed(connection: Connection, version: Version, *, now: float) -> Version:
    """Write down that a version is committed."""
    _write(connection, version, committed_at=now)
    return version._replace(committed_at=now)


def submitted(connection: Connection, version: Version, auditid: int) -> None:
    """Write down as what a version was submitted for review."""
    _write(connection, version, auditid=auditid)


def _write(connection: Connection, version: Version, **values: float | None) -> None:
    mine = (table.c.appid == version.appid) & (table.c.digest == version.digest)
    connection.execute(update(table).where(mine).values(**values))
