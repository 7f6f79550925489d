import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from handlers.wechat.endpoint import Media, NoParameters, Upload
from handlers.wechat.endpoints import online
from handlers.wechat.endpoints.table import ENDPOINTS
from handlers.wechat.errors import Unreachable
from handlers.wechat.transport import Transport, http_client
from tests.support.live import serving
from tests.support.servers import eventually

HASTY = replace(online.release, seconds=0.3)


@contextmanager
def listening() -> Iterator[tuple[str, list[socket.socket]]]:
    """Take connections, and neither read from them nor answer; gives the URL and the connections."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            with suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])

        taking = threading.Thread(target=take, daemon=True)
        taking.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", taken
        listener.shutdown(socket.SHUT_RDWR)
        taking.join()
    for connection in taken:
        connection.close()


def test_who_answers_nothing_is_given_up_and_may_have_done_what_was_asked() -> None:
    """The request was sent."""
    with listening() as (url, _), http_client(url) as http:
        with pytest.raises(Unreachable, match=r"within 0\.3 s") as error:
            Transport(http).send(HASTY, NoParameters(), {})
        assert error.value.sent


def test_a_name_that_nobody_looks_up_in_time_is_given_up_and_its_connection_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing was sent, and nothing is when the name server answers at last."""
    answers, looked_up = threading.Event(), socket.getaddrinfo

    def slowly(host: Any, *args: Any, **options: Any) -> Any:
        answers.wait(30)
        return looked_up(host, *args, **options)

    with listening() as (url, taken), http_client(url) as http:
        monkeypatch.setattr(socket, "getaddrinfo", slowly)
        with pytest.raises(Unreachable) as error:
            Transport(http).send(HASTY, NoParameters(), {}, repeats=False)
        assert not error.value.sent
        answers.set()
        eventually(lambda: bool(taken), "the connection")
        taken[0].settimeout(10)
        assert taken[0].recv(1) == b""


def test_what_is_taken_too_slowly_is_given_up() -> None:
    """A picture that nobody reads fills what lies between, and then waits."""
    upload = next(each for each in ENDPOINTS if issubclass(each.request, Upload))
    # More than WeChat takes, and than the system keeps for who does not read.
    media = Media.model_construct(filename="x.png", content=bytes(30_000_000), content_type="image/png")
    picture = upload.request.model_construct(media=media)
    with listening() as (url, _), http_client(url) as http:
        with pytest.raises(Unreachable, match=r"within 0\.3 s") as error:
            Transport(http).send(replace(upload, seconds=0.3), picture, {}, repeats=False)
        assert error.value.sent


def test_a_proxy_of_the_environment_is_gone_through_within_the_same_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """WeChat's whitelist often demands one."""
    asked: list[str] = []

    def answer(request: Request) -> JSONResponse:
        asked.append(f"{request.headers['host']} {request.url.path}")
        return JSONResponse({"errcode": 0})

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])
    with serving(app) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with http_client("http://api.weixin.example") as http:
            Transport(http).send(online.release, NoParameters(), {"access_token": "T"})
    assert asked == ["api.weixin.example /wxa/release"]
    with listening() as (silent, _):
        monkeypatch.setenv("HTTP_PROXY", silent)
        with http_client("http://api.weixin.example") as http, pytest.raises(Unreachable, match=r"within 0\.3 s"):
            Transport(http).send(HASTY, NoParameters(), {})
