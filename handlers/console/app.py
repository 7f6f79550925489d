"""The console as a Starlette app: its pages, who may come in, and what stands before each page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette_admin.base import BaseAdmin
from starlette_admin.i18n import I18nConfig
from starlette_admin.routing import route
from starlette_admin.theme import DefaultTheme, TablerSettings

from handlers.console.accounts import SESSION, Accounts, accounts_of, session_key
from handlers.console.guard import COOKIE, LANGUAGES, Guard, Speaking
from handlers.console.ordering import Ordered
from handlers.console.page import Page, Store
from handlers.console.pages import causes, dead, mini_programs, ordered, overview, pushes, versions
from handlers.console.texts import words
from service.events.storable import storable
from service.pulse import Pulse
from service.settings import Policies

PATH = "/console"
HERE = Path(__file__).parent
STARLETTES = ("Not Found", "Method Not Allowed")


class MiniPrograms(Page):
    """The list of mini programs, and below it each of them."""

    @route("/{appid}", name="app")
    async def one(self, request: Request) -> Response:
        """Show one."""
        return await self.show(request, "app", partial(mini_programs.read_one, storable(request.path_params["appid"])))


class Pushes(Page):
    """The list of messages, and below it each of them."""

    @route("/{id}", name="push")
    async def one(self, request: Request) -> Response:
        """Show one."""
        return await self.show(request, "push", partial(pushes.read_one, storable(request.path_params["id"])))


def create_console(settings: Policies, engine: Engine, pulse: Pulse | None = None) -> Starlette:
    """Make the app; it needs accounts."""
    store, beating = Store(engine, settings), pulse or Pulse()
    admin = BaseAdmin(
        title="weaudit",
        base_url=PATH,
        templates_dir=str(HERE / "templates"),
        static_dir=str(HERE / "static"),
        index_view=Page(store, "overview", "/", "fa fa-gauge", overview.read),
        theme=DefaultTheme(TablerSettings(base="gray", primary="teal", radius=1)),
        auth_provider=Accounts(accounts_of(settings), engine),
        secret_key=session_key(settings),
        middlewares=[
            Middleware(
                SessionMiddleware,
                secret_key=session_key(settings),
                session_cookie="weaudit_console",
                max_age=SESSION,
                path=PATH,
                same_site="strict",
            ),
            Middleware(Speaking, language=settings.weaudit_language),
        ],
        i18n_config=I18nConfig(
            default_locale=settings.weaudit_language, language_cookie_name=COOKIE, language_switcher=list(LANGUAGES)
        ),
        timezone_config=None,
    )
    admin.templates.env.globals["console_error"] = error_text
    for page in (
        MiniPrograms(store, "apps", "/apps", "fa fa-store", mini_programs.read),
        Page(store, "reviews", "/versions", "fa fa-code-branch", versions.read),
        Pushes(store, "pushes", "/pushes", "fa fa-inbox", pushes.read),
        Page(store, "causes", "/causes", "fa fa-hand", causes.read),
        Page(store, "dead", "/dead", "fa fa-skull", dead.read),
        Page(store, "orders", "/orders", "fa fa-clipboard-list", ordered.read),
        Ordered(store),
    ):
        admin.add_view(page)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        beats = asyncio.create_task(beating.beat_with_the_loop())
        yield
        beats.cancel()

    app = Starlette(
        routes=[Route("/", _home), Route("/healthz", _healthz)],
        middleware=[Middleware(Guard)],
        lifespan=lifespan,
    )
    admin.mount_to(app)
    return app


def error_text(error: HTTPException) -> str:
    """Say what is wrong in the language of the page; what Starlette says itself is that there is no such page."""
    return words()["no_page"] if error.detail in STARLETTES else error.detail


async def _home(_: Request) -> Response:
    return RedirectResponse(f"{PATH}/")


async def _healthz(_: Request) -> Response:
    return PlainTextResponse("ok")
