"""What is measured, of which sides, and what is aimed at: one table."""

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from kombu import Connection as Broker
from kombu import Queue
from sqlalchemy import func, insert, select

from handlers.context import open_context
from service import topology
from service.queue import connection as broker
from service.queue.relay import Relay
from service.store.connecting import connect
from service.store.credentials import CredentialKind
from service.store.engine import database_time, reading
from service.store.tables import attempts, mini_programs, pushes
from service.web.callbacks import lock
from service.web.push import read
from tests.bench import latency, sides
from tests.bench.load import Load
from tests.bench.pushes import NOW, for_peers, made
from tests.bench.sides import BROKER, DATABASES, PEERS, PYTHON, Database, until
from tests.bench.submitting import A_CALL, NUMBER, THREADS, Submitting
from tests.conftest import inbound, outbound

CONNECTIONS = (16, 64, 256)
DECODED = 3_000
RELAYED = 5_000
REACTIONS = 300
SQLITE, POSTGRESQL = (partial(sides.made, kind) for kind in DATABASES)


class Measure(NamedTuple):
    """A measure: its sides, of which the first is compared with the second, and what the ratio shall be."""

    name: str
    unit: str
    sides: Mapping[str, Callable[[], float]]
    aim: float
    less_is_better: bool = False


def decode_ours() -> float:
    """Give the microseconds that a push takes to its typed message."""
    known = lock(inbound(max_push_age=0))
    sealed = [(query, body.encode()) for query, body in made(DECODED)]
    began = time.perf_counter()
    for query, body in sealed:
        read(query, body, known, NOW, "wx0000000000000001")
    return (time.perf_counter() - began) / DECODED * 1e6


def decode_wechatpy() -> float:
    """Give the microseconds that wechatpy takes."""
    asked = for_peers(DECODED)
    ended = subprocess.run([PYTHON, PEERS / "decode.py"], input=asked, capture_output=True, text=True, check=True)
    return float(ended.stdout) * 1e6


def relay_ours(database: Database) -> float:
    """Give the messages a second that a relay has confirmed, each to subscribers' exchange."""
    with database() as url:
        engine = connect(url)
        with engine.begin() as connection:
            now = database_time(connection)
            rows = [
                {
                    "id": f"{n:032x}",
                    "type": "wechat.text",
                    "appid": f"wx{n % 3000:016d}",
                    "routing_key": f"text.wx{n % 3000:016d}",
                    "body": _body(n),
                    "received_at": now + n * 1e-6,
                    "publish_at": now + n * 1e-6,
                }
                for n in range(RELAYED)
            ]
            connection.execute(insert(pushes), rows)
        left = select(func.count()).where(pushes.c.publish_at.is_not(None))
        stop, began = threading.Event(), time.perf_counter()
        running = threading.Thread(target=Relay(engine, BROKER, None).run, args=(stop,))
        running.start()
        until(lambda: not _count(engine, left), "the last message", every=0.02)
        took = time.perf_counter() - began
        stop.set()
        running.join()
        engine.dispose()
    return RELAYED / took


def _count(engine: Any, counted: Any) -> int:
    with reading(engine) as connection:
        return int(connection.execute(counted).scalar_one())


def _body(number: int) -> str:
    return json.dumps({"specversion": "1.0", "id": f"{number:032x}", "data": {"content": "x" * 400}})


def relay_kombu() -> float:
    """Give the messages a second that kombu publishes without waiting for a confirmation."""
    with Broker(BROKER) as connection:
        producer = connection.Producer(exchange=topology.EXCHANGE, serializer="json")
        began = time.perf_counter()
        for number in range(RELAYED):
            producer.publish(_body(number), routing_key=f"text.wx{number}", content_type="application/json")
        return RELAYED / (time.perf_counter() - began)


