"""The one place that sends: a request out, a typed answer or one of our errors back. It knows no tokens."""

import json
import time
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from functools import partial
from zoneinfo import ZoneInfo

import httpcore2
import httpx2
import stamina

from handlers.wechat import answer, errors
from handlers.wechat.deadline import Hasty, within
from handlers.wechat.endpoint import Endpoint, File, Got, Sent, Upload
from handlers.wechat.error_codes import SHANGHAI
from handlers.wechat.errors import BUSY, TryLater, Unreachable, WeChatError
from handlers.wechat.outage import Outage

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Of these phases; the call as a whole has Endpoint.seconds.
CONNECT = POOL = 3.0
MOST_CONNECTIONS = 100
HEADERS = {"user-agent": "weaudit", "accept": "*/*", "accept-encoding": "gzip, deflate"}
JSON = {**HEADERS, "content-type": "application/json; charset=utf-8"}
# Nothing of these reached WeChat, so asking again cannot do anything twice.
BEFORE_SENDING = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
TOO_OFTEN = 45011
TRIES = 3
# Before the second try, in seconds; doubled before the third, with as much again at random.
PAUSE = 0.1


def http_client(api_base: str, most: int = MOST_CONNECTIONS) -> httpx2.Client:
    """Make the HTTP client: so many connections at most, no redirects (WeChat never sends one), within a deadline.

    It goes through the proxy of the environment, as WeChat's whitelist often demands, but not to this machine.
    """
    is_here = httpx2.URL(api_base).host in LOOPBACK
    # All are kept open between two calls: a worker's threads call one after another.
    limits = httpx2.Limits(max_connections=most, max_keepalive_connections=most)
    client = httpx2.Client(base_url=api_base, follow_redirects=False, trust_env=not is_here, limits=limits)
    # httpcore2 takes another way to the network, and httpx2 has no word to hand one on.
    for way in (client._transport, *client._mounts.values()):  # noqa: SLF001
        if isinstance(way, httpx2.HTTPTransport):
            pool = way._pool  # noqa: SLF001
            pool._network_backend = Hasty(pool._network_backend)  # noqa: SLF001
            pool.create_connection = partial(_closed_when_it_fails, pool.create_connection)  # type: ignore[method-assign]
    return client


def _closed_when_it_fails(
    create: Callable[[httpcore2.Origin], httpcore2.ConnectionInterface], origin: httpcore2.Origin
) -> httpcore2.ConnectionInterface:
    """Create a connection that gives its place back: one through a proxy would keep it for ever if TLS fails there."""
    connection = create(origin)
    send = connection.handle_request

    def send_or_close(request: httpcore2.Request) -> httpcore2.Response:
        try:
            return send(request)
        except httpcore2.ConnectionNotAvailable:  # somebody else was faster, and uses it
            raise
        except BaseException:
            connection.close()
            raise

    connection.handle_request = send_or_close  # type: ignore[method-assign]
    return connection


