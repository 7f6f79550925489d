"""The parts that run: a row each, moved on while its own work goes on, so that people see what stands still."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from service.store.engine import upsert
from service.store.tables import processes as table

PARTS = ("web", "relay", "worker", "clock")
# In seconds: so often a part moves its row on, and so long after that it counts as standing still.
BEAT = 5.0
SILENT_AFTER = 20.0
# What died is shown for so long.
FORGOTTEN_AFTER = 3600.0


class Process(NamedTuple):
    """A part of weaudit in some process: web, relay, worker or clock. Times are Unix seconds, the database's.

    `note` is what a person should know of it, if anything.
    """

    name: str
    part: str
    host: str
    pid: int
    version: str
    started_at: float
    beat_at: float
    note: str = ""

    def is_alive(self, now: float) -> bool:
        """Return whether its work goes on."""
        return now - self.beat_at < SILENT_AFTER


def beat(connection: Connection, process: Process) -> None:
    """Write down that a part's work goes on, and forget those that died long ago."""
    row = process._asdict()
    written = upsert(connection.dialect.name, table).values(row)
    # Who has the name of a former one, as in a container, has taken its place.
    connection.execute(written.on_conflict_do_update(index_elements=["name"], set_=row))
    connection.execute(delete(table).where(table.c.beat_at < process.beat_at - FORGOTTEN_AFTER))


def end(connection: Connection, name: str) -> None:
    """Write down that a part ended as it was told to."""
    connection.execute(delete(table).where(table.c.name == name))


def every(connection: Connection) -> Sequence[Process]:
    """List all, by part and host."""
    rows = connection.execute(select(table).order_by(table.c.part, table.c.host, table.c.pid))
    return [Process(*(getattr(row, name) for name in Process._fields)) for row in rows]
