import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import kombu
import pika
import pytest
import redis
from sqlalchemy import Engine

from service import topology
from service.events.message import build, decode, encode, identity, recognise
from service.queue import connection as broker
from service.queue.outbox import Outbox, Parcel
from service.store import inbox
from service.store.credentials import Credentials
from service.store.inbox import Entry
from tests.conftest import APP, COMPONENT, environment
from tests.support.commands import run
from tests.support.servers import do_without, eventually, need, need_program
from tests.test_whole_path import AMQP, REDIS, carried_by

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "docs" / "examples"
NODE_MODULES = ROOT / ".venv" / "node" / "node_modules"
NOON = 1_790_000_000.0


def rejected(number: int, appid: str = APP) -> Entry:
    """Give a rejection."""
    told = {"Event": "weapp_audit_fail", "CreateTime": str(number), "Reason": "1:账号信息不符合规范:<br>(1):x<br>"}
    kind, data = recognise(told)
    return Entry(build(kind, appid, data, id=identity(appid, told), component_appid=COMPONENT, at=number))


@contextmanager
def started(*command: str, **changes: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run a program; gives it, and the lines that it has printed so far."""
    process = subprocess.Popen(command, env=environment(**changes), stdout=subprocess.PIPE, text=True)
    lines: list[str] = []
    assert process.stdout
    os.set_blocking(process.stdout.fileno(), False)
    try:
        yield process, lines
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def until_printed(process: subprocess.Popen[str], lines: list[str], publish: Callable[[], None]) -> None:
    """Publish until the program prints a line: then it listens."""

    def has_printed() -> bool:
        publish()
        assert process.poll() is None
        assert process.stdout
        lines.extend(process.stdout.readlines())
        return bool(lines)

    eventually(has_printed, "a line")


def publish(url: str, *entries: Entry) -> None:
    """Publish messages as the relay does."""
    with broker.connection(url) as connected:
        sent = [(each.message.id, encode(each.message), each.message.routing_key) for each in entries]
        outbox = Outbox(broker.ready_for_events(connected))
        outbox.publish([Parcel(id, body, topology.EXCHANGE.name, key) for id, body, key in sent])


@pytest.mark.parametrize("carrier", ["amqp", "redis"])
def test_who_looks_at_what_goes_by_sees_what_fits_and_leaves_nothing(tmp_path: Path, carrier: str) -> None:
    """As people read it; the queue ends with whoever looked."""
    url = carried_by(carrier)
    weaudit = str(Path(sys.executable).with_name("weaudit"))
    told = {"broker_url": url, "database_url": f"sqlite:///{tmp_path}/x.db"}
    with started(weaudit, "tail", f"*.{APP}", **told) as (process, lines):
        until_printed(process, lines, lambda: publish(url, rejected(1, "wx0000000000000002"), rejected(2)))
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert {line.split()[-2:] == ["weapp_audit_fail", APP] for line in lines} == {True}
    if carrier == "redis":
        with redis.Redis.from_url(REDIS) as connection:
            keys = [key.decode() for key in connection.scan_iter("*") if b"tail" in key]
            bound = [member for key in connection.scan_iter("*binding*") for member in connection.smembers(key)]
        assert keys == []
        assert [member for member in bound if b"weaudit.tail" in member] == []
    assert not (tmp_path / "x.db").exists()


def test_programs_get_what_goes_by_as_it_is_published(tmp_path: Path) -> None:
    """One message a line."""
    url = carried_by("amqp")
    weaudit = str(Path(sys.executable).with_name("weaudit"))
    told = {"broker_url": url, "database_url": f"sqlite:///{tmp_path}/x.db"}
    with started(weaudit, "tail", "--json", **told) as (process, lines):
        until_printed(process, lines, lambda: publish(url, rejected(3)))
    assert decode(lines[0]) == rejected(3).message


@pytest.fixture
def missed(store: Engine, credentials: Credentials) -> list[str]:
    """Keep 1,200 rejections of two mini programs; gives their ids in that order."""
    entries = [rejected(number, f"wx000000000000000{number % 2}") for number in range(1200)]
    for place in range(0, 1200, 100):
        with store.begin() as connection:
            inbox.add(connection, entries[place : place + 100], credentials, NOON + place)
    return [entry.message.id for entry in entries]


@pytest.fixture
def queue() -> Iterator[kombu.Queue]:
    """Give a subscriber's queue on RabbitMQ."""
    need(5672, "RabbitMQ")
    with kombu.Connection(AMQP) as connection:
        made = kombu.Queue("test-missed", durable=True)(connection.default_channel)
        made.declare()
        made.purge()
        yield made
        made.delete()


def replayed(tmp_path: Path, *options: str, url: str = AMQP) -> Any:
    """Replay."""
    return run("replay", *options, folder=tmp_path, database_url=f"sqlite:///{tmp_path}/store.db", broker_url=url)


def test_a_subscriber_gets_what_it_missed_once_more(tmp_path: Path, missed: list[str], queue: kombu.Queue) -> None:
    """In the order in which it came, into its queue alone."""
    ended = replayed(tmp_path, "--since", "2026-09-21T00:00+00:00", "--queue", "test-missed")
    assert (ended.exit_code, ended.stdout) == (0, "1200 messages sent to test-missed\n")
    got = []
    while message := queue.get(no_ack=True):
        got.append(json.loads(message.body)["id"])
    assert got == missed


def test_only_what_is_asked_for_is_replayed(tmp_path: Path, missed: list[str], queue: kombu.Queue) -> None:
    """Of a mini program, of a type, since a time."""
    assert missed
    for options, number in [
        (["--since", "2026-09-21T00:00+00:00", "--appid", "wx0000000000000001"], 600),
        (["--since", "2026-09-21T00:00+00:00", "--type", "weapp_audit_success"], 0),
        (["--since", "2126-01-01T00:00"], 0),
    ]:
        ended = replayed(tmp_path, *options, "--queue", "test-missed")
        assert ended.stdout == f"{number} messages sent to test-missed\n"
    assert queue.queue_declare(passive=True).message_count == 600


@pytest.mark.parametrize(
    ("queue", "url", "status", "said"),
    [
        ("test-missed-nowhere", AMQP, 1, "let the subscriber declare it and bind it to wechat.events first"),
        ("weaudit.release", AMQP, 2, "weaudit.release is a queue of weaudit's own"),
        ("x", "memory://", 2, "BROKER_URL is memory://"),
        ("x", "amqp://guest:hush@127.0.0.1:1//", 1, "BROKER_URL: 127.0.0.1:1: "),
    ],
)
def test_what_cannot_be_replayed_says_why(  # noqa: PLR0917 a line of the table
    tmp_path: Path, store: Engine, queue: str, url: str, status: int, said: str
) -> None:
    """In a sentence."""
    assert store
    need(5672, "RabbitMQ")
    ended = replayed(tmp_path, "--since", "1d", "--queue", queue, url=url)
    assert ended.exit_code == status
    assert said in ended.stderr
    assert "hush" not in ended.stderr


def in_python(_: Path) -> list[str]:
    """Give the command that runs the subscriber that is written in Python."""
    return [sys.executable, str(EXAMPLES / "subscribe.py")]


def in_node(folder: Path) -> list[str]:
    """Give the command for Node's, which looks for its packages beside it."""
    shutil.copy(EXAMPLES / "subscribe.mjs", folder)
    return [node(folder), str(folder / "subscribe.mjs")]


def node(folder: Path) -> str:
    """Give Node, with its packages in a folder."""
    program = need_program("node")
    if not NODE_MODULES.exists():
        do_without("there are no packages for Node: make .venv/node/ready")
    (folder / "node_modules").symlink_to(NODE_MODULES)
    return program


@pytest.mark.parametrize("command", [in_python, in_node])
def test_the_programs_that_the_document_begins_with_run(tmp_path: Path, command: Callable[[Path], list[str]]) -> None:
    """They print each reason of a rejection, which is as the schema says."""
    schema = json.loads((ROOT / "docs" / "schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads(encode(rejected(4).message)), schema)
    url = carried_by("amqp")
    with kombu.Connection(url) as connection:
        connection.default_channel.queue_delete("shop-rejections")
        broker.ready_for_events(connection)
    with started(*command(tmp_path)) as (process, lines):
        until_printed(process, lines, lambda: publish(url, rejected(4)))
    assert lines[0].split()[1:] == [APP, "账号信息不符合规范", "x"]
    with pika.BlockingConnection(pika.URLParameters("amqp://guest:guest@127.0.0.1:5672/%2f")) as connection:
        connection.channel().queue_delete("shop-rejections")


def test_asyncapi_finds_nothing_wrong_with_the_document_for_it(tmp_path: Path) -> None:
    """By its own parser."""
    shutil.copy(ROOT / "tests" / "support" / "node" / "asyncapi.mjs", tmp_path)
    command = [node(tmp_path), str(tmp_path / "asyncapi.mjs"), str(ROOT / "docs" / "asyncapi.json")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.returncode) == ("", 0)


def test_a_type_that_there_is_not_is_named(tmp_path: Path) -> None:
    """With those that there are."""
    ended = run("schema", "weapp_audit_failed", folder=tmp_path)
    assert ended.exit_code == 2
    assert "there is no type weapp_audit_failed; there are: wechat.weapp_audit_success" in ended.stderr
    assert json.loads(run("schema", "weapp_audit_fail", folder=tmp_path).stdout)["title"] == "wechat.weapp_audit_fail"
    assert json.loads(run("schema", "--asyncapi", folder=tmp_path).stdout)["asyncapi"] == "3.0.0"
