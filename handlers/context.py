"""What a reaction is given."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from handlers.answers import Answer
from handlers.wechat.client import Client
from handlers.wechat.outage import WECHAT, Outage
from handlers.wechat.tokens import Tokens
from handlers.wechat.transport import Transport, http_client
from service.events.message import Message
from service.metrics import Metrics
from service.settings import Outbound
from service.store import attempts
from service.store.credentials import Credentials
from service.store.engine import database_time
from service.store.heartbeat import Heartbeat
from service.store.opened import open_database, open_existing

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, the store, what keeps leases, WeChat, and three times.

    `clock` is this process's own, and `monotonic`, which cannot be set, says how old something is; `now` is the
    database's, by which processes judge each other's work.
    """

    settings: Outbound
    engine: Engine
    heartbeat: Heartbeat
    credentials: Credentials
    wechat: Client
    clock: Callable[[], float] = time.time
    now: Callable[[Connection], float] = database_time
    monotonic: Callable[[], float] = time.monotonic
    metrics: Metrics = field(default_factory=Metrics)


Reaction = Callable[[Context, Message], Answer]


@contextmanager
def open_context(
    settings: Outbound,
    stop: threading.Event | None = None,
    *,
    existing: bool = False,
    metrics: Metrics | None = None,
) -> Iterator[Context]:
    """Put together what the reactions of one process share; the database is brought up to date, or Stopped raised.

    An `existing` one is not made.
    """
    with (
        open_existing(settings) if existing else open_database(settings, stop) as engine,
        http_client(settings.wechat_api_base) as http,
        Heartbeat(engine) as heartbeat,
    ):
        credentials = Credentials(settings.fernet_keys)
        numbers = metrics or Metrics()
        outage = Outage(partial(_wake, engine))
        transport = Transport(http, settings.timezone, outage=outage, called=numbers.called)
        tokens = Tokens(
            engine,
            heartbeat,
            credentials,
            transport,
            component_appid=settings.wechat_component_appid,
            component_secret=settings.wechat_component_secret.get_secret_value(),
        )
        client = Client(transport, tokens, heartbeat)
        yield Context(settings, engine, heartbeat, credentials, client, metrics=numbers)


def _wake(engine: Engine) -> None:
    """Let all be tried at once that waits for WeChat: whoever it answered again has noticed that it is back."""
    try:
        with engine.begin() as connection:
            woken = attempts.wake(connection, WECHAT, now=database_time(connection))
    except SQLAlchemyError as error:
        log.warning("wechat.back", error=str(error), why="what waits for it is tried at its own time")
    else:
        log.info("wechat.back", woken=woken)
