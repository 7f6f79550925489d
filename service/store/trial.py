"""The trial of a database before it is used, and what its refusals mean: one sentence each, with what to do."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from service.store.engine import IS_READ_ONLY, newest_version, versions
from service.store.tables import metadata, pushes
from service.wrong_settings import SettingsError

NEEDED = "UTF8"
NO_RIGHT = "42501"
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
MISSING_RIGHTS = text(
    """
    SELECT r || ' on table ' || t FROM unnest(CAST(:tables AS text[])) t, unnest(CAST(:rights AS text[])) r
    WHERE NOT has_table_privilege(t, r)
    UNION ALL
    SELECT 'USAGE on the sequence of ' || table_name || '.' || column_name FROM information_schema.columns
    WHERE table_name = ANY(CAST(:tables AS text[])) AND table_schema = current_schema()
    AND NOT coalesce(has_sequence_privilege(pg_get_serial_sequence(table_name, column_name), 'USAGE'), true)
    """
)


class Place(NamedTuple):
    """Where something was refused: the database, and as whom we asked."""

    database: str
    user: str
    host: str


def place(engine: Engine) -> Place:
    """Return where the engine connects to."""
    url = engine.url
    return Place(url.database or url.username or "", url.username or "", url.host or "the server")


def try_out(connection: Connection) -> None:
    """Refuse a database in which weaudit cannot do its work.

    Raises SettingsError.
    """
    where = place(connection.engine)
    if connection.dialect.name == "postgresql":
        encoding, is_read_only = connection.execute(
            text("SELECT current_setting('server_encoding'), current_setting('transaction_read_only')::bool")
        ).one()
        if encoding != NEEDED:
            raise SettingsError(_encoded(where, encoding))
        if is_read_only:
            raise SettingsError(_read_only(where, ""))
    elif connection.execute(text("PRAGMA journal_mode")).scalar_one() != "wal":
        raise SettingsError(_without_locks(where))
    _check_version(connection, where)


def try_rights(connection: Connection) -> None:
    """Refuse tables that we may not write.

    Raises SettingsError.
    """
    if connection.dialect.name != "postgresql":
        return
    where = place(connection.engine)
    missing = connection.execute(MISSING_RIGHTS, {"tables": list(metadata.tables), "rights": list(RIGHTS)}).scalar()
    if missing:
        raise SettingsError(_no_right(where, missing))


def has_tables(connection: Connection) -> bool:
    """Return whether there are tables of weaudit."""
    return inspect(connection).has_table(pushes.name)


def is_up_to_date(connection: Connection) -> bool:
    """Return whether the tables are those that this program makes."""
    there = inspect(connection)
    if not there.has_table("alembic_version"):
        return False
    return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars()) == {newest_version()}


def meaning(error: DBAPIError, where: Place) -> str:
    """Say in one sentence what an error means that is not that of a database that is away, and what to do."""
    said = str(error.orig).strip().partition("\n")[0]
    return MEANINGS.get(_state(error), _other)(where, said)


def is_for_a_person(error: DBAPIError) -> bool:
    """Return whether an error stays until a person does something; other ones end by themselves."""
    return _state(error) in MEANINGS or bool(REFUSALS.search(str(error.orig)))


def _state(error: DBAPIError) -> str:
    """Return PostgreSQL's SQLSTATE, or SQLite's name of the error without its details."""
    name = str(getattr(error.orig, "sqlite_errorname", None) or "")
    return "_".join(name.split("_")[:2]) or str(getattr(error.orig, "sqlstate", None) or "")


def _check_version(connection: Connection, where: Place) -> None:
    there = inspect(connection)
    is_ours = there.has_table(pushes.name)
    has_version = there.has_table("alembic_version")
    found = set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars()) if has_version else set()
    if is_ours and not found:
        raise SettingsError(_half(where))
    if found - versions():
        raise SettingsError(_newer(where) if is_ours else _of_another_program(where))


def _encoded(where: Place, encoding: str) -> str:
    return (
        f"DATABASE_URL: the database {where.database} is encoded in {encoding}, which cannot keep all that WeChat "
        f"sends. Make one in UTF8 and name that: createdb --encoding=UTF8 --template=template0 NAME"
    )


def _read_only(where: Place, _: str) -> str:
    return (
        f"DATABASE_URL: {where.host} takes no writes: it is a standby, or was made read-only. Name the primary; with "
        "several hosts in the URL, add target_session_attrs=read-write"
    )


def _without_locks(where: Place) -> str:
    return (
        f"DATABASE_URL: {where.database} is on a file system without the locks that SQLite needs, such as a network's; "
        "two processes would lose each other's writes. Put it on a local disk, or use PostgreSQL"
    )


def _no_right(where: Place, said: str) -> str:
    user, database = _quoted(where.user) or "the database user", _quoted(where.database)
    return (
        f"DATABASE_URL: {user} may not do what weaudit needs in {database} ({said}). Let it own the database: "
        f"ALTER DATABASE {database} OWNER TO {user}; or: GRANT USAGE, CREATE ON SCHEMA public TO {user}. "
        f"Tables that another user made: REASSIGN OWNED BY other TO {user}"
    )


def _quoted(name: str) -> str:
    """Write a name as SQL takes it."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) or not name else f'"{name}"'


def _half(where: Place) -> str:
    return (
        f"DATABASE_URL: {where.database} holds tables of weaudit, and alembic_version does not say of which version. "
        "Restore the whole backup, with alembic_version, or name an empty database"
    )


def _newer(where: Place) -> str:
    return (
        f"DATABASE_URL: a newer version of weaudit has changed this database ({where.database}), and this one does not "
        "know how to use it. Start the newer version again, or put back the copy of the database from before"
    )


def _of_another_program(where: Place) -> str:
    return (
        f"DATABASE_URL: {where.database} belongs to another program, whose alembic_version it holds. Name an empty "
        "database: createdb --encoding=UTF8 --template=template0 NAME"
    )


def _no_database(where: Place, said: str) -> str:
    return f"DATABASE_URL: {where.database} is no database of weaudit: {said}. Name another one"


def _other(_: Place, said: str) -> str:
    return f"DATABASE_URL: the database refuses: {said}"


# libpq gives no SQLSTATE of a connection that was refused.
REFUSALS = re.compile(
    r'(database|role) ".*" does not exist|authentication failed|no pg_hba\.conf entry|invalid sslmode|'
    r"does not support SSL|certificate verify failed|certificate file .* does not exist"
)


MEANINGS: Mapping[str, Callable[[Place, str], str]] = MappingProxyType(
    {
        NO_RIGHT: _no_right,
        IS_READ_ONLY: _read_only,
        "SQLITE_NOTADB": _no_database,
        "SQLITE_CORRUPT": lambda where, said: (
            f"DATABASE_URL: {where.database} is damaged ({said}): keep a copy of it, and put back the backup"
        ),
        "SQLITE_READONLY": lambda _, said: f"DATABASE_URL: the file cannot be written: {said}",
        "SQLITE_CANTOPEN": lambda _, said: f"DATABASE_URL: the file cannot be used: {said}",
    }
)
