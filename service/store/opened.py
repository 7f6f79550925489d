"""A database that is ready to be used: up to date, opened with the right keys, and waited for if it is away."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from alembic.util import CommandError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from service.settings import Inbound, SettingsError
from service.store.credentials import Credentials
from service.store.engine import connect, migrate, reading

log = structlog.get_logger(__name__)

PAUSE = 2.0


class Stopped(Exception):
    """The process was told to end before its database answered."""


@contextmanager
def engine_of(settings: Inbound) -> Iterator[Engine]:
    """Make the engine of the settings; nothing is connected yet.

    Raises SettingsError when the folder of a file cannot be made.
    """
    try:
        engine = connect(settings.database_url)
    except OSError as error:
        raise SettingsError(f"DATABASE_URL: its folder cannot be made: {error}") from None
    try:
        yield engine
    finally:
        engine.dispose()


def make_ready(engine: Engine, keys: Sequence[str], stop: threading.Event) -> None:
    """Bring the tables up to date and check the keys; a server that does not answer yet is waited for.

    Raises SettingsError when it is no database of ours, SecretsUnreadable when SECRETS_KEY is not its key, and Stopped.
    """
    _bring_up_to_date(engine, stop)
    _use_newest_key(engine, keys)


@contextmanager
def open_database(settings: Inbound, stop: threading.Event | None = None) -> Iterator[Engine]:
    """Open the database of the settings, and wait until it is ready, or until `stop` is set.

    Raises what `engine_of` and `make_ready` raise.
    """
    with engine_of(settings) as engine:
        make_ready(engine, settings.fernet_keys, stop or threading.Event())
        yield engine


def _use_newest_key(engine: Engine, keys: Sequence[str]) -> None:
    """Check that the keys open what is stored; what an older one has written is written anew."""
    credentials = Credentials(keys)
    with reading(engine) as connection:
        credentials.check(connection)
        outdated = credentials.outdated(connection)
    if outdated:
        with engine.begin() as connection:
            anew = credentials.seal_anew(connection, outdated)
        log.info("credentials.sealed_anew", number=anew)


def _bring_up_to_date(engine: Engine, stop: threading.Event) -> None:
    is_file = engine.dialect.name == "sqlite"
    while not stop.is_set():
        try:
            migrate(engine)
        except OperationalError as error:
            if is_file and "locked" not in str(error.orig):
                raise SettingsError(f"DATABASE_URL: the file cannot be used: {error.orig}") from None
            log.warning("database.away", error=str(error.orig), again_in=PAUSE)
            stop.wait(PAUSE)
        except DBAPIError as error:
            raise SettingsError(f"DATABASE_URL: this is no database of weaudit: {error.orig}") from None
        except CommandError:
            raise SettingsError(
                "DATABASE_URL: a newer version of weaudit has changed this database, and this one does not know how to "
                "use it. Start the newer version again, or put back the copy of the database from before"
            ) from None
        else:
            return
    raise Stopped
