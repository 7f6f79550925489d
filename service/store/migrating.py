"""The steps from one schema to the next: which there are, whether all were taken, and taking them."""

import re
import threading
import time
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from service.store.patience import within

STEPS = Path(__file__).parent / "migrations"
NAMED = re.compile(r"r(\d{4})_\w+\.py")
TABLE = "alembic_version"
LOCK = 7_233_701
# In seconds: for all steps together, and until somebody who waits for another's looks again.
LONGEST = 3600.0
LOOK_AGAIN = 0.2


@cache
def versions() -> frozenset[str]:
    """Return the versions of the tables that this program knows."""
    return frozenset(step[1] for file in (STEPS / "versions").iterdir() if (step := NAMED.fullmatch(file.name)))


def found(connection: Connection) -> frozenset[str]:
    """Return which version the tables say that they have; none if they do not say."""
    if not inspect(connection).has_table(TABLE):
        return frozenset()
    return frozenset(connection.execute(text(f"SELECT version_num FROM {TABLE}")).scalars())  # noqa: S608 the name is ours


def is_up_to_date(connection: Connection) -> bool:
    """Return whether the tables are those that this program makes."""
    return found(connection) == {max(versions())}


def migrate(engine: Engine, stop: threading.Event | None = None) -> None:
    """Bring the tables up to date; of several processes that start at once, one does it and the others wait."""
    while not (stop and stop.is_set()) and not _migrate(engine):
        time.sleep(LOOK_AGAIN)


def _migrate(engine: Engine) -> bool:
    """Bring the tables up to date; False if somebody is at it."""
    with within(LONGEST), engine.begin() as connection:
        if is_up_to_date(connection):
            return True
        if connection.dialect.name == "postgresql" and not _is_ours_to_migrate(connection):
            return False
        _take_the_steps(connection)
    return True


def _take_the_steps(connection: Connection) -> None:
    # Most starts have none to take, and need not load what takes them.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_ours_to_migrate(connection: Connection) -> bool:
    return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}).scalar_one())
