"""Tickets, tokens, codes: encrypted at rest, and the newest wins."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Connection, Row, bindparam, delete, select, update

from service.store.engine import upsert
from service.store.tables import credentials as table
from service.told import Told


class CredentialKind(StrEnum):
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


class SecretsUnreadable(Told):
    """SECRETS_KEY is not the key that the stored secrets were written with."""


class Credentials:
    """The secrets of one database. All methods work in the caller's transaction."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take Fernet keys, newest first: the first writes, all read."""
        self._fernets = [Fernet(key) for key in keys]
        self._fernet = MultiFernet(self._fernets)

    def keep(
        self,
        connection: Connection,
        kind: CredentialKind,
        owner: str,
        value: str,
        *,
        issued_at: float,
        expires_at: float | None = None,
    ) -> None:
        """Keep a secret, unless a newer one is kept already."""
        row = {
            "kind": kind.value,
            "owner": owner,
            "sealed": self._fernet.encrypt(value.encode()).decode("ascii"),
            "issued_at": issued_at,
            "expires_at": expires_at,
        }
        insert = upsert(connection.dialect.name, table).values(row)
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=["kind", "owner"],
                set_={name: insert.excluded[name] for name in row if name not in ("kind", "owner")},
                where=table.c.issued_at <= insert.excluded.issued_at,
            )
        )

    def read(self, connection: Connection, kind: CredentialKind, owner: str) -> Credential | None:
        """Read a secret, good or expired.

        Raises SecretsUnreadable.
        """
        row = connection.execute(_READ, {"of_kind": kind.value, "of": owner}).first()
        if row is None:
            return None
        return Credential(self._open(row.kind, row.sealed).decode(), row.issued_at, row.expires_at)

    def forget(self, connection: Connection, kind: CredentialKind, owner: str) -> None:
        """Forget a secret."""
        connection.execute(delete(table).where(table.c.kind == kind.value, table.c.owner == owner))

    def outdated(self, connection: Connection) -> Sequence[Row[Any]]:
        """List what was written with a key that is not the newest; nothing, if there is but one key."""
        if len(self._fernets) == 1:
            return []
        return [row for row in connection.execute(select(table)) if not self._is_newest(row.sealed)]

    def seal_anew(self, connection: Connection, outdated: Sequence[Row[Any]]) -> int:
        """Encrypt with the newest key what is outdated, unless it was replaced meanwhile; return how many that were.

        Raises SecretsUnreadable.
        """
        anew = 0
        for row in outdated:
            same = (table.c.kind == row.kind) & (table.c.owner == row.owner) & (table.c.sealed == row.sealed)
            sealed = self._rotated(row.kind, row.sealed)
            anew += connection.execute(update(table).where(same).values(sealed=sealed)).rowcount
        return anew

    def _rotated(self, kind: str, sealed: str) -> str:
        try:
            return self._fernet.rotate(sealed).decode("ascii")
        except InvalidToken:
            raise _unreadable(kind) from None

    def _is_newest(self, sealed: str) -> bool:
        try:
            self._fernets[0].decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def check(self, connection: Connection) -> None:
        """Check that the keys open what is stored.

        Raises SecretsUnreadable.
        """
        row = connection.execute(select(table.c.kind, table.c.sealed).limit(1)).first()
        if row:
            self._open(row.kind, row.sealed)

    def _open(self, kind: str, sealed: str) -> bytes:
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise _unreadable(kind) from None


# Built once, as it is run at every look at a mini program.
_READ = select(table).where(table.c.kind == bindparam("of_kind"), table.c.owner == bindparam("of"))


def _unreadable(kind: str) -> SecretsUnreadable:
    return SecretsUnreadable(
        "SECRETS_KEY does not open the stored {kind}: it is not the key this database was written with. "
        "Put the former key behind the new one, separated by a comma",
        kind=kind,
    )
