"""What the specifications share: real stores, a real simulator, settings, and an end to everything they start."""

import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog
from cryptography.fernet import Fernet
from sqlalchemy import Engine, create_engine, text
from starlette.testclient import TestClient

from crypto.envelope import aes_key
from handlers.context import Context
from handlers.wechat.client import Client
from handlers.wechat.renewal import PATIENCE
from handlers.wechat.tokens import Tokens
from handlers.wechat.transport import Transport
from service.settings import Inbound, Outbound, given
from service.simulator.app import create_app
from service.simulator.counts import Limits
from service.simulator.sender import Sender
from service.simulator.simulator import Simulator
from service.simulator.world import World
from service.store.connecting import connect
from service.store.credentials import CredentialKind, Credentials
from service.store.heartbeat import Heartbeat
from service.store.migrating import migrate
from service.store.tables import metadata
from tests.support.servers import need

COMPONENT = "wxcomponent0000000"
SECRET = "anappsecret"
TOKEN = "atoken"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP = "wx0000000000000001"
FERNET = Fernet.generate_key().decode()
SAMPLES = Path(__file__).parent / "samples"


# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("weaudit", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("weaudit")

# Texts are compared in English, wherever the tests run.
os.environ["LC_ALL"] = "C.UTF-8"

# What runs beside a test must not log into the output of the command that is tested.
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))


@contextmanager
def postgresql() -> Iterator[str]:
    """Give an empty database of the PostgreSQL of this machine, and remove it afterwards."""
    need(5432, "PostgreSQL")
    name = f"weaudit_test_{secrets.token_hex(6)}"
    admin = create_engine("postgresql+psycopg://postgres@127.0.0.1:5432/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:5432/{name}"
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def migrated(url: str) -> Engine:
    """Open a database and make its tables."""
    made = connect(url)
    migrate(made)
    return made


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Say which tests run beside each other."""
    from tests.support.scheduling import Apart  # noqa: PLC0415 who runs one test needs none of it

    return Apart(config, log)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/weaudit.db"
    else:
        with postgresql() as url:
            yield url


@pytest.fixture(scope="session")
def tables_in_postgresql() -> Iterator[Engine]:
    """Give a PostgreSQL database with its tables; who uses it empties them."""
    with postgresql() as url:
        made = migrated(url)
        yield made
        made.dispose()


@pytest.fixture(scope="session")
def tables_in_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an SQLite file with its tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "tables.db"
    migrated(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Give a database of each kind, with its tables."""
    if request.param == "sqlite":
        yield request.getfixturevalue("store")
        return
    made: Engine = request.getfixturevalue("tables_in_postgresql")
    yield made
    with made.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)}"))


@pytest.fixture
def store(tmp_path: Path, tables_in_sqlite: Path) -> Iterator[Engine]:
    """Give an SQLite database with its tables, where the kind of database makes no difference."""
    shutil.copy(tables_in_sqlite, tmp_path / "store.db")
    made = connect(f"sqlite:///{tmp_path}/store.db")
    yield made
    made.dispose()


def environment(**changes: str) -> dict[str, str]:
    """Give the environment of a process: the settings of the tests, and nothing of ours."""
    settings = {name.upper(): str(value) for name, value in values(**changes).items()}
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **settings}


@pytest.fixture
def credentials() -> Credentials:
    """Give the encryption of secrets at rest."""
    return Credentials([FERNET])


def values(**changes: Any) -> dict[str, Any]:
    """Give settings in the words of an env file."""
    return {
        "wechat_component_appid": COMPONENT,
        "wechat_component_secret": SECRET,
        "wechat_token": TOKEN,
        "wechat_encoding_aes_key": KEY,
        "secrets_key": FERNET,
        "notify_gather": "0",
        **changes,
    }


def inbound(**changes: Any) -> Inbound:
    """Give the settings of the side that faces the internet."""
    return given(Inbound, **values(**changes))


def outbound(**changes: Any) -> Outbound:
    """Give the settings of the side that calls WeChat."""
    return given(Outbound, **values(**changes))


def sender(base: str = "http://127.0.0.1:1") -> Sender:
    """Give what seals pushes for the platform of the tests."""
    return Sender(base=base, token=TOKEN, key=aes_key(KEY), component_appid=COMPONENT, pause=0.05)


class Silent(Simulator):
    """WeChat's servers without the post: tests deliver what they want delivered."""

    def push(self, fields: Any, appid: str = "", again: int = 0) -> None:
        """Send nothing."""


class Wechat:
    """WeChat's servers, one authorized mini program, and the platform's calls to them; time is the test's to change."""

    def __init__(self, engine: Engine, credentials: Credentials, settings: Outbound) -> None:
        self.now = time.time()
        self.simulator = Silent(World(COMPONENT, SECRET, lambda: self.now, limits=Limits(privacy_check=0)), sender())
        self.world = self.simulator.world
        self.http = TestClient(create_app(self.simulator))
        transport = Transport(self.http, clock=lambda: self.now, pause=0.0)
        self.engine, self.credentials, self.settings = engine, credentials, settings
        self.heartbeat = Heartbeat(engine, lambda _: self.now, lambda: self.now)
        self.client = Client(transport, self.tokens(transport), self.heartbeat)
        self.context = self.over(self.client)

    def over(self, client: Client) -> Context:
        """Make what reacts over a client."""
        now = lambda _: self.now  # noqa: E731
        here = lambda: self.now  # noqa: E731
        return Context(self.settings, self.engine, self.heartbeat, self.credentials, client, here, now, here)

    def tokens(self, transport: Transport, patience: float = PATIENCE) -> Tokens:
        """Make the platform's tokens, fetched on a way of the test's own."""
        return Tokens(
            self.engine,
            self.heartbeat,
            self.credentials,
            transport,
            component_appid=COMPONENT,
            component_secret=SECRET,
            clock=lambda: self.now,
            patience=patience,
        )

    def give_ticket(self) -> None:
        """Let a verify ticket arrive."""
        ticket = self.world.new_ticket()
        with self.engine.begin() as connection:
            self.credentials.keep(
                connection, CredentialKind.TICKET, COMPONENT, ticket, issued_at=self.now, expires_at=self.now + 43_200
            )

    def authorize(self, appid: str = APP, nickname: str = "一杯茶") -> None:
        """Let a mini program's refresh token be known."""
        self.world.authorize(appid, nickname)
        with self.engine.begin() as connection:
            refresh = self.world.apps[appid].refresh_token
            self.credentials.keep(connection, CredentialKind.REFRESH_TOKEN, appid, refresh, issued_at=self.now)

    def called(self, endpoint: str) -> int:
        """Count the calls of an endpoint."""
        return sum(call.endpoint == endpoint for call in self.simulator.api.calls)


@pytest.fixture
def make_wechat(store: Engine, credentials: Credentials) -> Callable[..., Wechat]:
    """Make WeChat's servers with a ticket and an authorized mini program, for given settings."""

    def make(**changes: Any) -> Wechat:
        # A verdict is not left to its push, so that a look is enough.
        wechat = Wechat(store, credentials, outbound(**{"reconcile_after": "1", **changes}))
        wechat.give_ticket()
        wechat.authorize()
        return wechat

    return make


@pytest.fixture
def wechat(make_wechat: Callable[..., Wechat]) -> Wechat:
    """Give WeChat's servers with default settings."""
    return make_wechat()
