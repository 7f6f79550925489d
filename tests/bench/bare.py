"""A bare Starlette endpoint on weaudit's own server settings: it reads the body and answers."""

import sys
import threading

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from handlers.listening import listen
from service.web.server import serve


async def answer(request: Request) -> Response:
    """Read and answer."""
    await request.body()
    return PlainTextResponse("success")


if __name__ == "__main__":
    app = Starlette(routes=[Route("/callback/message/{appid}", answer, methods=["POST"])])
    serve(app, listen("127.0.0.1", int(sys.argv[1])), threading.Event())
