"""The Starlette app: WeChat's two callbacks, and three pages for ops. Nothing here knows the platform's app secret."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from service.metrics import Metrics
from service.pulse import Pulse
from service.settings import Inbound
from service.store.credentials import Credentials
from service.store.inbox import Inbox
from service.store.measured import StoreMetrics
from service.threads import beside_the_loop
from service.web.authorized_page import authorized
from service.web.callbacks import MOST_IN_HAND, UNAVAILABLE, Callbacks, lock
from service.web.health import Health

log = structlog.get_logger(__name__)


class NotOpen(Exception):
    """Nothing can be stored yet."""


class EndingQuietly:
    """Answers 503 to requests that are cut off because the process ends; the server would answer 500."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            await Response(status_code=UNAVAILABLE)(scope, receive, send)


def create_app(
    settings: Inbound,
    engine: Engine,
    credentials: Credentials,
    probes: Mapping[str, Callable[[], None]] | None = None,
    *,
    most_in_hand: int = MOST_IN_HAND,
    is_open: Callable[[], bool] = lambda: True,
    metrics: Metrics | None = None,
    pulse: Pulse | None = None,
    serves_metrics: bool = True,
) -> Starlette:
    """Make the app. `probes` are parts besides the database that /readyz asks: each returns, or raises.

    Until `is_open` nothing is stored, because the database is away or not up to date yet. Unless it
    `serves_metrics`, they are served elsewhere, and not at /metrics.
    """
    numbers, beating = metrics or Metrics(), pulse or Pulse()
    if serves_metrics:
        numbers.registry.register(StoreMetrics(engine, settings.wechat_component_appid))
    opened: list[Inbox] = []

    def stores() -> None:
        if not is_open():
            raise NotOpen("the database is away, or not up to date yet")
        opened[-1].prove()

    health = Health({"database": stores, **(probes or {})})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        opened.append(Inbox(engine, credentials))
        beats = asyncio.create_task(beating.beat_with_the_loop())
        yield
        beats.cancel()
        await beside_the_loop(opened.pop().close, "inbox-close")

    callbacks = Callbacks(
        lock(settings), numbers, lambda: opened[-1], most_in_hand, is_open, note=partial(setattr, beating, "note")
    )
    methods = ["GET", "POST"]
    app = Starlette(
        routes=[
            *(
                # People type a slash at the end of an address. What is asked for most is looked for first.
                Route(f"{path}{end}", callbacks, methods=methods)
                for path in ("/callback/message/{appid}", "/callback/authorization")
                for end in ("", "/")
            ),
            Route("/callback{rest:path}", callbacks.answer_elsewhere, methods=methods),
            Route("/authorized", authorized),
            Route("/healthz", _healthz),
            Route("/readyz", _readyz(health)),
            *([Route("/metrics", _metrics(numbers.registry))] if serves_metrics else []),
        ],
        lifespan=lifespan,
        middleware=[Middleware(EndingQuietly)],
    )
    app.state.is_leaving = lambda: False
    app.router.redirect_slashes = False
    return app


async def _healthz(_: Request) -> Response:
    return PlainTextResponse("ok")


def _readyz(health: Health) -> Callable[[Request], Awaitable[Response]]:
    async def readyz(request: Request) -> Response:
        if request.app.state.is_leaving():
            return PlainTextResponse("this process is about to end", UNAVAILABLE)
        if silent := await health.silent():
            return PlainTextResponse(f"no answer from: {', '.join(silent)}", UNAVAILABLE)
        return PlainTextResponse("ready")

    return readyz


def _metrics(registry: CollectorRegistry) -> Callable[[Request], Awaitable[Response]]:
    one_at_a_time = asyncio.Lock()

    async def scrape(_: Request) -> Response:
        async with one_at_a_time:
            text = await beside_the_loop(lambda: generate_latest(registry), "metrics")
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return scrape
