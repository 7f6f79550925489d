import signal
import socket
import sqlite3
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from sqlalchemy import Engine, create_engine, func, select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from crypto.signature import sign
from service.simulator import events
from service.simulator.sender import Sealed
from service.store.connecting import connect
from service.store.credentials import Credentials
from service.store.engine import reading
from service.store.migrating import migrate
from service.store.tables import pushes
from service.web.app import create_app
from service.web.callbacks import LARGEST_PUSH
from tests.conftest import APP, COMPONENT, FERNET, TOKEN, inbound, sender
from tests.support.live import serving
from tests.support.servers import eventually, own_postgresql

APPROVAL = events.audit_success("gh_1", 1_500_000_000)


def make_app(engine: Engine) -> Starlette:
    """Make the app over a database."""
    return create_app(inbound(), engine, Credentials([FERNET]))


def post(client: httpx2.Client, push: Sealed, **changes: str) -> httpx2.Response:
    """Post a sealed push."""
    return client.post(push.path, params={**push.query, **changes}, content=push.body)


def kept(engine: Engine) -> int:
    """Count the pushes that are kept."""
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(pushes)).scalar_one()


def test_a_push_is_answered_success_once_it_is_stored(client: TestClient, store: Engine) -> None:
    """The answer is the bare word, to a repetition too, and there is one row."""
    push = sender().prepare(APPROVAL, APP)
    for _ in range(3):
        answer = post(client, push)
        assert (answer.status_code, answer.text) == (200, "success")
    assert kept(store) == 1


def test_the_same_push_five_times_at_once_is_one_row(store: Engine) -> None:
    """Over real sockets, each sealed anew as WeChat does: all are answered success, one is kept."""
    with (
        serving(make_app(store)) as url,
        httpx2.Client(base_url=url, timeout=4) as client,
        ThreadPoolExecutor(5) as threads,
    ):
        answers = threads.map(lambda _: post(client, sender().prepare(APPROVAL, APP)).text, range(5))
        assert list(answers) == ["success"] * 5
    assert kept(store) == 1


def test_both_urls_take_pushes(client: TestClient, store: Engine) -> None:
    """Authorizations come to one URL, events of mini programs to the other."""
    assert post(client, sender().prepare(events.ticket(COMPONENT, 1, "t"))).text == "success"
    assert post(client, sender().prepare(APPROVAL, APP)).text == "success"
    assert kept(store) == 2


GOOD = sender().prepare(APPROVAL, APP)


def test_one_byte_more_than_a_mebibyte_is_too_much(client: TestClient) -> None:
    """The limit holds whether the length is announced or not."""
    body = b"x" * (LARGEST_PUSH + 1)
    assert client.post(GOOD.path, content=body).status_code == 413
    assert client.post(GOOD.path, params=GOOD.query, content=iter([body])).status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_allowed(client: TestClient, method: str) -> None:
    """WeChat posts, and gets to check the URL."""
    for path in ("/callback/authorization", f"/callback/message/{APP}"):
        assert client.request(method, path).status_code == 405


@pytest.mark.parametrize("path", ["/callback/authorization", f"/callback/message/{APP}"])
def test_the_echo_is_answered_only_after_the_signature(client: TestClient, path: str) -> None:
    """A GET is WeChat asking whether the URL is ours."""
    stamp = str(int(time.time()))
    query = {"timestamp": stamp, "nonce": "1", "echostr": "4375120948345356249", "signature": sign(TOKEN, stamp, "1")}
    assert client.get(path, params=query).text == "4375120948345356249"
    for wrong in ({}, {**query, "signature": "0"}, {**query, "nonce": "2"}):
        answer = client.get(path, params=wrong)
        assert (answer.status_code, answer.content) == (403, b"")


def test_a_push_that_cannot_be_stored_in_time_is_answered_503_and_taken_later(tmp_path: Path) -> None:
    """SQLite locked by somebody else: 503 within 4 s, and success when the lock is gone, without a restart."""
    engine = connect(f"sqlite:///{tmp_path}/x.db")
    migrate(engine)
    with serving(make_app(engine)) as url, httpx2.Client(base_url=url, timeout=4) as client:
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        answer = post(client, GOOD)
        assert (answer.status_code, answer.content) == (503, b"")
        other.execute("ROLLBACK")
        other.close()
        assert post(client, GOOD).text == "success"
    assert kept(engine) == 1
    engine.dispose()


