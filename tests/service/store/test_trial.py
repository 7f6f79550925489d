"""Databases as people really make them: each works, or is refused in one sentence that says what to do."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from service.store import trial
from service.store.connecting import connect
from service.store.opened import make_ready
from service.wrong_settings import SettingsError
from tests.conftest import FERNET, postgresql
from tests.support.servers import need

ADMIN = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


def sql(url: str, *statements: str) -> None:
    """Run statements as an administrator would."""
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    admin.dispose()


@contextmanager
def encoded(encoding: str) -> Iterator[str]:
    """Give a database in some encoding."""
    need(5432, "PostgreSQL")
    name = f"weaudit_test_{secrets.token_hex(6)}"
    sql(ADMIN, f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        yield ADMIN.replace("/postgres", f"/{name}").replace(f"//{name}", "//postgres")
    finally:
        sql(ADMIN, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def role() -> Iterator[str]:
    """Give a user who owns nothing."""
    name = f"weaudit_user_{secrets.token_hex(6)}"
    sql(ADMIN, f"CREATE ROLE {name} LOGIN")
    try:
        yield name
    finally:
        sql(ADMIN, f"DROP ROLE {name}")


def as_user(url: str, name: str) -> str:
    """Give the URL of a database for another user."""
    return make_url(url).set(username=name).render_as_string(hide_password=False)


def refusal(url: str) -> str:
    """Open a database that is refused, and give the sentence."""
    engine = connect(url)
    try:
        with pytest.raises(SettingsError) as refused:
            make_ready(engine, [FERNET])
    finally:
        engine.dispose()
    assert "\n" not in str(refused.value)
    return str(refused.value)


def opened(url: str) -> None:
    """Open a database that is good."""
    engine = connect(url)
    make_ready(engine, [FERNET])
    engine.dispose()


@pytest.mark.parametrize("encoding", ["LATIN1", "EUC_CN", "SQL_ASCII"])
def test_an_encoding_that_cannot_keep_what_wechat_sends_is_refused(encoding: str) -> None:
    """Before a Chinese rejection meets it, and with the command that makes a good one."""
    with encoded(encoding) as url:
        said = refusal(url)
    assert f"is encoded in {encoding}" in said
    assert "createdb --encoding=UTF8 --template=template0" in said


def test_who_may_not_make_tables_reads_what_to_grant() -> None:
    """PostgreSQL 15 lets only the owner of a database make tables; with either of both remedies it works."""
    for remedy in ("ALTER DATABASE {name} OWNER TO {user}", "GRANT USAGE, CREATE ON SCHEMA public TO {user}"):
        with role() as user, postgresql() as url:
            said = refusal(as_user(url, user))
            name = str(make_url(url).database)
            assert "permission denied for schema public" in said
            assert remedy.format(name=name, user=user) in said
            assert "no database of weaudit" not in said
            sql(url, remedy.format(name=name, user=user))
            opened(as_user(url, user))


def test_tables_of_somebody_else_are_named_with_the_right_that_is_missing() -> None:
    """Up to date, and not to be written by this user: not found out at the first push."""
    with role() as user, postgresql() as url:
        opened(url)
        sql(
            url,
            f"GRANT USAGE, CREATE ON SCHEMA public TO {user}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}",
        )
        said = refusal(as_user(url, user))
        assert "INSERT on table" in said
        assert f"REASSIGN OWNED BY other TO {user}" in said
        sql(url, f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {user}")
        assert "USAGE on the sequence of" in refusal(as_user(url, user))
        sql(url, f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {user}")
        opened(as_user(url, user))
        sql(url, f"DROP OWNED BY {user}")


def test_a_server_that_takes_no_writes_is_refused_at_the_start() -> None:
    """A standby, or one that somebody made read-only."""
    with postgresql() as url:
        opened(url)
        sql(url, f"ALTER DATABASE {make_url(url).database} SET default_transaction_read_only = on")
        assert "takes no writes: it is a standby, or was made read-only. Name the primary" in refusal(url)


@pytest.mark.parametrize("left", ["DELETE FROM alembic_version", "DROP TABLE alembic_version"])
def test_a_backup_that_was_restored_in_half_is_called_so(database_url: str, left: str) -> None:
    """With tables, and without the version that they have."""
    opened(database_url)
    sql(database_url, left)
    assert "alembic_version does not say of which version" in refusal(database_url)


UNTRUE = {
    "of a former version": "UPDATE alembic_version SET version_num = '0009'",
    "of two": "INSERT INTO alembic_version VALUES ('0009')",
}


@pytest.mark.parametrize("said", UNTRUE.values(), ids=UNTRUE)
def test_a_version_that_is_not_that_of_the_tables_is_called_so(database_url: str, said: str) -> None:
    """Somebody typed it, or restored one table of two: it does not end by itself."""
    opened(database_url)
    sql(database_url, said)
    assert "Restore the whole backup, with alembic_version" in refusal(database_url)


def test_a_database_of_a_newer_version_is_refused(database_url: str) -> None:
    """With the way out."""
    opened(database_url)
    sql(database_url, "UPDATE alembic_version SET version_num = 'r0009_later'")
    assert "a newer version of weaudit has changed this database" in refusal(database_url)


def test_a_database_of_another_program_is_called_so(database_url: str) -> None:
    """It has an alembic_version, and nothing of ours."""
    sql(
        database_url,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        "INSERT INTO alembic_version VALUES ('abc')",
    )
    assert "belongs to another program" in refusal(database_url)


def test_a_file_system_without_locks_is_refused(tmp_path: Path) -> None:
    """As a network's: two processes lost 185 of 493 committed writes to each other there."""
    engine = create_engine(f"sqlite:///file:{tmp_path}/x.db?vfs=unix-none&uri=true")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        with pytest.raises(SettingsError, match="without the locks that SQLite needs"):
            trial.try_out(connection)
    engine.dispose()
