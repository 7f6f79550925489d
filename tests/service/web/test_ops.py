import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
from sqlalchemy import Engine
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from service.pulse import Pulse
from service.store.connecting import connect
from service.store.credentials import Credentials
from service.web.app import create_app
from tests.conftest import FERNET, inbound
from tests.service.web.test_app import GOOD, make_app, post
from tests.support.live import serving
from tests.support.servers import eventually


def test_ops_can_ask_whether_it_lives_is_ready_and_what_it_counts(client: TestClient) -> None:
    """Three pages, in plain text."""
    post(client, GOOD)
    post(client, GOOD)
    client.post(GOOD.path)
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 200)
    numbers = client.get("/metrics").text
    assert "weaudit_log_lines_dropped_total" in numbers
    for line in (
        'weaudit_pushes_total{answer="stored",reason="",type="wechat.weapp_audit_success"} 1.0',
        'weaudit_pushes_total{answer="duplicate",reason="",type="wechat.weapp_audit_success"} 1.0',
        'weaudit_pushes_total{answer="refused",reason="query",type=""} 1.0',
        "weaudit_answer_seconds_count 3.0",
        "process_resident_memory_bytes",
        "weaudit_database_up 1.0",
        "weaudit_unpublished_pushes 1.0",
        'weaudit_reactions{queue="weaudit.release",state="waiting"} 1.0',
    ):
        assert line in numbers


def test_an_address_that_is_none_leaves_a_trace(client: TestClient) -> None:
    """Somebody typed it into WeChat's settings: the log says which it was, and which it has to be."""
    with capture_logs() as said:
        assert client.post("/callback/mesage/wx1?signature=x", content=b"<xml/>").status_code == 404
        assert client.post("/callback/message/$APPID$", params=GOOD.query, content=GOOD.body).status_code == 403
    wrong, refused = said
    assert (wrong["event"], wrong["path"]) == ("push.wrong_address", "/callback/mesage/wx1")
    assert (refused["event"], refused["appid"], refused["sender"]) == ("push.refused", "$APPID$", "testclient")
    assert 'answer="refused",reason="address"' in client.get("/metrics").text


def test_strangers_do_not_fill_the_log(client: TestClient) -> None:
    """Of a second ten of a kind are said, and what else there is to say is said all the same."""
    with capture_logs() as said:
        for _ in range(100):
            client.post("/callback/message/wx1", params={**GOOD.query, "msg_signature": "x"}, content=GOOD.body)
        client.post("/callback/message/wx1", content=GOOD.body)
        client.post("/callback/message/wx1", params=GOOD.query, content=GOOD.body)
    refused = [each["log_level"] for each in said if each.get("reason") == "BadSignature"]
    assert refused[:10] == ["warning"] * 10
    assert len(refused) == 100
    assert "debug" in refused
    assert [each["event"] for each in said[100:]] == ["push.refused", "push.stored"]
    assert "debug" not in {each["log_level"] for each in said[100:]}


def test_what_wechats_settings_have_wrong_is_noted(store: Engine, credentials: Credentials) -> None:
    """For check and status; a stranger, who cannot sign, is not believed."""
    pulse = Pulse()
    with TestClient(create_app(inbound(), store, credentials, pulse=pulse)) as client:
        client.post("/callback/mesage/wx1", params={"signature": "x", "timestamp": "1", "nonce": "2"})
        assert pulse.note == ""
        client.post("/callback/message/$APPID$", params=GOOD.query, content=GOOD.body)
        assert "/callback/message/$APPID$" in pulse.note
        client.post("/callback/mesage/wx1", params=GOOD.query, content=GOOD.body)
        assert "/callback/mesage/wx1" in pulse.note


def test_a_broken_database_is_a_number_too(tmp_path: Path) -> None:
    """Scraping goes on while the database does not answer."""
    engine = connect(f"sqlite:///{tmp_path}/empty.db")
    with TestClient(make_app(engine)) as client:
        assert "weaudit_database_up 0.0" in client.get("/metrics").text
    engine.dispose()


def test_a_probe_that_fails_or_hangs_is_named(store: Engine) -> None:
    """/readyz names each part that does not answer, and has at most one thread hanging."""
    release = threading.Event()
    hung: list[int] = []

    def fails() -> None:
        raise ConnectionError

    def hangs() -> None:
        hung.append(1)
        release.wait()

    probes = {"broker": fails, "slow": hangs}
    app = create_app(inbound(), store, Credentials([FERNET]), probes)
    with serving(app) as url, httpx2.Client(base_url=url, timeout=4) as client, ThreadPoolExecutor(2) as threads:
        for answer in threads.map(lambda _: client.get("/readyz"), range(2)):
            assert (answer.status_code, answer.text) == (503, "no answer from: broker, slow")
        assert hung == [1]
        release.set()


def test_many_may_ask_at_once_whether_it_is_ready(store: Engine) -> None:
    """Who asks while somebody else is asking gets the same answer."""
    asked: list[int] = []
    barrier = threading.Event()

    def slow_but_well() -> None:
        asked.append(1)
        barrier.wait(2)

    app = create_app(inbound(), store, Credentials([FERNET]), {"broker": slow_but_well})
    with serving(app) as url, httpx2.Client(base_url=url, timeout=4) as client, ThreadPoolExecutor(5) as threads:
        answers = [threads.submit(client.get, "/readyz") for _ in range(5)]
        eventually(lambda: asked, "the question")
        barrier.set()
        assert {answer.result().status_code for answer in answers} == {200}
