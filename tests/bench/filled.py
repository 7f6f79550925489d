"""What a year leaves in a database, and whether that slows anything: filled once, and copied for each measure."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Self

from sqlalchemy import URL, Engine, NullPool, create_engine, make_url, text

from service.store.patience import within
from tests.bench import latency, sides
from tests.bench.load import Load
from tests.bench.measures import POSTGRESQL, SQLITE, Measure, memory, relay_ours, start, worker_ours
from tests.bench.sides import BROKER, DATABASES, Database
from tests.bench.submitting import NUMBER, Submitting
from tests.conftest import migrated, postgresql

DAY = 86_400
FILLED_WITHIN = 3600.0
CONNECTIONS, THREADS = 64, 32
MAY_FALL_TO = 0.9
# A second, of pushes: about half of what a slow machine takes.
A_QUIET_RATE = 800.0
# A review has some twenty-five pushes beside it: verdicts, what became of them, tickets, messages of users.
PUSHES_A_REVIEW = 25
MINI_PROGRAMS = 3000
# With the appids of the mini programs that the measures are about, handled, one a second until a day ago.
PUSHES = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})
INSERT INTO pushes (id, type, appid, routing_key, body, received_at, publish_at, note)
SELECT 'old' || n, 'wechat.weapp_audit_success', {appid}, 'weapp_audit_success.x', '{body}', {end} - {rows} + n,
       NULL, ''
FROM numbers
"""
ATTEMPTS = """
INSERT INTO attempts (push_id, queue, state, tries, fence, due_at, note, changed_at, waits_for)
SELECT id, 'weaudit.release', 'done', 1, 1, received_at, '', received_at, '' FROM pushes
"""
REVIEWS = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})
INSERT INTO reviews (appid, state, plan, user_version, auditid, verdict, submitted_at, changed_at, asked_at)
SELECT {appid}, 'released', '', '1.0.' || n, n, 'approved', {end} - {rows} + n, {end} - {rows} + n, {end}
FROM numbers
"""
APPID = {
    "SQLite": f"printf('wx%016d', n % {MINI_PROGRAMS})",
    "PostgreSQL": f"'wx' || lpad((n % {MINI_PROGRAMS})::text, 16, '0')",
}
BODY = '{"specversion":"1.0","data":{"content":"' + "x" * 400 + '"}}'


class Filled:
    """One database of each kind with many rows, made when the first copy of it is asked for."""

    def __init__(self, rows: int) -> None:
        """Take how many pushes; of reviews there is one to PUSHES_A_REVIEW of them."""
        self._rows = rows
        self._made: dict[str, str] = {}
        self._kept = ExitStack()

    def __enter__(self) -> Self:
        """Make nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove them."""
        self._kept.close()

    @contextmanager
    def copy(self, kind: str) -> Iterator[str]:
        """Give a copy for one measure."""
        if kind not in self._made:
            self._made[kind] = url = self._kept.enter_context(sides.database(kind))
            self._fill(kind, url)
        with _copy_of(self._made[kind]) as url:
            yield url

    def _fill(self, kind: str, url: str) -> None:
        engine = migrated(url)
        many = {"appid": APPID[kind], "end": int(time.time()) - DAY, "body": BODY.replace(":", r"\:")}
        with within(FILLED_WITHIN), engine.begin() as connection:
            connection.execute(text(PUSHES.format(rows=self._rows, **many)))
            connection.execute(text(ATTEMPTS))
            connection.execute(text(REVIEWS.format(rows=self._rows // PUSHES_A_REVIEW, **many)))
            connection.execute(text("ANALYZE"))
        engine.dispose()
        if kind == "PostgreSQL":
            # So that no copy has to note, while it is measured, which transactions are over.
            with _admin(url).connect() as connection:
                connection.execute(text("VACUUM"))


@contextmanager
def _copy_of(url: str) -> Iterator[str]:
    if url.startswith("sqlite"):
        path = Path(make_url(url).database or "")
        copied = path.with_name("copy.db")
        shutil.copyfile(path, copied)
        # Else the disk is busy with the copy while something is measured: a commit took a second.
        os.sync()
        try:
            yield f"sqlite:///{copied}"
        finally:
            for each in path.parent.glob("copy.db*"):
                each.unlink()
        return
    with postgresql() as empty:
        with _admin(make_url(empty).set(database="postgres")).connect() as connection:
            name = make_url(empty).database
            connection.execute(text(f"DROP DATABASE {name}"))
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {make_url(url).database} STRATEGY FILE_COPY"))
        yield empty


def _admin(url: str | URL) -> Engine:
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)


def measures(load: Load, filled: Filled) -> Iterator[Measure]:
    """List what is measured on a full database and on an empty one, in turns."""

    def both(
        name: str, unit: str, measure: Callable[[Database], float], kind: str, *, less_is_better: bool = False
    ) -> Measure:
        empty = {"SQLite": SQLITE, "PostgreSQL": POSTGRESQL}[kind]
        compared = {"full": partial(measure, partial(filled.copy, kind)), "empty": partial(measure, empty)}
        return Measure(f"{name}, {kind}", unit, compared, MAY_FALL_TO, less_is_better=less_is_better)

    def rate(database: Database) -> float:
        return load.rate(partial(sides.web, database), CONNECTIONS)

    def p99(database: Database) -> float:
        return load.p99(partial(sides.web, database), CONNECTIONS, lambda: A_QUIET_RATE)

    for kind in DATABASES:
        yield both("ingest", "/s", rate, kind)
        yield both(f"p99 of ingest at {A_QUIET_RATE:.0f} a second", "ms", p99, kind, less_is_better=True)
        yield both("relay, confirmed", "/s", relay_ours, kind)
    yield both(f"worker, {THREADS} threads", "/s", partial(worker_ours, THREADS), "PostgreSQL")
    to_call = "push to call, idle"
    yield both(to_call, "ms", partial(latency.ours, broker_url=BROKER), "PostgreSQL", less_is_better=True)
    yield both(to_call, "ms", partial(latency.ours, broker_url="memory://"), "SQLite", less_is_better=True)
    yield both(f"submit --all, {NUMBER}", "/s", Submitting().ours, "PostgreSQL")
    yield both("web until it answers", "s", start, "SQLite", less_is_better=True)
    yield both("web's memory", "MB", memory, "SQLite", less_is_better=True)
