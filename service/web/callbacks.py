"""WeChat's two callbacks: `success` once a push is committed, and to everything else the contract's bare codes."""

import asyncio
import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from service.events import tracing
from service.events.from_wechat import Unrecognised
from service.metrics import Metrics
from service.seldom import Some
from service.settings import Inbound
from service.store.inbox import Entry, Inbox, Overloaded
from service.web import publish_check_reply, push
from service.web.push import Lock, Push, PushRefused

log = structlog.get_logger(__name__)

LARGEST_PUSH = 1 << 20
# WeChat hangs up after 5 s and we promise 4: what is not read and committed by then is answered 503.
ANSWER_WITHIN = 3.5
# WeChat sends a push in one piece; who dribbles does not keep a place for long.
READ_WITHIN = 1.0
# Bodies of up to 1 MiB that are being read or wait for their commit: of those who have signed the query, as WeChat
# does, and of all others, who shall not keep WeChat's out.
MOST_IN_HAND = 256
MOST_UNSIGNED = 16
# Lines of a second, of each kind: neither a storm of WeChat's nor strangers fill the disk that pushes are kept on.
MOST_LINES = 100
MOST_LINES_OF_REFUSED = 10
NOT_STORED = {TimeoutError: "timeout", Overloaded: "busy", ClientDisconnect: "disconnect"}
REFUSED = 403
UNAVAILABLE = 503
SUCCESS = PlainTextResponse("success")


def lock(settings: Inbound) -> Lock:
    """Gather what opens a push."""
    return Lock(
        token=settings.wechat_token.get_secret_value(),
        keys=settings.aes_keys,
        component_appid=settings.wechat_component_appid,
        max_age=settings.max_push_age,
    )


class _TooLarge(Exception):
    """The body has more bytes than any push of WeChat's."""


