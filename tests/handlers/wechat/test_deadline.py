import socket
import threading
import time
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
from handlers.wechat.endpoints import code, online
from handlers.wechat.endpoints.table import ENDPOINTS
from handlers.wechat.errors import Unreachable
from handlers.wechat.transport import Transport, http_client
from service.simulator.app import create_app
from tests.conftest import APP, Wechat
from tests.support.live import serving
from tests.support.servers import eventually

HASTY = replace(online.release, seconds=0.3)


@contextmanager
def listening(*, reads: bool = False) -> Iterator[tuple[str, list[socket.socket]]]:
    """Take connections and answer nothing, nor read, or very slowly; gives the URL and the connections."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            with suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])
                    while reads and taken[-1].recv(65_536):
                        time.sleep(0.01)

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


def test_an_address_that_does_not_answer_leaves_time_for_the_next_one(
    wechat: Wechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so does a slow name server: what one address may take is not the limit of all."""
    query, looked_up = {"access_token": wechat.world.grant(APP)}, socket.getaddrinfo

    def slowly(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        time.sleep(0.3)
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        # Of TEST-NET-1, where nobody is (RFC 5737).
        return [(*kind, ("192.0.2.1", port)), *looked_up(host, port, *args, **options)]

    with serving(create_app(wechat.simulator)) as url, http_client(url) as http:
        monkeypatch.setattr(socket, "getaddrinfo", slowly)
        Transport(http, connect=0.2).send(code.get_category, NoParameters(), query, repeats=False)
    assert wechat.called("get_category") == 1


@pytest.mark.parametrize("reads", [False, True])
def test_what_is_taken_too_slowly_is_given_up(*, reads: bool) -> None:
    """A picture that nobody reads fills what lies between, and then waits, or goes on bit by bit."""
    upload = next(each for each in ENDPOINTS if issubclass(each.request, Upload))
    # More than WeChat takes, and than the system keeps for who does not read.
    media = Media.model_construct(filename="x.png", content=bytes(30_000_000), content_type="image/png")
    picture = upload.request.model_construct(media=media)
    with listening(reads=reads) as (url, _), http_client(url) as http:
        with pytest.raises(Unreachable, match=r"within 0\.3 s") as error:
            Transport(http).send(replace(upload, seconds=0.3), picture, {}, repeats=False)
        assert error.value.sent


@pytest.mark.parametrize("ends", [True, False])
def test_a_proxy_behind_which_nobody_speaks_tls_is_asked_again_and_again(
    monkeypatch: pytest.MonkeyPatch, *, ends: bool
) -> None:
    """As long as that lasts: no failed call keeps a place from those after it."""

    def connect(listener: socket.socket, tunnels: list[socket.socket]) -> None:
        with suppress(OSError):
            while True:
                tunnels.append(listener.accept()[0])
                tunnels[-1].recv(4096)
                tunnels[-1].sendall(b"HTTP/1.1 200 established\r\n\r\n")
                if ends:
                    tunnels[-1].close()

    tunnels: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tunnelling = threading.Thread(target=connect, args=(listener, tunnels), daemon=True)
        tunnelling.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with http_client("https://api.weixin.example", most=1) as http:
            for _ in range(3):
                with pytest.raises(Unreachable) as error:
                    Transport(http).send(HASTY, NoParameters(), {}, repeats=False)
                assert "PoolTimeout" not in str(error.value)
        listener.shutdown(socket.SHUT_RDWR)
        tunnelling.join()
    for tunnel in tunnels:
        tunnel.close()
    assert len(tunnels) == 3


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
