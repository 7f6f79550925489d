"""What stands before each page: which language, how large a body may be, and what a browser must not do with a page."""

import asyncio
from collections.abc import MutableMapping, Sequence
from types import MappingProxyType
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_admin.i18n import set_locale

from handlers.console.accounts import SessionsAway
from handlers.console.texts import WORDS
from service.language import Language

LARGEST_FORM = 1 << 16
# In seconds.
FORM_WITHIN = 5.0
LANGUAGES: Sequence[Language] = ("en", "zh")
COOKIE = "language"
# Charts and their library write styles into the page; nothing comes from another host, and no script stands in a page.
HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "X-Robots-Tag": "noindex",
    }
)


class Guard:
    """Middleware for all that the console serves."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what is guarded."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_secure = scope.get("scheme") == "https"

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _guard(message, is_static="/static/" in scope["path"], is_secure=is_secure)
            await send(message)

        if scope["method"] == "POST" and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            await PlainTextResponse("this form is not of the console", 403)(scope, receive, guarded)
            return
        length = headers.get("content-length", "")
        if scope["method"] == "POST" and not (length.isdecimal() and int(length) <= LARGEST_FORM):
            await PlainTextResponse("a form has a length, of at most 64 KiB", 413)(scope, receive, guarded)
            return
        if scope["method"] == "POST":
            try:
                receive = _given(await _whole(receive), receive)
            except TimeoutError:
                await PlainTextResponse("the form came too slowly", 408)(scope, receive, guarded)
                return
        try:
            await self._app(scope, receive, guarded)
        except SessionsAway:
            said = "\n".join(WORDS[language]["database_away"] for language in LANGUAGES)
            await PlainTextResponse(said, 503)(scope, receive, guarded)


class Speaking:
    """Middleware that chooses the language of a page: as somebody chose it, as his browser asks, or as it is set."""

    def __init__(self, app: ASGIApp, language: Language) -> None:
        """Take the pages, and the language of those who ask for none that there is."""
        self._app = app
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http":
            set_locale(language_of(HTTPConnection(scope), self._language))
        await self._app(scope, receive, send)


async def _whole(receive: Receive) -> bytes:
    """Read a body, all of it within a moment: who has not signed in holds no connection. Raises TimeoutError."""
    parts = []
    async with asyncio.timeout(FORM_WITHIN):
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                return b"".join(parts)


def _given(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read to who reads it."""
    first = [True]

    async def given() -> Message:
        if first:
            first.clear()
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return given


def language_of(asked: HTTPConnection, otherwise: Language) -> Language:
    """Return the language that a browser asks for; its first choices stand first."""
    wanted = [asked.cookies.get(COOKIE, ""), *asked.headers.get("accept-language", "").lower().split(",")]
    begins = [each.strip()[:2] for each in wanted]
    return next((language for each in begins for language in LANGUAGES if each == language), otherwise)


def _guard(message: MutableMapping[str, Any], *, is_static: bool, is_secure: bool) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers[name] = value
    headers["Cache-Control"] = "private, max-age=3600" if is_static else "no-store"
    if is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
        raw = message["headers"]
        message["headers"] = [
            (name, value + b"; secure" if name.lower() == b"set-cookie" and b"secure" not in value.lower() else value)
            for name, value in raw
        ]
