"""A database that is ready to be used: up to date, opened with the right keys, and waited for if it is away."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DBAPIError

from service.settings import Inbound
from service.store import trial
from service.store.connecting import connect
from service.store.credentials import Credentials
from service.store.engine import AWAY, reading
from service.store.migrating import migrate
from service.told import Told
from service.wrong_settings import SettingsError

log = structlog.get_logger(__name__)

PAUSE = 2.0


class Stopped(Exception):
    """The process was told to end before its database answered."""


class DatabaseAway(Told):
    """The database does not answer, and nobody is there to wait for it."""


@contextmanager
def engine_of(settings: Inbound) -> Iterator[Engine]:
    """Make the engine of the settings; nothing is connected yet.

    Raises SettingsError when the folder of a file cannot be made.
    """
    try:
        engine = connect(settings.database_url)
    except OSError as error:
        raise SettingsError("DATABASE_URL: its folder cannot be made: {error}", error=error) from None
    try:
        yield engine
    finally:
        engine.dispose()


def make_ready(engine: Engine, keys: Sequence[str], stop: threading.Event | None = None) -> None:
    """Try the database out, bring the tables up to date, and check the keys.

    A server that does not answer yet is waited for until `stop` is set; without one, DatabaseAway is raised. Raises
    SettingsError when it cannot be used, SecretsUnreadable when SECRETS_KEY is not its key, and Stopped.
    """
    while stop is None or not stop.is_set():
        try:
            _prepare(engine, keys, stop)
        except AWAY as error:
            said = str(getattr(error, "orig", error))
            if isinstance(error, DBAPIError) and trial.is_for_a_person(error):
                raise trial.meaning(error, trial.place(engine)) from None
            if stop is None:
                raise DatabaseAway("DATABASE_URL: the database cannot be used just now: {said}", said=said) from None
            log.warning("database.away", error=said, again_in=PAUSE)
            stop.wait(PAUSE)
        except DBAPIError as error:
            raise trial.meaning(error, trial.place(engine)) from None
        else:
            return
    raise Stopped


@contextmanager
def open_database(settings: Inbound, stop: threading.Event | None = None) -> Iterator[Engine]:
    """Open the database of the settings, and wait until it is ready if there is something that stops the waiting.

    Raises what `engine_of` and `make_ready` raise.
    """
    with engine_of(settings) as engine:
        make_ready(engine, settings.fernet_keys, stop)
        yield engine


@contextmanager
def open_existing(settings: Inbound) -> Iterator[Engine]:
    """Open the database of the settings, and make none.

    Raises DatabaseAway, and what `open_database` raises.
    """
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        path = Path(url.database or "").absolute()
        raise DatabaseAway(
            "DATABASE_URL: there is no {path} yet; weaudit up makes it, in the folder where it runs", path=path
        )
    with engine_of(settings) as engine:
        try:
            with reading(engine) as connection:
                is_ours = trial.has_tables(connection)
        except AWAY:
            is_ours = True  # to be told of below
        if not is_ours:
            raise DatabaseAway(
                "DATABASE_URL: {database} has no tables of weaudit; weaudit up makes them",
                database=trial.place(engine).database,
            )
        make_ready(engine, settings.fernet_keys)
        yield engine


def _prepare(engine: Engine, keys: Sequence[str], stop: threading.Event | None) -> None:
    with engine.begin() as connection:
        trial.try_out(connection)
    migrate(engine, stop)
    if stop and stop.is_set():
        raise Stopped
    with reading(engine) as connection:
        trial.try_rights(connection)
    _use_newest_key(engine, keys)


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
