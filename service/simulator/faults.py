"""What goes wrong with calls, on demand: an error code, a late answer, or one that is lost or spoilt on its way."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from service.simulator.hang_up import HANG_UP

PAGE = "<html><head><title>Sign in</title></head><body>This network asks you to sign in.</body></html>"
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass
class Fault:
    """What goes wrong with the next `times` calls of an endpoint, by its path or the end of it, or without one of all.

    `errcode`: refused with it, and not done. `delay`: answered so many seconds late. `answer`: the call is done, unless
    `done` is false, and then the connection is dropped, or half the answer comes, or a page of somebody else's.
    `empties`: a field of the answer, at any depth, that is an empty text.
    """

    endpoint: str
    times: int = 1
    errcode: int | None = None
    delay: float = 0.0
    answer: Literal["drop", "half", "html", "502"] | None = None
    empties: str = ""
    done: bool = True

    def check(self, paths: Iterable[str]) -> None:
        """Check that it can happen.

        Raises ValueError.
        """
        if not any(self.hits(path) for path in paths):
            raise ValueError(f"endpoint: {self.endpoint} is the end of no path")
        if self.answer not in (None, "drop", "half", "html", "502"):
            raise ValueError("answer is one of drop, half, html, 502")

    def hits(self, path: str) -> bool:
        """Return whether a path is meant."""
        return not self.endpoint or path.endswith(f"/{self.endpoint.lstrip('/')}")

    async def spoil(self, request: Request, response: Response) -> Response:
        """Make of the answer what arrives."""
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.empties:
            return JSONResponse(_emptied(json.loads(bytes(response.body)), self.empties))
        match self.answer:
            case "drop":
                return HungUp(request)
            case "half":
                return Half(response)
            case "html":
                return HTMLResponse(PAGE)
            case "502":
                return HTMLResponse(BAD_GATEWAY, 502)
            case None:
                return response


def _emptied(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_emptied(item, name) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: "" if key == name else _emptied(item, name) for key, item in value.items()}


class HungUp(Response):
    """No answer at all."""

    def __init__(self, request: Request) -> None:
        """Take the request, whose connection ends."""
        super().__init__()
        self._request = request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """End the connection, and wait until it has ended."""
        del send
        scope["extensions"][HANG_UP]["now"]()
        while (await receive())["type"] != "http.disconnect":
            pass


class Half(Response):
    """Half an answer, and then the connection ends."""

    def __init__(self, whole: Response) -> None:
        """Take the whole answer."""
        super().__init__()
        self._whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise the whole and send a half."""
        del scope, receive
        body = bytes(self._whole.body)
        await send({"type": "http.response.start", "status": 200, "headers": self._whole.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
