"""How long it takes from a push to the first call at WeChat that it causes, when there is nothing else to do."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from typing import Any

import httpx2
from kombu import Connection as Broker
from kombu import Consumer, Queue

from handlers.context import open_context
from service.store.credentials import CredentialKind
from service.store.engine import database_time
from tests.bench import sides
from tests.bench.pushes import made
from tests.bench.sides import BROKER
from tests.conftest import outbound

PUSHES = 15
# In seconds, before each: nothing is left to do of the one before.
REST = 0.3
PATIENCE = 10.0


class Arrivals:
    """When a call came, by the token that it bears."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}
        self._came = threading.Condition()

    def note(self, path: str) -> None:
        """Note a call, of several with one token the first."""
        token = path.partition("access_token=")[2].partition("&")[0]
        with self._came:
            self._at.setdefault(token, time.perf_counter())
            self._came.notify_all()

    def of(self, token: str) -> float:
        """Wait for a call, and give its time. Raises TimeoutError."""
        with self._came:
            if not self._came.wait_for(lambda: token in self._at, PATIENCE):
                raise TimeoutError(f"no call with token {token}")
            return self._at[token]


@contextmanager
def wechat(arrivals: Arrivals) -> Iterator[str]:
    """Serve an API that knows no review of anybody, and notes who calls; gives its URL."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            arrivals.note(self.path)
            self.rfile.read(int(self.headers.get("content-length", 0)))
            said = b'{"errcode":85058,"errmsg":"no review"}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_POST = do_GET  # noqa: N815 the library's names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def ours(database: sides.Database, broker_url: str) -> float:
    """Give the median of milliseconds of a whole weaudit, in one process."""
    arrivals = Arrivals()
    with database() as url, wechat(arrivals) as api:
        with open_context(outbound(database_url=url, broker_url=broker_url, wechat_api_base=api)) as context:
            _give_tokens(context)
        with sides.up(url, broker_url, api) as port, httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
            return median(_each(lambda number, push: _push(client, number, push), arrivals))


def _push(client: httpx2.Client, number: int, push: tuple[dict[str, str], str]) -> None:
    query, body = push
    answer = client.post(f"/callback/message/{_appid(number)}", params=query, content=body.encode())
    assert answer.text == "success", answer.text


def hop_and_call() -> float:
    """Give those of a kombu message whose consumer calls an API: what cannot be left out."""
    arrivals, stop = Arrivals(), threading.Event()
    with wechat(arrivals) as api, Broker(BROKER) as connection, httpx2.Client() as client:
        queue = Queue("weaudit-bench-hop", auto_delete=True)

        def consume() -> None:
            def call(message: Any) -> None:
                client.get(f"{api}/x", params={"access_token": message.body})
                message.ack()

            with Broker(BROKER) as consuming, Consumer(consuming.default_channel, [queue], on_message=call):
                ready.set()
                while not stop.is_set():
                    try:
                        consuming.drain_events(timeout=0.2)
                    except TimeoutError:
                        continue

        ready = threading.Event()
        consumer = threading.Thread(target=consume)
        consumer.start()
        ready.wait(PATIENCE)
        producer = connection.Producer()
        try:
            return median(_each(lambda number, _: producer.publish(_appid(number), routing_key=queue.name), arrivals))
        finally:
            stop.set()
            consumer.join()


def _each(send: Callable[[int, tuple[dict[str, str], str]], Any], arrivals: Arrivals) -> Iterator[float]:
    for number, push in enumerate(made(PUSHES)):
        time.sleep(REST)
        began = time.perf_counter()
        send(number, push)
        yield (arrivals.of(_appid(number)) - began) * 1000


def _give_tokens(context: Any) -> None:
    """Let the token of each mini program be its appid."""
    with context.engine.begin() as connection:
        now = database_time(connection)
        life = {"issued_at": now, "expires_at": now + 7200}
        for appid in map(_appid, range(PUSHES)):
            context.credentials.keep(connection, CredentialKind.AUTHORIZER_TOKEN, appid, appid, **life)


def _appid(number: int) -> str:
    return f"wx{number:016d}"
