"""A group chat that people are told in, and that may be deaf."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response


class Chat:
    """A group chat that listens."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.deaf: set[str] = set()
        self.url = ""

    async def take(self, request: Request) -> Response:
        """Hear what people are told."""
        room = request.path_params["room"]
        if room in self.deaf:
            return Response(status_code=500)
        self.told.append({"room": room, **await request.json()})
        return Response()