class Callbacks:
    """The endpoints that WeChat calls: an ASGI application, so that a push passes no layer that it does not need."""

    def __init__(
        self,
        lock: Lock,
        metrics: Metrics,
        inbox: Callable[[], Inbox],
        most_in_hand: int,
        is_open: Callable[[], bool],
        *,
        note: Callable[[str], None],
    ) -> None:
        """Take what opens a push, where to count, the inbox, how many pushes to hold, and if the database is open.

        `note` is told what a person should know.
        """
        self._note = note
        self._lock = lock
        self._metrics = metrics
        self._kept, self._sent_away = Some(MOST_LINES), Some(MOST_LINES_OF_REFUSED)
        self._inbox = inbox
        self._is_open = is_open
        self._in_hand = {True: 0, False: 0}
        self._most_in_hand = {True: most_in_hand, False: min(MOST_UNSIGNED, most_in_hand)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer WeChat: `success` once a push is committed, and to everything else the contract's bare codes."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "GET":
            return self._answer_echo(request)
        if request.method != "POST":
            return Response(status_code=405, headers={"Allow": "GET, POST"})
        if int(request.headers.get("content-length", "0")) > LARGEST_PUSH:
            return Response(status_code=413)
        if not self._is_open():
            return self._unavailable("database")
        query = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
        is_signed = push.is_signed(query, self._lock)
        if self._in_hand[is_signed] >= self._most_in_hand[is_signed]:
            return self._unavailable("busy")
        return await self._take(request, query, is_signed=is_signed)

    async def _take(self, request: Request, query: Mapping[str, str], *, is_signed: bool) -> Response:
        self._in_hand[is_signed] += 1
        began = time.monotonic()
        try:
            async with asyncio.timeout(READ_WITHIN) as deadline:
                return await self._receive(request, query, deadline)
        except PushRefused as refusal:
            return self._refused(request, refusal)
        except _TooLarge:
            return Response(status_code=413)
        except (TimeoutError, Overloaded, ClientDisconnect) as error:
            return self._unavailable(NOT_STORED[type(error)])
        finally:
            self._in_hand[is_signed] -= 1
            self._metrics.answer_seconds.observe(time.monotonic() - began)

    async def _receive(self, request: Request, query: Mapping[str, str], deadline: asyncio.Timeout) -> Response:
        appid = request.path_params.get("appid")
        began = asyncio.get_running_loop().time()
        push.check_query(query, self._lock, time.time(), appid)
        body = await _body(request.receive)
        deadline.reschedule(began + ANSWER_WITHIN)
        try:
            with tracing.within(request.headers.get("traceparent")):
                received = push.read(query, body, self._lock, time.time(), appid)
            is_new = await self._inbox().store(Entry(received.message, received.secrets))
        except (PushRefused, Overloaded):
            raise
        except Exception as error:  # noqa: BLE001 the sender never sees an error of ours, and sends again
            said = {"error": str(error), "kind": type(error).__name__}
            self._sent_away.log(log.error, log.debug, "push.not_stored", **said)
            return self._unavailable("store")
        event = "push.stored" if is_new else "push.duplicate"
        message = received.message
        self._kept.log(log.info, log.debug, event, id=message.id, type=message.type, appid=message.subject)
        reason = ""
        if isinstance(message.data, Unrecognised):
            reason = "unrecognised"
            if is_new:
                told = {"event_name": message.data.event, "problem": message.data.problem}
                self._kept.log(log.warning, log.debug, "push.unrecognised", id=message.id, **told)
        self._metrics.count("stored" if is_new else "duplicate", reason, message.type)
        return self._success(received, query)

    def _success(self, received: Push, query: Mapping[str, str]) -> Response:
        """Answer `success`, or what WeChat's publish check waits for."""
        tested = publish_check_reply.answer(received, self._lock, nonce=query["nonce"], now=int(time.time()))
        if tested is None:
            return SUCCESS
        return Response(tested, media_type="text/xml" if tested else "text/plain")

    def _answer_echo(self, request: Request) -> Response:
        try:
            return PlainTextResponse(push.check_echo(request.query_params, self._lock, time.time()))
        except PushRefused as refusal:
            return self._refused(request, refusal)

    async def answer_elsewhere(self, request: Request) -> Response:
        """Answer 404 where WeChat's settings name an address of ours that is none, and leave a trace of it."""
        self._note_an_address(request)
        right = "/callback/authorization, or /callback/message/$APPID$"
        self._sent_away.log(log.warning, log.debug, "push.wrong_address", **_whence(request), set_it_to=right)
        self._metrics.count("refused", "address")
        return Response(status_code=404)

    def _note_an_address(self, request: Request) -> None:
        """Note what WeChat's settings have wrong, if it is WeChat that asks: `weaudit check` and `status` show it."""
        if push.is_signed(request.query_params, self._lock):
            self._note(f"WeChat calls {request.url.path[:100]}, which is none of weaudit's addresses")

    def _refused(self, request: Request, refusal: PushRefused) -> Response:
        if refusal.reason == "path":
            self._note_an_address(request)
        self._sent_away.log(
            log.warning, log.debug, "push.refused", reason=refusal.reason, detail=str(refusal), **_whence(request)
        )
        self._metrics.count("refused", refusal.reason)
        return Response(status_code=REFUSED)

    def _unavailable(self, reason: str) -> Response:
        self._sent_away.log(log.warning, log.debug, "push.unavailable", reason=reason)
        self._metrics.count("unavailable", reason)
        return Response(status_code=UNAVAILABLE)


async def _body(receive: Receive) -> bytes:
    """Read a body. Raises ClientDisconnect, _TooLarge."""
    body = b""
    while True:
        part = await receive()
        if part["type"] == "http.disconnect":
            raise ClientDisconnect
        body += bytes(part.get("body", b""))
        if len(body) > LARGEST_PUSH:
            raise _TooLarge
        if not part.get("more_body", False):
            return body


def _whence(request: Request) -> Mapping[str, str]:
    """Name whom a request came from, and for what: for whoever has to correct an address."""
    sender = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "")[:100]
    known = {"path": request.url.path[:200], "appid": str(request.path_params.get("appid", ""))[:64]}
    return {**known, "sender": sender, **({"forwarded_for": forwarded} if forwarded else {})}
