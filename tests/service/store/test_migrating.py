import threading

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from service.store import migrating, tables
from service.store.connecting import connect
from service.store.engine import reading
from service.store.migrating import migrate


def test_the_migrations_make_the_tables_that_the_code_uses(engine: Engine) -> None:
    """After all steps nothing is missing and nothing is too much."""
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_a_step_is_of_the_version_that_its_file_is_named_by() -> None:
    """Whoever has none to take finds that out without what takes them."""
    config = Config()
    config.set_main_option("script_location", str(migrating.STEPS))
    steps = ScriptDirectory.from_config(config)
    assert migrating.versions() == {step.revision for step in steps.walk_revisions()}
    assert max(migrating.versions()) == steps.get_current_head()


def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    """Four at once all find the tables, and none fails."""
    failed: list[BaseException] = []

    def start() -> None:
        engine = connect(database_url)
        try:
            migrate(engine)
        except Exception as error:  # noqa: BLE001 whatever it is, the test must see it
            failed.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_what_is_stored_survives_the_steps(database_url: str) -> None:
    """A database of the first release keeps its credentials; the marks of renewals are dropped."""
    engine = connect(database_url)
    row = "INSERT INTO credentials VALUES ('{}', 'wx1', {}, 5.0, NULL, 7.0)"
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "service:store/migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text(row.format("verify_ticket", "'sealed'")))
        connection.execute(text(row.format("component_access_token", "NULL")))
    migrate(engine)
    with reading(engine) as connection:
        kept = connection.execute(tables.credentials.select()).all()
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    engine.dispose()
    assert [tuple(each) for each in kept] == [("verify_ticket", "wx1", "sealed", 5.0, None)]
