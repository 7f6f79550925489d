"""A page: what it reads of the store, in one go beside the loop, and the template that shows it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from babel.support import LazyProxy
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates
from starlette_admin import CustomView
from starlette_admin.flash import get_flashed_messages
from starlette_admin.routing import route

from handlers.console import shown
from handlers.console.accounts import UNAVAILABLE
from handlers.console.texts import language, words
from handlers.operators.known import Unknown
from service.events.storable import storable
from service.language import Language
from service.settings import Policies
from service.store.engine import AWAY, reading
from service.threads import beside_the_loop

NOT_FOUND = 404
# Of a list, so many are shown at once.
PAGE = 50
LONGEST_NUMBER = 18
# So many look at the database at once; the others wait for them, and WeChat's pushes for none.
LOOKING = asyncio.Semaphore(4)


class Store(NamedTuple):
    """What pages read, and by which policies."""

    engine: Engine
    settings: Policies


class Asked(NamedTuple):
    """What a page is asked for: an open connection, the policies, the query, and the language."""

    connection: Connection
    settings: Policies
    query: Mapping[str, str]
    language: Language

    def number(self, name: str) -> int | None:
        """Return a number of the query; None if there is none."""
        return number(self.query.get(name, ""))

    def text(self, name: str) -> str:
        """Return a text of the query, as somebody may have pasted it."""
        return storable(self.query.get(name, "").strip()[:128])


def number(text: str) -> int | None:
    """Read a number that a database can hold; None if it is none."""
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER else None


Read = Callable[[Asked], Mapping[str, Any]]


class Page(CustomView):
    """A page in the menu; `read` says what of the store it shows."""

    def __init__(self, store: Store, name: str, path: str, icon: str, read: Read) -> None:
        """Take the store, the name (of its template and of its words), where it is, and what it reads."""
        super().__init__(
            menu_label=cast("str", LazyProxy(lambda: words()[name], enable_cache=False)),
            icon=icon,
            path=path,
            route_name="index" if path == "/" else name,
        )
        self.store, self.name, self._read = store, name, read

    @route("")
    async def index(self, request: Request) -> Response:
        """Show the page."""
        return await self.show(request, self.name, self._read)

    async def show(self, request: Request, template: str, read: Read) -> Response:
        """Read, and show it by a template. Raises HTTPException."""
        spoken, query = language(), dict(request.query_params)

        def look() -> Mapping[str, Any]:
            with reading(self.store.engine) as connection:
                return read(Asked(connection, self.store.settings, query, spoken))

        try:
            async with LOOKING:
                found = await beside_the_loop(look, "console-read")
        except Unknown:
            raise HTTPException(NOT_FOUND, words()["unknown"]) from None
        except (DBAPIError, *AWAY):
            raise HTTPException(UNAVAILABLE, words()["database_away"]) from None
        common = {
            "title": f"{words()[self.name]} · weaudit",
            "heading": words()[self.name],
            "w": words(),
            "shown": shown.Shown(self.store.settings.timezone, spoken),
            "query": query,
            "us": self.store.settings.wechat_component_appid,
            "may_order": request.state.admin_user.may_order,
        }
        context = {**common, **found, "flashed_messages": get_flashed_messages(request)}
        return cast("Jinja2Templates", self.templates).TemplateResponse(request, f"{template}.html", context)

    def is_active(self, request: Request) -> bool:
        """Tell whether this page, or one below it, is being looked at."""
        path = request.scope["path"].removeprefix(request.scope.get("root_path", "")).rstrip("/")
        return path == self.path.rstrip("/") or (self.path != "/" and path.startswith(f"{self.path}/"))


def following(rows: Any, key: Callable[[Any], Any]) -> Any:
    """Return the key after which the next page of a list begins; None if this was the last."""
    return key(rows[-1]) if len(rows) == PAGE else None
