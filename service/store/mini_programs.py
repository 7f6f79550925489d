"""The mini programs that authorized the platform, with the names that people know them by."""

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, or_, select, update

from service.events.test_accounts import TEST_ACCOUNTS
from service.store.engine import upsert
from service.store.tables import mini_programs as table

MINI_PROGRAM, OFFICIAL_ACCOUNT = "mini_program", "official_account"
UNAUTHORIZED = select(table.c.appid).where(~table.c.authorized)


class MiniProgram(NamedTuple):
    """A mini program. `changed_at` is WeChat's time of the newest word about its authorization.

    `permission_sets`: the ids of those (权限集) that its merchant granted, such as `18,49`. `account`: MINI_PROGRAM,
    OFFICIAL_ACCOUNT, which has no code, or empty while that is not known.
    """

    appid: str
    authorized: bool
    nickname: str
    user_name: str
    principal_name: str
    changed_at: float
    account: str = ""
    permission_sets: str = ""

    @property
    def title(self) -> str:
        """Return the name for people: nickname and appid, or the appid alone."""
        return f"{self.nickname} ({self.appid})" if self.nickname else self.appid


def keep(connection: Connection, app: MiniProgram) -> bool:
    """Keep what is known of a mini program; False, and nothing written, if something newer is known."""
    row = app._asdict()
    insert = upsert(connection.dialect.name, table).values(row)
    kept = connection.execute(
        insert.on_conflict_do_update(
            index_elements=["appid"], set_=row, where=table.c.changed_at <= insert.excluded.changed_at
        ).returning(table.c.appid)
    )
    return kept.first() is not None


def mark_unauthorized(connection: Connection, appid: str) -> None:
    """Note that WeChat knows of no authorization; a push that tells of one, however old, still counts as newer."""
    connection.execute(update(table).where(table.c.appid == appid).values(authorized=False))


def find(connection: Connection, appid: str) -> MiniProgram | None:
    """Find a mini program."""
    row = connection.execute(select(table).where(table.c.appid == appid)).first()
    return None if row is None else of_row(row)


def authorized(connection: Connection) -> list[str]:
    """Return the appids of those that authorize the platform; in no order, so that none is always the last."""
    found = list(connection.execute(select(table.c.appid).where(table.c.authorized)).scalars())
    random.shuffle(found)
    return found


def every(connection: Connection) -> Sequence[MiniProgram]:
    """List all mini programs that ever authorized the platform."""
    return [of_row(row) for row in connection.execute(select(table).order_by(table.c.appid))]


def with_code(connection: Connection) -> Sequence[str]:
    """Return the appids of those that authorize the platform and may have versions; in no order.

    Official accounts have none, and WeChat's own test accounts are not ours.
    """
    chosen = select(table.c.appid).where(
        table.c.authorized, table.c.account != OFFICIAL_ACCOUNT, table.c.appid.not_in(TEST_ACCOUNTS)
    )
    found = list(connection.execute(chosen).scalars())
    random.shuffle(found)
    return found


def learn_account(connection: Connection, appid: str, account: str) -> None:
    """Write down what kind of account it is, if it is known at all."""
    connection.execute(update(table).where(table.c.appid == appid).values(account=account))


def named(connection: Connection, user_name: str) -> str:
    """Return the appid of the mini program with a user_name (gh_…); empty if none is known."""
    chosen = select(table.c.appid).where(table.c.user_name == user_name, table.c.user_name != "")
    return connection.execute(chosen).scalar() or ""


def known_auditid(connection: Connection, appid: str) -> int | None:
    """Return the newest review that was known when a mini program was looked at; None before the first look."""
    return connection.execute(_KNOWN, {"of": appid}).scalar()


def know_auditid(connection: Connection, appid: str, auditid: int) -> None:
    """Write down the newest review that is known; it only ever rises."""
    connection.execute(_KNOW, {"of": appid, "newest": auditid})


# Built once, as they are run at every look at a mini program.
_KNOWN = select(table.c.known_auditid).where(table.c.appid == bindparam("of"))
_KNOW = (
    update(table)
    .where(
        table.c.appid == bindparam("of"),
        or_(table.c.known_auditid.is_(None), table.c.known_auditid < bindparam("newest")),
    )
    .values(known_auditid=bindparam("newest"))
)


def of_row(row: Row[Any]) -> MiniProgram:
    """Make a mini program of a row of its table."""
    return MiniProgram(*(getattr(row, name) for name in MiniProgram._fields))
