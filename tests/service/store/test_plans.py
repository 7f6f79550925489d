"""How the databases find what is asked for on the way of a push: by an index, however many rows there are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

from handlers.reacting import Reacting
from handlers.reactions import REACTIONS
from service import topology
from service.events.message import Message
from service.store import attempts, due, inbox, publishing, reviews
from service.store.credentials import Credentials
from service.store.engine import reading
from service.store.heartbeat import Heartbeat
from service.store.inbox import Entry
from tests.conftest import Wechat, outbound
from tests.support.samples import decided, told

Asked = tuple[str, Any]
# A row a process, a cause, a merchant: few, however busy a platform is; and what SQLite calls the rows of a statement.
SMALL = {"processes", "causes", "mini_programs", "json_each", "CONSTANT", "due", "unpublished"}
PLANNED = re.compile(r"(SELECT(?!.*BEGIN)|UPDATE|DELETE|WITH|INSERT)\s")
MANY = 20


@contextmanager
def asked(engine: Engine) -> Iterator[list[Asked]]:
    """Gather each statement that is sent in the block, with its parameters."""
    found: list[Asked] = []

    def note(_: Connection, __: object, statement: str, parameters: Any, *___: object) -> None:
        found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def whole_tables(engine: Engine, statement: str, parameters: Any) -> set[str]:
    """Give the tables that a database reads from the first row to the last, if it has any other way."""
    with reading(engine) as connection:
        if connection.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row[3] for row in rows]
            # What is given as JSON is a virtual table.
            indexed = (" USING ", " VIRTUAL TABLE ")
            return {
                step.split()[1]
                for step in steps
                if step.startswith("SCAN") and not any(map(step.__contains__, indexed))
            }
        connection.exec_driver_sql("SET enable_seqscan = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        scanned = set(re.findall(r"Seq Scan on (\w+)", "\n".join(row[0] for row in rows)))
        connection.exec_driver_sql("SET enable_seqscan = on")
        return scanned


def reacted(wechat: Wechat, message: Message) -> None:
    """Keep a push, publish it, and react to it, as web, relay and worker do."""
    engine, now = wechat.engine, wechat.now
    with engine.begin() as connection:
        inbox.add(connection, [Entry(message)], wechat.credentials, now)
    with engine.begin() as connection:
        new = publishing.take_new(connection, now=now + 1, limit=100)
        publishing.settle(connection, new)
        due.take(connection, now=now + 1, limit=100)
    with engine.begin() as connection:
        begun = attempts.begin(connection, message.id, topology.RELEASE, now=now + 1)
    assert begun
    Reacting(wechat.context, REACTIONS).carry_out(begun)


def test_no_table_that_grows_is_read_as_a_whole_on_the_way_of_a_push(engine: Engine, credentials: Credentials) -> None:
    """From the push to the release, in the heartbeat, and when the clock looks for what is to be asked."""
    wechat = Wechat(engine, credentials, outbound(reconcile_after="1"))
    wechat.give_ticket()
    wechat.authorize()
    decided(wechat, "approve")
    with asked(engine) as statements:
        reacted(wechat, told(wechat, "weapp_audit_success"))
        with engine.begin() as connection:
            reviews.to_ask(connection, now=wechat.now, after=1.0)
            attempts.wake(connection, "wechat", now=wechat.now)
        heartbeat = Heartbeat(engine, lambda _: wechat.now)
        assert heartbeat.try_to_take("x")
        heartbeat.beat()
    assert wechat.called("release") == 1
    one_of_each = {statement: parameters for statement, parameters in statements if PLANNED.match(statement)}
    plans = {statement: whole_tables(engine, statement, asked_for) for statement, asked_for in one_of_each.items()}
    assert {statement: tables - SMALL for statement, tables in plans.items() if tables - SMALL} == {}
    assert len(plans) > MANY