def worker_ours(threads: int, database: Database) -> float:
    """Give the reactions a second of a worker, each a look of three calls at WeChat."""
    with database() as url, sides.wechat() as api:
        settings = outbound(database_url=url, broker_url=BROKER, wechat_api_base=api, worker_threads=threads)
        is_open = attempts.c.state.in_(["waiting", "running", "retrying"])
        with open_context(settings, existing=True) as context, Broker(BROKER) as connection:
            _fill(context)
            broker.ready(connection)
            _forget(connection)
            with sides.parts(("relay", "worker"), settings):
                waiting = select(func.count()).where(attempts.c.queue == topology.RELEASE, is_open)
                until(lambda: _count(context.engine, waiting) < REACTIONS, "the first reaction", every=0.02)
                began = time.perf_counter()
                left = select(func.count()).where(is_open)
                until(lambda: not _count(context.engine, left), "the last reaction", every=0.05)
                return REACTIONS / (time.perf_counter() - began)


def _forget(connection: Any) -> None:
    """Forget what was published of a database that is gone."""
    for name in topology.REACTIONS:
        Queue(name)(connection.default_channel).purge()


def _fill(context: Any) -> None:
    """Let many approvals have been pushed."""
    with context.engine.begin() as connection:
        now = database_time(connection)
        appids = [f"wx{n:016d}" for n in range(REACTIONS)]
        names = {"authorized": True, "nickname": "", "user_name": "", "principal_name": "", "changed_at": 1.0}
        connection.execute(insert(mini_programs), [{"appid": appid, **names} for appid in appids])
        for appid in appids:
            token = {"issued_at": now, "expires_at": now + 7200}
            context.credentials.keep(connection, CredentialKind.AUTHORIZER_TOKEN, appid, "token", **token)
        told = [{"id": f"{n:032x}", "appid": appid, "body": _approval(n, appid)} for n, appid in enumerate(appids)]
        kept = {"type": "wechat.weapp_audit_success", "routing_key": "x", "received_at": now}
        connection.execute(insert(pushes), [{**each, **kept} for each in told])
        waiting = {
            "queue": topology.RELEASE,
            "state": "waiting",
            "tries": 0,
            "due_at": now,
            "note": "",
            "changed_at": now,
        }
        connection.execute(insert(attempts), [{"push_id": each["id"], **waiting} for each in told])


def _approval(number: int, appid: str) -> str:
    said = {"specversion": "1.0", "id": f"{number:032x}", "source": "wechat/component/x"}
    said |= {"type": "wechat.weapp_audit_success", "subject": appid, "time": "2026-01-01T00:00:00Z"}
    return json.dumps({**said, "data": {"succ_time": 5}})


def worker_celery(threads: int) -> float:
    """Give the tasks a second of a Celery worker, each the same three calls."""
    with sides.wechat() as api:
        env = {**os.environ, "BENCH_BROKER": BROKER, "BENCH_API": api}
        send = f"from celery_worker import look\nfor n in range({REACTIONS}): look.delay(str(n))"
        with Broker(BROKER) as connection:
            tasks = Queue("celery", durable=True)(connection.default_channel)
            tasks.queue_declare()
            # What Flask's tasks left.
            tasks.purge()
        subprocess.run([PYTHON, "-c", send], env=env, cwd=PEERS, check=True)
        command = [PYTHON.with_name("celery"), "--workdir", PEERS, "-A", "celery_worker", "worker"]
        command += ["-P", "threads", "-c", str(threads), "--without-gossip", "--without-mingle"]
        with Broker(BROKER) as connection, sides.running([*map(str, command)], None, env):
            until(lambda: _left(connection) < REACTIONS, "the first task", every=0.01)
            began = time.perf_counter()
            until(lambda: not _left(connection), "the last task", every=0.01)
            return REACTIONS / (time.perf_counter() - began)


def _left(connection: Any) -> int:
    return int(connection.default_channel.queue_declare("celery", passive=True).message_count)


