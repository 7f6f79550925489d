"""A database that is ready to be used: up to date, opened with the right keys, and waited for if it is away."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from service.settings import Inbound, SettingsError
from service.store.credentials import Credentials
from service.store.engine import connect, migrate, reading

log = structlog.get_logger(__name__)

PAUSE = 2.0


@contextmanager
def open_database(settings: Inbound) -> Iterator[Engine]:
    """Open the database of the settings; a server that does not answer yet is waited for.

    Raises SettingsError when a file cannot be one, and SecretsUnreadable when SECRETS_KEY is not its key.
    """
    try:
        engine = connect(settings.database_url)
    except OSError as error:
        raise SettingsError(f"DATABASE_URL: its folder cannot be made: {error}") from None
    try:
        _bring_up_to_date(engine)
        _use_newest_key(engine, settings.fernet_keys)
        yield engine
    finally:
        engine.dispose()


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


def _bring_up_to_date(engine: Engine) -> None:
    is_file = engine.dialect.name == "sqlite"
    while True:
        try:
            migrate(engine)
        except OperationalError as error:
            if is_file and "locked" not in str(error.orig):
                raise SettingsError(f"DATABASE_URL: the file cannot be used: {error.orig}") from None
            log.warning("database.away", error=str(error.orig), again_in=PAUSE)
            time.sleep(PAUSE)
        except DBAPIError as error:
            raise SettingsError(f"DATABASE_URL: this is no database of weaudit: {error.orig}") from None
        else:
            return
