"""The trial of a database before it is used, and what its refusals mean: one sentence each, with what to do."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from service.store import migrating
from service.store.engine import IS_READ_ONLY
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
            raise _refused(ENCODED, where, encoding=encoding)
        if is_read_only:
            raise _refused(READ_ONLY, where)
    elif connection.execute(text("PRAGMA journal_mode")).scalar_one() != "wal":
        raise _refused(WITHOUT_LOCKS, where)
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
        raise _refused(WITHOUT_RIGHTS, where, said=missing)


def has_tables(connection: Connection) -> bool:
    """Return whether there are tables of weaudit."""
    return inspect(connection).has_table(pushes.name)


def meaning(error: DBAPIError, where: Place) -> SettingsError:
    """Give as one sentence what an error means that is not that of a database that is away, and what to do."""
    said = str(error.orig).strip().partition("\n")[0]
    sentence = HALF if TAKEN_BEFORE.search(said) else MEANINGS.get(_state(error), OTHER)
    return _refused(sentence, where, said=said)


def is_for_a_person(error: DBAPIError) -> bool:
    """Return whether an error stays until a person does something; other ones end by themselves."""
    said = str(error.orig)
    return _state(error) in MEANINGS or bool(REFUSALS.search(said) or TAKEN_BEFORE.search(said))


def _state(error: DBAPIError) -> str:
    """Return PostgreSQL's SQLSTATE, or SQLite's name of the error without its details."""
    name = str(getattr(error.orig, "sqlite_errorname", None) or "")
    return "_".join(name.split("_")[:2]) or str(getattr(error.orig, "sqlstate", None) or "")


def _check_version(connection: Connection, where: Place) -> None:
    is_ours, found = has_tables(connection), migrating.found(connection)
    if is_ours and len(found) != 1:
        raise _refused(HALF, where)
    if found - migrating.versions():
        raise _refused(NEWER if is_ours else OF_ANOTHER_PROGRAM, where)


def _refused(sentence: str, where: Place, **more: str) -> SettingsError:
    names = {"sql_user": _quoted(where.user) or "the database user", "sql_database": _quoted(where.database)}
    return SettingsError(sentence, **where._asdict(), **names, **more)


def _quoted(name: str) -> str:
    """Write a name as SQL takes it."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) or not name else f'"{name}"'


# A step from one schema to the next finds what it would make.
TAKEN_BEFORE = re.compile(r"duplicate column name|(table|column|relation|index) .+ already exists")
# libpq gives no SQLSTATE of a connection that was refused.
REFUSALS = re.compile(
    r'(database|role) ".*" does not exist|authentication failed|no pg_hba\.conf entry|invalid sslmode|'
    r"does not support SSL|certificate verify failed|certificate file .* does not exist"
)


ENCODED = (
    "DATABASE_URL: the database {database} is encoded in {encoding}, which cannot keep all that WeChat sends. Make "
    "one in UTF8 and name that: createdb --encoding=UTF8 --template=template0 NAME"
)
READ_ONLY = (
    "DATABASE_URL: {host} takes no writes: it is a standby, or was made read-only. Name the primary; with several "
    "hosts in the URL, add target_session_attrs=read-write"
)
WITHOUT_LOCKS = (
    "DATABASE_URL: {database} is on a file system without the locks that SQLite needs, such as a network's; two "
    "processes would lose each other's writes. Put it on a local disk, or use PostgreSQL"
)
WITHOUT_RIGHTS = (
    "DATABASE_URL: {sql_user} may not do what weaudit needs in {sql_database} ({said}). Let it own the database: "
    "ALTER DATABASE {sql_database} OWNER TO {sql_user}; or: GRANT USAGE, CREATE ON SCHEMA public TO {sql_user}. "
    "Tables that another user made: REASSIGN OWNED BY other TO {sql_user}"
)
HALF = (
    "DATABASE_URL: {database} holds tables of weaudit, and alembic_version does not say of which version. Restore "
    "the whole backup, with alembic_version, or name an empty database"
)
NEWER = (
    "DATABASE_URL: a newer version of weaudit has changed this database ({database}), and this one does not know "
    "how to use it. Start the newer version again, or put back the copy of the database from before"
)
OF_ANOTHER_PROGRAM = (
    "DATABASE_URL: {database} belongs to another program, whose alembic_version it holds. Name an empty database: "
    "createdb --encoding=UTF8 --template=template0 NAME"
)
OTHER = "DATABASE_URL: the database refuses: {said}"
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        NO_RIGHT: WITHOUT_RIGHTS,
        IS_READ_ONLY: READ_ONLY,
        "SQLITE_NOTADB": "DATABASE_URL: {database} is no database of weaudit: {said}. Name another one",
        "SQLITE_CORRUPT": "DATABASE_URL: {database} is damaged ({said}): keep a copy of it, and put back the backup",
        "SQLITE_READONLY": "DATABASE_URL: the file cannot be written: {said}",
        "SQLITE_CANTOPEN": "DATABASE_URL: the file cannot be used: {said}",
    }
)
