"""What a reaction is given, and what it answers."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from handlers.wechat.client import Client
from handlers.wechat.tokens import Tokens
from handlers.wechat.transport import Transport, http_client
from handlers.wechat.turns import Turns
from service.events.from_weaudit import Outcome
from service.events.message import Message
from service.settings import Outbound
from service.store.credentials import Credentials
from service.store.opened import open_database


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, the store, WeChat, and the time."""

    settings: Outbound
    engine: Engine
    credentials: Credentials
    wechat: Client
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Done:
    """It was done. `outcome` is told to subscribers; `also` is written in the commit that ends the reaction."""

    note: str
    outcome: Outcome | None = None
    also: Callable[[Connection], None] | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """There was nothing to do; the note says why."""

    note: str


@dataclass(frozen=True, slots=True)
class Wait:
    """It is not time yet: try again at `until`, in Unix seconds; the note says what for."""

    until: float
    note: str


Answer = Done | Skipped | Wait
Reaction = Callable[[Context, Message], Answer]


@contextmanager
def open_context(settings: Outbound) -> Iterator[Context]:
    """Put together what the reactions of one process share; the database is brought up to date."""
    with open_database(settings) as engine, http_client(settings.wechat_api_base) as http:
        credentials = Credentials(settings.fernet_keys)
        transport = Transport(http, settings.timezone)
        tokens = Tokens(
            engine,
            credentials,
            transport,
            component_appid=settings.wechat_component_appid,
            component_secret=settings.wechat_component_secret.get_secret_value(),
        )
        yield Context(settings, engine, credentials, Client(transport, tokens, Turns(engine)))
