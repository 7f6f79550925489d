"""Secrets: after a run with every kind of trouble, none is in the database, the queue, a log, a metric or an answer."""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import httpx2
import kombu
from sqlalchemy import select

from service import topology
from service.simulator import events
from service.simulator.faults import Fault
from service.store.engine import reading
from service.store.tables import metadata
from tests.chaos.brokers import ctl
from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.conftest import FERNET, KEY, SECRET, TOKEN

Line = Callable[[Servers], Row]
EVERYTHING = kombu.Queue("everything", topology.EXCHANGE, routing_key="#")
DATABASE_PASSWORD, BROKER_PASSWORD = "pw-of-the-database", "pw-of-the-broker"


def secrets_are_nowhere(shared: Servers) -> Row:
    """Submit and release with faults on the way, at DEBUG, and search everything that is kept, sent or shown."""
    ctl(shared, "add_user", "leaks", BROKER_PASSWORD)
    ctl(shared, "set_permissions", "leaks", ".*", ".*", ".*")
    with Rig(
        shared,
        "postgresql+amqp",
        log_level="DEBUG",
        database_user=f"postgres:{DATABASE_PASSWORD}",
        broker_user=f"leaks:{BROKER_PASSWORD}",
    ) as rig:
        secrets = {SECRET, TOKEN, KEY, FERNET, DATABASE_PASSWORD, BROKER_PASSWORD}
        secrets.add(base64.b64decode(KEY + "=").hex())
        with kombu.Connection(rig.broker_url) as connection:
            EVERYTHING(connection.default_channel).declare()
        rig.wechat.push_ticket()
        rig.prepare(4)
        code = rig.wechat.world.authorize(rig.apps[0], "again")
        secrets.add(code)
        world = rig.wechat.world
        rig.wechat.push(events.authorized(world.component_appid, int(world.clock()), rig.apps[0], code, update=True))
        with rig.sending(5.0) as load:
            for how in ({"answer": "html"}, {"answer": "half"}, {"errcode": 40001}, {"errcode": -1}):
                rig.wechat.api.faults.append(Fault("", times=3, **how))
            secrets |= _of(rig)
            rig.wechat.world.expire_tokens()
            ctl(shared, "close_all_connections", "chaos")
            rig.approve(rig.apps)
            rig.until(lambda: rig.released(rig.apps), "the releases")
            load.finish()
        secrets |= _of(rig)
        places = {**_texts(rig), "the queue": "\n".join(_messages(rig))}
        row = rig.row("", 0.0)
    found = {(place, secret[:12]) for place, text in places.items() for secret in secrets if secret and secret in text}
    blind = [place for place in ("table pushes", "log of worker", "the queue") if rig.apps[0] not in places[place]]
    size = sum(map(len, places.values()))
    note = f"{len(secrets)} secrets, {len(places)} places, {size / 1e6:.1f} MB"
    return replace(row, note=note, problem=row.problem or str(sorted(found) or blind or ""))


def _of(rig: Rig) -> set[str]:
    """Give what WeChat gave to the platform: tickets, codes, tokens."""
    world = rig.wechat.world
    return {*world.tickets, *world.codes, *world.tokens, *(app.refresh_token for app in world.apps.values())}


def _texts(rig: Rig) -> Mapping[str, str]:
    with reading(rig.context.engine) as connection:
        tables = {
            f"table {name}": "\n".join(str(row) for row in connection.execute(select(table)))
            for name, table in metadata.tables.items()
        }
    logs = {f"log of {name}": child.log.read_text() for name, child in rig.children.items()}
    answers = {}
    for method, path in (
        ("GET", "/metrics"),
        ("GET", "/readyz"),
        ("GET", "/nothing"),
        ("POST", "/callback/authorization"),
    ):
        response = httpx2.request(method, f"{rig.url}{path}", content=b"x" * 2_000_000 if method == "POST" else None)
        answers[f"{method} {path}"] = f"{response.headers}\n{response.text}"
    return {**tables, **logs, **answers}


def _messages(rig: Rig) -> Iterator[str]:
    with kombu.Connection(rig.broker_url) as connection:
        queue = EVERYTHING(connection.default_channel)
        while message := queue.get(no_ack=True):
            yield f"{message.properties} {message.headers} {message.body!r}"


LINES: Mapping[str, Line] = {"secrets": secrets_are_nowhere}