def start(database: Database) -> float:
    """Give the seconds until `weaudit web` is ready, as at each start but the first, which makes the database."""
    with database() as url:
        began = time.perf_counter()
        with sides.web_on(url):
            return time.perf_counter() - began


def memory(database: Database) -> float:
    """Give the resident memory of `weaudit web` after its start, in MB."""
    with sides.web(database) as port:
        (pid,) = _pids(port)
        said = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", said)
    return int(found[1]) / 1024 if found else 0.0


def _pids(port: int) -> list[str]:
    return [
        process.name
        for process in Path("/proc").iterdir()
        if process.name.isdecimal() and f"PORT={port}\0" in _environment(process)
    ]


def _environment(process: Path) -> str:
    try:
        return (process / "environ").read_text(errors="replace") + "\0"
    except OSError:
        return ""


def nothing(value: float) -> float:
    """Give what is aimed at."""
    return value


def measures(load: Load) -> Iterator[Measure]:
    """List all, in the order in which they are shown."""
    ours, theirs = "weaudit", "bare"
    decode: dict[str, Callable[[], float]] = {ours: decode_ours, "wechatpy": decode_wechatpy}
    yield Measure("a push to its typed message", "us", decode, 1.2, less_is_better=True)
    for kind in DATABASES:
        database = partial(sides.made, kind)
        serving = partial(sides.web, database)
        for connections in CONNECTIONS:
            each = {
                ours: partial(load.rate, serving, connections),
                theirs: partial(load.rate, sides.bare, connections),
            }
            if kind == "SQLite" and connections == 64:
                each["Flask + wechatpy + Celery"] = partial(load.rate, sides.flask, connections)
            yield Measure(f"ingest, {kind}, {connections} connections", "/s", each, 0.5 if kind == "SQLite" else 0.35)
        half = partial(load.half_of, serving, 64)
        tail: dict[str, Callable[[], float]] = {
            ours: partial(load.p99, serving, 64, half),
            theirs: partial(load.p99, sides.bare, 64, half),
        }
        yield Measure(f"p99 of ingest at half of what {kind} reaches", "ms", tail, 1 / 4, less_is_better=True)
        relay: dict[str, Callable[[], float]] = {ours: partial(relay_ours, database), "kombu, unconfirmed": relay_kombu}
        yield Measure(f"relay, confirmed, {kind}", "/s", relay, 0.6)
    for threads in (8, 32):
        worker = {ours: partial(worker_ours, threads, POSTGRESQL), "Celery": partial(worker_celery, threads)}
        yield Measure(f"worker, three calls each, {threads} threads", "/s", worker, 2.0)
    with_rabbitmq: dict[str, Callable[[], float]] = {
        ours: partial(latency.ours, POSTGRESQL, BROKER),
        "kombu hop and a call": latency.hop_and_call,
    }
    yield Measure("push to call, RabbitMQ, idle", "ms", with_rabbitmq, 1 / 3, less_is_better=True)
    embedded: dict[str, Callable[[], float]] = {
        ours: partial(latency.ours, SQLITE, "memory://"),
        "aim": partial(nothing, 20.0),
    }
    yield Measure("push to call, embedded, idle", "ms", embedded, 1.0, less_is_better=True)
    submitting = Submitting()
    submit: dict[str, Callable[[], float]] = {ours: partial(submitting.ours, POSTGRESQL), "bound": submitting.bound}
    yield Measure(f"submit --all, {NUMBER}, calls of {A_CALL} s, {THREADS} threads", "/s", submit, 0.9)
    yield Measure(
        "web until it answers",
        "s",
        {ours: partial(start, SQLITE), "aim": partial(nothing, 1.0)},
        1.0,
        less_is_better=True,
    )
    yield Measure(
        "web's memory", "MB", {ours: partial(memory, SQLITE), "aim": partial(nothing, 80.0)}, 1.0, less_is_better=True
    )
