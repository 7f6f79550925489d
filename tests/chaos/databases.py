"""Databases that are stopped, frozen, locked, exhausted, read-only, away at the start, or tidied up by hand."""

import signal
import sqlite3
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

import psycopg
from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.chaos.outages import LONG, broken_by, outage, outage_of
from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.support.live import is_ready
from tests.support.servers import own_pgbouncer, own_postgresql

Line = Callable[[Servers], Row]
BOTH = "postgresql+amqp"
# Pushes that show that none is answered 503.
ENOUGH = 250


def connect(rig: Rig) -> "psycopg.Connection[tuple[object, ...]]":
    """Connect as a person would."""
    url = make_url(rig.database_url)
    return psycopg.connect(host=url.host, port=url.port, user=url.username, dbname=url.database, autocommit=True)


@contextmanager
def locked(rig: Rig) -> Generator[None]:
    """Hold what every push is written to."""
    if rig.database == "sqlite":
        lock = sqlite3.connect(make_url(rig.database_url).database or "", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        yield
        lock.execute("ROLLBACK")
        lock.close()
        return
    with connect(rig) as connection, connection.transaction():
        connection.execute("LOCK TABLE pushes IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def exhausted(rig: Rig) -> Generator[None]:
    """Take all the connections that the server gives, those of weaudit's too."""
    with ExitStack() as stack:
        first = stack.enter_context(connect(rig))
        first.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        for _ in range(100):
            try:
                stack.enter_context(connect(rig))
            except psycopg.OperationalError:
                break
        yield


@contextmanager
def read_only(rig: Rig) -> Generator[None]:
    """Let the server take no writes, and weaudit's sessions begin anew; they are kept when it takes some again."""
    name = make_url(rig.database_url).database
    with connect(rig) as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database()"
        )
        yield
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = off')


def orphan(rig: Rig) -> None:
    """Delete a push by hand, and leave its reactions due."""
    with rig.context.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(
            text(
                "INSERT INTO attempts (push_id, queue, state, tries, due_at, note, changed_at) "
                "VALUES ('gone', 'weaudit.release', 'waiting', 0, 0, '', 0)"
            )
        )


def behind_pgbouncer(shared: Servers) -> Row:
    """Let all processes share four connections, another one for each transaction."""
    folder = shared.folder / f"pgbouncer{time.monotonic_ns()}"
    way = partial(own_pgbouncer, folder=folder)
    with Rig(shared, BOTH, tunnelled="database_url", way=way, reconcile_after=3, reconcile_every=1) as rig:
        rig.prepare(8)
        with rig.sending() as load:
            began = time.monotonic()
            rig.approve(rig.apps)
            rig.until(lambda: rig.released(rig.apps), "the releases")
            recovery = time.monotonic() - began
            rig.until(lambda: len(load.accepted) > ENOUGH, "the pushes")
            load.finish()
            row = rig.row("", recovery)
        logged = "".join(child.log.read_text() for child in rig.children.values())
        wrong = [word for word in ("prepared statement", "Traceback") if word in logged]
        problem = (
            f"the log speaks of {wrong}" if wrong else f"{load.busy} answers were 503" if load.busy else row.problem
        )
        return replace(row, problem=problem)


def failover(shared: Servers) -> Row:
    """Kill a primary, and make its standby one; both are in the URL."""
    places = [shared.folder / f"{name}{time.monotonic_ns()}" for name in ("primary", "standby")]
    for place in places:
        place.mkdir()
    with own_postgresql(places[0]) as primary, own_postgresql(places[1], standby_of=primary.port) as standby:
        with psycopg.connect(host="127.0.0.1", port=primary.port, user="postgres", autocommit=True) as admin:
            # What is committed has to be on both.
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            admin.execute("SELECT pg_reload_conf()")

        @contextmanager
        def fault(_: Rig) -> Generator[None]:
            primary.kill()
            yield
            with psycopg.connect(host="127.0.0.1", port=standby.port, user="postgres", autocommit=True) as admin:
                admin.execute("SELECT pg_promote()")

        return outage_of(Rig(shared, BOTH, hosts=[primary, standby]), fault)


def away_at_the_start(shared: Servers) -> Row:
    """Start all processes before their database: they serve, say that they are not ready, and are when it is."""
    with Rig(shared, "postgresql+amqp") as rig:
        rig.prepare(2)
        for child in rig.children.values():
            child.kill()
        server = shared.get("postgresql")
        server.kill()
        for child in rig.children.values():
            child.start()
        time.sleep(2.0)
        with rig.sending() as load:
            time.sleep(3.0)
            problem = "" if load.busy and not is_ready(rig.url) else "pushes were not answered 503"
            server.start()
            began = time.monotonic()
            rig.approve(rig.apps)
            rig.until(lambda: rig.released(rig.apps), "the releases")
            recovery = time.monotonic() - began
            load.finish()
            row = rig.row("PostgreSQL away at the start", recovery)
        return row if not problem else Row(row.fault, row.setting, problem=problem)


stopped = broken_by(lambda rig: rig.shared.get("postgresql").kill(), lambda rig: rig.shared.get("postgresql").start())
frozen = broken_by(
    lambda rig: rig.shared.get("postgresql").signal(signal.SIGSTOP),
    lambda rig: rig.shared.get("postgresql").signal(signal.SIGCONT),
)
LINES: Mapping[str, Line] = {
    "PostgreSQL stopped": partial(outage, setting=BOTH, name="PostgreSQL stopped", fault=stopped),
    "PostgreSQL frozen": partial(outage, setting=BOTH, name="PostgreSQL frozen", fault=frozen, seconds=LONG),
    "PostgreSQL locked": partial(outage, setting=BOTH, name="PostgreSQL locked", fault=locked),
    "PostgreSQL exhausted": partial(outage, setting=BOTH, name="PostgreSQL exhausted", fault=exhausted),
    "PostgreSQL read-only": partial(outage, setting=BOTH, name="PostgreSQL read-only", fault=read_only),
    "PostgreSQL away at the start": away_at_the_start,
    "PostgreSQL behind pgbouncer": behind_pgbouncer,
    "PostgreSQL fails over to its standby": failover,
    "an orphan row": partial(
        outage, setting=BOTH, name="an orphan row", fault=broken_by(orphan), seconds=1.0, limit=5.0
    ),
    "SQLite locked": partial(outage, setting="sqlite+memory", name="SQLite locked", fault=locked),
}
