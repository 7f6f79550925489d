"""Tickets, tokens, codes: encrypted at rest, the newest wins, and only one at a time fetches a newer one."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Connection, delete, or_, select, update

from service.database import upsert
from service.tables import credentials as table


class Kind(StrEnum):
    """What a credential is; its owner is an appid, or the id of the push that brought it."""

    TICKET = "verify_ticket"
    COMPONENT_TOKEN = "component_access_token"  # noqa: S105 a name, not a token
    AUTHORIZER_TOKEN = "authorizer_access_token"  # noqa: S105 the same
    REFRESH_TOKEN = "authorizer_refresh_token"  # noqa: S105 the same
    PUSH = "push"


class Credential(NamedTuple):
    """A secret, since when it is known, and until when it is good; both in Unix seconds."""

    value: str
    issued_at: float
    expires_at: float | None


class SecretsUnreadable(Exception):
    """SECRETS_KEY is not the key that the stored secrets were written with."""


class Credentials:
    """The secrets of one database. All methods work in the caller's transaction."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take Fernet keys, newest first: the first writes, all read."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def keep(
        self,
        connection: Connection,
        kind: Kind,
        owner: str,
        value: str,
        *,
        issued_at: float,
        expires_at: float | None = None,
    ) -> None:
        """Keep a secret, unless a newer one is kept already, and let go of the right to renew it."""
        row = {
            "kind": kind.value,
            "owner": owner,
            "sealed": self._fernet.encrypt(value.encode()).decode("ascii"),
            "issued_at": issued_at,
            "expires_at": expires_at,
            "renewing_until": 0.0,
        }
        insert = upsert(connection, table).values(row)
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=["kind", "owner"],
                set_={name: insert.excluded[name] for name in row if name not in ("kind", "owner")},
                where=or_(table.c.issued_at <= insert.excluded.issued_at, table.c.sealed.is_(None)),
            )
        )

    def read(self, connection: Connection, kind: Kind, owner: str) -> Credential | None:
        """Read a secret, good or expired.

        Raises SecretsUnreadable.
        """
        row = connection.execute(select(table).where(table.c.kind == kind.value, table.c.owner == owner)).first()
        if row is None or row.sealed is None:
            return None
        try:
            value = self._fernet.decrypt(row.sealed.encode("ascii")).decode()
        except InvalidToken:
            raise SecretsUnreadable(
                f"SECRETS_KEY does not open the stored {kind.value}: it is not the key this database was written with. "
                "Put the former key behind the new one, separated by a comma"
            ) from None
        return Credential(value, row.issued_at, row.expires_at)

    def forget(self, connection: Connection, kind: Kind, owner: str) -> None:
        """Forget a secret."""
        connection.execute(delete(table).where(table.c.kind == kind.value, table.c.owner == owner))

    def claim_renewal(self, connection: Connection, kind: Kind, owner: str, *, now: float, until: float) -> bool:
        """Take the right to renew a secret, for all processes, until it is kept or the time is over; False if taken.

        It is a mark in the row and not a database lock, because the renewal waits for WeChat, and no transaction of
        ours stays open that long: on SQLite it would stop every other writer.
        """
        empty = {"kind": kind.value, "owner": owner, "issued_at": 0.0, "renewing_until": 0.0}
        connection.execute(upsert(connection, table).values(empty).on_conflict_do_nothing())
        claimed = connection.execute(
            update(table)
            .where(table.c.kind == kind.value, table.c.owner == owner, table.c.renewing_until <= now)
            .values(renewing_until=until)
        )
        return claimed.rowcount == 1

    def release_renewal(self, connection: Connection, kind: Kind, owner: str, *, until: float) -> None:
        """Give back the right to renew that was taken until a time; one that somebody else has taken since stays."""
        mine = (table.c.kind == kind.value) & (table.c.owner == owner) & (table.c.renewing_until == until)
        connection.execute(update(table).where(mine).values(renewing_until=0.0))

    def check(self, connection: Connection) -> None:
        """Check that the keys open what is stored.

        Raises SecretsUnreadable.
        """
        row = connection.execute(
            select(table.c.kind, table.c.owner).where(table.c.sealed.is_not(None)).limit(1)
        ).first()
        if row:
            self.read(connection, Kind(row.kind), row.owner)
