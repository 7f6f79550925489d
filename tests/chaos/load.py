"""WeChat's pushes at a steady rate: each is sent again until it is accepted, as WeChat does a few times."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import httpx2

from service.simulator.sender import Sealed
from tests.conftest import sender

APP = "wxload0000000001"
EVENT = "user_enter_tempsession"
THREADS = 64
GIVE_UP = 8.0
AGAIN_AFTER = 0.3


def from_user(who: str, appid: str = APP) -> Sealed:
    """Seal a push that says that somebody opened a chat."""
    fields: dict[str, Any] = {"ToUserName": "gh_load", "FromUserName": who, "CreateTime": int(time.time())}
    return sender().prepare({**fields, "MsgType": "event", "Event": EVENT}, appid)


class Load:
    """Sends pushes of which no two are alike, and remembers what was answered, and how late at worst."""

    def __init__(self, url: str, rate: float) -> None:
        self._url = url
        self._rate = rate
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._no_more = threading.Event()
        self.sent: set[str] = set()
        self.accepted: set[str] = set()
        self.busy = 0
        self.broken = 0
        self.others: set[int] = set()
        self.worst = 0.0
        self._http = httpx2.Client(timeout=GIVE_UP, trust_env=False, limits=httpx2.Limits(max_connections=THREADS))
        self._pool = ThreadPoolExecutor(THREADS)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop at once."""
        self._no_more.set()
        self._stop.set()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._http.close()

    def finish(self, seconds: float = 20.0) -> None:
        """Send no new ones, and wait until those that were sent are accepted."""
        self._no_more.set()
        self._thread.join()
        until = time.monotonic() + seconds
        while self.sent - self.accepted and time.monotonic() < until:
            time.sleep(0.05)

    def _run(self) -> None:
        began = time.monotonic()
        for number in range(10**9):
            if self._no_more.is_set():
                return
            self.sent.add(f"o{number:08}")
            self._pool.submit(self._send, f"o{number:08}")
            time.sleep(max(0.0, began + (number + 1) / self._rate - time.monotonic()))

    def _send(self, who: str) -> None:
        push = from_user(who)
        while not self._stop.is_set():
            began, status = time.monotonic(), 0
            try:
                response = self._http.post(f"{self._url}{push.path}", params=push.query, content=push.body)
                status = response.status_code
            except (httpx2.ConnectError, httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError):
                began = time.monotonic()
                self.broken += 1
            except httpx2.HTTPError:
                status = 0
            with self._lock:
                self.worst = max(self.worst, time.monotonic() - began)
                self.busy += status == 503
                self.others |= {status} - {0, 200, 503}
            if status == 200:
                self.accepted.add(who)
                return
            self._stop.wait(AGAIN_AFTER)