def test_a_postgresql_that_dies_or_freezes_is_survived(tmp_path: Path) -> None:
    """Frozen, then killed: 503 within 4 s each time, /readyz names it, and it comes back without a restart."""
    with own_postgresql(tmp_path) as server:
        url = f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/postgres"
        create_engine(url).dispose()
        engine = connect(url)
        eventually(lambda: _migrated(engine), "the database")
        with serving(make_app(engine)) as base, httpx2.Client(base_url=base, timeout=4) as client:
            assert post(client, sender().prepare(events.audit_success("gh_1", 1), APP)).text == "success"

            server.signal(signal.SIGSTOP)
            answer = post(client, sender().prepare(events.audit_success("gh_1", 2), APP))
            assert (answer.status_code, answer.content) == (503, b"")
            assert client.get("/healthz").text == "ok"
            assert client.get("/readyz").text == "no answer from: database"
            server.signal(signal.SIGCONT)
            eventually(lambda: _stored(client, 2), "the storing of push 2")

            server.kill()
            answer = post(client, sender().prepare(events.audit_success("gh_1", 3), APP))
            assert (answer.status_code, answer.content) == (503, b"")
            server.start()
            eventually(lambda: _stored(client, 3), "the storing of push 3")
            eventually(lambda: client.get("/readyz").status_code == 200, "readiness")
        assert kept(engine) == 3
        engine.dispose()


def _migrated(engine: Engine) -> bool:
    try:
        migrate(engine)
    except Exception:  # noqa: BLE001 it starts up
        return False
    return True


def _stored(client: httpx2.Client, number: int) -> bool:
    try:
        return post(client, sender().prepare(events.audit_success("gh_1", number), APP)).text == "success"
    except httpx2.TimeoutException:
        pytest.fail("no answer within 4 s")


def test_who_sends_too_slowly_is_answered_too(store: Engine) -> None:
    """A body that does not arrive is given up within 4 s."""
    with serving(make_app(store)) as url, socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as line:
        line.settimeout(4)
        line.sendall(
            f"POST {GOOD.path}?{urlencode(GOOD.query)} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n<".encode()
        )
        assert line.recv(100).startswith(b"HTTP/1.1 503")


def slow(url: str, query: Mapping[str, str]) -> socket.socket:
    """Begin a push whose body does not come."""
    line = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=4)
    line.sendall(f"POST {GOOD.path}?{urlencode(query)} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n<".encode())
    return line


def test_the_number_of_pushes_in_hand_is_bounded(store: Engine) -> None:
    """One more than may be in hand is told to come back, at once; who has not come within a second makes room."""
    with (
        serving(create_app(inbound(), store, Credentials([FERNET]), most_in_hand=3)) as url,
        httpx2.Client(base_url=url, timeout=4) as client,
    ):
        lines = [slow(url, GOOD.query) for _ in range(3)]
        eventually(lambda: post(client, GOOD).status_code == 503, "a refusal")
        eventually(lambda: post(client, GOOD).status_code == 200, "room for one more")
        for line in lines:
            line.close()


def test_who_cannot_be_wechat_is_refused_before_the_body_is_read(store: Engine) -> None:
    """Without the parameters of a signature, or with stale ones, nobody takes a place."""
    with serving(make_app(store)) as url:
        for query in ({}, {**GOOD.query, "timestamp": "1500000000"}):
            with slow(url, query) as line:
                assert line.recv(100).startswith(b"HTTP/1.1 403")


def test_a_head_without_end_is_hung_up_on(store: Engine) -> None:
    """Headers are bounded, and the others are still served."""
    with serving(make_app(store)) as url, httpx2.Client(base_url=url, timeout=4) as client:
        with slow(url, {}) as line:
            line.recv(100)
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=4) as line:
            line.sendall(b"POST / HTTP/1.1\r\nX: ")
            with pytest.raises(OSError, match=r"reset|pipe|aborted"):
                line.sendall(b"a" * 64_000_000)
        large = sender().prepare({"Event": "x", "Content": "x" * 600_000}, APP)
        assert post(client, large).text == "success", "a large push in one piece is none of that"


def test_the_head_method_is_nothing_we_know(client: TestClient) -> None:
    """No surprise."""
    assert client.head("/callback/authorization").status_code == 405