class Transport:
    """Sends requests to one API."""

    def __init__(
        self,
        http: httpx2.Client,
        timezone: ZoneInfo = SHANGHAI,
        clock: Callable[[], float] = time.time,
        pause: float = PAUSE,
        outage: Outage | None = None,
        *,
        connect: float = CONNECT,
        called: Callable[[str, int | None, float], None] = lambda *_: None,
    ) -> None:
        """Take the HTTP client (tests give one that answers by itself), a clock, a pause in seconds, an outage.

        `connect` is for how many seconds each address is tried.
        `called` is told of each call: its endpoint, WeChat's errcode or None, and the seconds that it took.
        """
        self._http = http
        self._base = str(http.base_url).rstrip("/")
        self._timezone = timezone
        self._clock = clock
        self._pause = pause
        self._outage = outage or Outage()
        self._connect = connect
        self._called = called
        self._resting: dict[tuple[str, str], float] = {}

    def send(
        self,
        endpoint: Endpoint[Sent, Got],
        request: Sent,
        query: Mapping[str, str],
        appid: str = "",
        *,
        repeats: bool = True,
    ) -> Got:
        """Send one request, for a mini program or for the platform, and read the answer, within Endpoint.seconds.

        What certainly did no harm is sent again, up to three times in all, if it may be repeated. When WeChat says that
        an endpoint is called too often, it is not called for that appid for a minute. Raises WeChatError for what
        WeChat refuses, and Unreachable for whatever WeChat would not have said.
        """
        self._heed_rest(endpoint, appid)
        try:
            if not repeats:
                return self._send(endpoint, request, query, endpoint.seconds)
            return self._send_repeatedly(endpoint, request, query)
        except TryLater as error:
            if error.code == TOO_OFTEN and error.again_at:
                self._resting[endpoint.path, appid] = error.again_at
            raise

    def _heed_rest(self, endpoint: Endpoint[Sent, Got], appid: str) -> None:
        until = self._resting.get((endpoint.path, appid), 0.0)
        if self._clock() < until:
            error = TryLater(endpoint.name, "too many calls this minute, so it was not called again", code=TOO_OFTEN)
            error.not_before(until, self._timezone)
            raise error

    def _send_repeatedly(self, endpoint: Endpoint[Sent, Got], request: Sent, query: Mapping[str, str]) -> Got:
        give_up = time.monotonic() + endpoint.seconds

        def once() -> Got:
            return self._send(endpoint, request, query, give_up - time.monotonic())

        def may_repeat(error: Exception) -> bool:
            if isinstance(error, Unreachable):
                return error.passes and (endpoint.safe or not error.sent)
            return isinstance(error, TryLater) and error.code == BUSY

        trying = stamina.RetryingCaller(
            attempts=TRIES, timeout=endpoint.seconds, wait_initial=self._pause, wait_jitter=self._pause
        )
        return trying.on(may_repeat)(once)

    def _send(self, endpoint: Endpoint[Sent, Got], request: Sent, query: Mapping[str, str], seconds: float) -> Got:
        began = time.monotonic()
        try:
            got = self._send_once(endpoint, request, query, seconds)
        except WeChatError as error:
            self._called(endpoint.name, error.code, time.monotonic() - began)
            (self._outage.not_answered if errors.is_away(error) else self._outage.answered)()
            raise
        self._called(endpoint.name, 0, time.monotonic() - began)
        self._outage.answered()
        return got

    def _send_once(self, endpoint: Endpoint[Sent, Got], request: Sent, query: Mapping[str, str], seconds: float) -> Got:
        response = self._exchange(endpoint, self._request(endpoint, request, query), seconds)
        said = answer.as_json(response)
        if said is not None and (refusal := errors.of_answer(endpoint.name, said, self._clock(), self._timezone)):
            raise refusal
        if said is None and _is_file(response) and issubclass(endpoint.answer, File):
            content_type = response.headers["content-type"]
            return endpoint.answer.model_validate({"content": response.content, "content_type": content_type})
        if said is None or not response.is_success:
            text = response.text[:200]
            problem = f"the answer (HTTP {response.status_code}) is not WeChat's"
            raise Unreachable(endpoint.name, problem, sent=True, text=text, passes=not response.is_success)
        return answer.read(endpoint, said)

    def _request(self, endpoint: Endpoint[Sent, Got], request: Sent, query: Mapping[str, str]) -> httpx2.Request:
        fields = request.fields()
        if isinstance(request, Upload):
            media = request.media
            form = {"media": (media.filename, media.content, media.content_type)}
            return httpx2.Request("POST", self._url(endpoint, {**query, **fields}), files=form, headers=HEADERS)
        if endpoint.method == "GET":
            return httpx2.Request("GET", self._url(endpoint, {**query, **fields}), headers=HEADERS)
        # WeChat refuses \u escapes (47002).
        body = json.dumps(fields, ensure_ascii=False).encode()
        return httpx2.Request("POST", self._url(endpoint, query), content=body, headers=JSON)

    def _url(self, endpoint: Endpoint[Sent, Got], query: Mapping[str, str]) -> str:
        # The client would take it apart and put it together three times: 0.2 ms of the 0.7 that a call takes.
        return f"{self._base}{endpoint.path}?{httpx2.QueryParams(query)}" if query else f"{self._base}{endpoint.path}"

    def _exchange(self, endpoint: Endpoint[Sent, Got], request: httpx2.Request, seconds: float) -> httpx2.Response:
        if seconds <= 0:
            raise Unreachable(endpoint.name, "WeChat was busy until no time was left", sent=False)
        phases = {"connect": self._connect, "pool": min(POOL, seconds), "read": seconds, "write": seconds}
        request.extensions["timeout"] = phases
        try:
            with within(seconds):
                return self._http.send(request)
        except BEFORE_SENDING as error:
            raise Unreachable(endpoint.name, f"WeChat cannot be reached: {type(error).__name__}", sent=False) from None
        except httpx2.TimeoutException:
            problem = f"WeChat did not answer within {endpoint.seconds:g} s"
            raise Unreachable(endpoint.name, problem, sent=True) from None
        except httpx2.HTTPError as error:
            raise Unreachable(endpoint.name, f"WeChat did not answer: {type(error).__name__}", sent=True) from None


def _is_file(response: httpx2.Response) -> bool:
    media_type = response.headers.get("content-type", "")
    is_text = media_type.startswith("text/") or "json" in media_type
    # A page or half a JSON of a proxy may have any label.
    is_page = response.content.removeprefix(BOM_UTF8).lstrip()[:1] in (b"<", b"{", b"")
    return response.is_success and bool(media_type) and not is_text and not is_page
