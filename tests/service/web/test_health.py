import signal
import sqlite3
import threading
from pathlib import Path

import httpx2
from sqlalchemy import Engine, create_engine, text
from starlette.testclient import TestClient

from service.store.connecting import connect
from service.store.credentials import Credentials
from service.store.migrating import migrate
from service.store.opened import make_ready
from service.web.app import create_app
from tests.conftest import APP, FERNET, inbound, sender
from tests.service.web.test_app import APPROVAL, make_app, post
from tests.support.live import is_ready, serving
from tests.support.servers import eventually, own_postgresql


def test_until_the_database_is_open_it_lives_and_is_not_ready(store: Engine) -> None:
    """WeChat is told to come back, and an orchestrator to wait."""
    is_open = threading.Event()
    app = create_app(inbound(), store, Credentials([FERNET]), is_open=is_open.is_set)
    with TestClient(app) as client:
        assert client.get("/healthz").status_code == 200
        assert (client.get("/readyz").status_code, client.get("/readyz").text) == (503, "no answer from: database")
        assert post(client, sender().prepare(APPROVAL, APP)).status_code == 503
        is_open.set()
        assert client.get("/readyz").status_code == 200
        assert post(client, sender().prepare(APPROVAL, APP)).text == "success"


def test_a_database_that_takes_no_writes_is_not_ready(tmp_path: Path) -> None:
    """Locked by somebody: what can be read says nothing about what can be kept."""
    engine = connect(f"sqlite:///{tmp_path}/x.db")
    migrate(engine)
    with serving(make_app(engine)) as url:
        eventually(lambda: is_ready(url), "readiness")
        lock = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        eventually(lambda: not is_ready(url), "the end of readiness")
        lock.execute("ROLLBACK")
        lock.close()
        eventually(lambda: is_ready(url), "readiness again")
    engine.dispose()


def test_what_refuses_pushes_and_nothing_else_is_not_ready(store: Engine) -> None:
    """A write of our own would succeed."""
    with store.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON pushes BEGIN SELECT RAISE(ABORT, 'no room'); END")
        )
    with serving(make_app(store)) as url, httpx2.Client(base_url=url, timeout=6) as client:
        assert post(client, sender().prepare(APPROVAL, APP)).status_code == 503
        assert not is_ready(url)


def test_a_server_that_was_read_only_is_written_to_when_it_is_writable_again(tmp_path: Path) -> None:
    """Sessions that were opened meanwhile would stay read-only for ever: they are left."""
    with own_postgresql(tmp_path) as server:
        engine = connect(f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/postgres")
        make_ready(engine, [FERNET], threading.Event())
        admin = create_engine(engine.url, isolation_level="AUTOCOMMIT")

        def switch(setting: str) -> None:
            with admin.connect() as connection:
                connection.execute(text(f"ALTER DATABASE postgres SET default_transaction_read_only = {setting}"))
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                if setting == "on":
                    connection.execute(text(f"{others} AND backend_type = 'client backend'"))

        with serving(make_app(engine)) as url, httpx2.Client(base_url=url, timeout=6) as client:
            push = sender().prepare(APPROVAL, APP)
            assert post(client, push).text == "success"
            switch("on")
            eventually(lambda: post(client, push).status_code == 503, "a refusal")
            eventually(lambda: not is_ready(url), "the end of readiness")
            with admin.connect() as connection:
                connection.execute(text("SET default_transaction_read_only = off"))
                connection.execute(text("ALTER DATABASE postgres SET default_transaction_read_only = off"))
            eventually(lambda: post(client, push).text == "success", "the storing of a push")
            eventually(lambda: is_ready(url), "readiness again")
        for each in (engine, admin):
            each.dispose()


def test_a_frozen_database_is_not_ready_and_is_again_afterwards(tmp_path: Path) -> None:
    """It neither refuses nor answers."""
    with own_postgresql(tmp_path) as server:
        engine = connect(f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/postgres")
        make_ready(engine, [FERNET], threading.Event())
        with serving(make_app(engine)) as url:
            eventually(lambda: is_ready(url), "readiness")
            server.signal(signal.SIGSTOP)
            eventually(lambda: not is_ready(url), "the end of readiness")
            server.signal(signal.SIGCONT)
            eventually(lambda: is_ready(url), "readiness again")
        engine.dispose()
