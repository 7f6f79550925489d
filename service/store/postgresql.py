"""PostgreSQL: a connection that is given up in time, that remembers statements, and is left when it became another."""

import secrets
import time
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from service.store.engine import BEGUN_AT, IS_READ_ONLY, READ_ONLY
from service.store.patience import PATIENCE, left, may_cancel, within

# In seconds: sooner a connection answers that has been idle, or never; who was answered so recently need not ask.
PING = 1.0
IDLE = 1.0
# Until the server has taken that a statement is given up; a new connection tells it.
CANCEL_WITHIN = 1.0
# A server that became another one behind the same address is not used for longer.
CONNECTION_LIFE = 300
# Of a process. What is above a pool's size is connected anew each time, which costs more than a few statements.
MOST_CONNECTIONS = 30
USED_AT = "weaudit_used_at"
# One round trip instead of two: a transaction that writes needs the time at once.
BEGIN_AND_TELL_THE_TIME = "SELECT extract(epoch FROM clock_timestamp()); BEGIN"
# invalid_sql_statement_name and duplicate_prepared_statement: a pooler that did not show itself gave us a connection
# that is not ours, and then nothing is prepared any more.
FORGOTTEN = frozenset({"26000", "42P05"})
# feature_not_supported, for a statement whose columns a migration made others while we were connected.
NOT_SUPPORTED, PLANNED_FOR_OTHER_COLUMNS = "0A000", "cached plan"
BITS_OF_A_NAME = 48
Answer = TypeVar("Answer")


def make_engine(url: URL) -> Engine:
    """Make the engine; nothing is connected yet."""
    made = create_engine(
        url,
        hide_parameters=True,
        # The driver sends BEGIN as a round trip of its own, and before what only reads, too.
        isolation_level="AUTOCOMMIT",
        pool_recycle=CONNECTION_LIFE,
        pool_size=MOST_CONNECTIONS,
        max_overflow=0,
        pool_timeout=PATIENCE,
        connect_args={
            "connect_timeout": PATIENCE,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": PATIENCE * 1000,
            "application_name": "weaudit",
            "client_encoding": "utf8",
        },
    )
    event.listen(made, "do_connect", lambda _, __, given, named: PatientConnection.connect(*given, **named))
    remembered = _Remembered()
    event.listen(made, "handle_error", remembered.leave, retval=True)
    event.listen(made, "connect", remembered.begin)
    event.listen(made, "connect", _note_use)
    event.listen(made, "checkin", _note_use)
    event.listen(made, "checkout", partial(_see_that_it_answers, made))
    event.listen(made, "begin", _begin)
    return made


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed when it does not answer in time; the error is that of a database that is away.

    A proxy or a tunnel that goes on acknowledging and carries nothing is seen by no keepalive of TCP's.
    """

    def wait(self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:
        """Wait as psycopg does, until the deadline at most.

        Raises psycopg.OperationalError.
        """
        seconds = left()
        try:
            return super().wait(gen, interval, min(seconds, timeout or seconds))
        except _WaitTimeout:
            if may_cancel():
                # What waits for a lock would go on waiting there, and hold a place of the server's.
                with suppress(psycopg.Error):
                    self.cancel_safe(timeout=CANCEL_WITHIN)
            self.close()
            raise psycopg.OperationalError("the database does not answer in time") from None


class _Remembered:
    """Whether the server remembers our statements: not behind a pooler, whose next transaction is another connection's.

    A pooler such as pgbouncer names a process of the server's that is none. PostgreSQL takes a quarter less time for a
    look of a worker's if it need not read and plan each statement anew: 4.5 ms instead of 6.0.
    """

    def __init__(self) -> None:
        self._lasts = True

    def begin(self, connection: PatientConnection, _: ConnectionPoolEntry) -> None:
        """Look whom a new connection reaches. Raises psycopg.Error."""
        # Another client's statement of the same name, behind a pooler that does not show itself, would be run as ours.
        connection._prepared._prepared_idx = secrets.randbits(BITS_OF_A_NAME)  # noqa: SLF001
        with within(PING, cancels=False):
            reached = connection.execute("SELECT pg_backend_pid()").fetchone()
        if not self._lasts or reached != (connection.info.backend_pid,):
            connection.prepare_threshold = None

    def leave(self, context: ExceptionContext) -> BaseException | None:
        """Connect anew to what takes no writes, or knows nothing of us: what stands behind the address may be another.

        The error is then that of a database that is away; psycopg calls it another one.
        """
        error = context.original_exception
        state = getattr(error, "sqlstate", "")
        if state in FORGOTTEN:
            self._lasts = False
        elif state != IS_READ_ONLY and not (state == NOT_SUPPORTED and PLANNED_FOR_OTHER_COLUMNS in str(error)):
            return None
        context.is_disconnect = True
        return _as_away(context.statement, error)


def _note_use(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info[USED_AT] = time.monotonic()


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(READ_ONLY):
        return
    # Past SQLAlchemy, as it is asked of every transaction: 0.05 ms of 0.14 that one costs which does nothing.
    driver: Any = connection.connection.driver_connection
    try:
        with within(PING, cancels=False):
            connection.info[BEGUN_AT] = float(driver.execute(BEGIN_AND_TELL_THE_TIME).fetchone()[0])
    except psycopg.Error as error:
        # What ended this one may have ended all: SQLAlchemy, when it meets the same, leaves the whole pool.
        driver.close()
        with suppress(OperationalError):
            connection.exec_driver_sql(BEGIN_AND_TELL_THE_TIME)
        raise OperationalError(
            BEGIN_AND_TELL_THE_TIME, None, error, hide_parameters=True, connection_invalidated=True
        ) from error


def _see_that_it_answers(engine: Engine, connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
    """Replace what does not answer before it is used, and all that is as old; who uses a new one is still in time."""
    if time.monotonic() - record.info[USED_AT] < IDLE:
        return
    try:
        with within(PING, cancels=False):
            engine.dialect.do_ping(connection)
    except psycopg.Error as error:
        raise InvalidatePoolError(str(error)) from None


def _as_away(statement: str | None, error: BaseException) -> OperationalError:
    return OperationalError(statement, None, error, hide_parameters=True, connection_invalidated=True)
