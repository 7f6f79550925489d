import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx2
import pytest
from sqlalchemy import Engine

from service.store.credentials import Credentials
from service.web.app import create_app
from service.web.connections import Bounded, raise_the_limit
from tests.conftest import APP, FERNET, inbound, sender
from tests.service.web.test_app import APPROVAL, make_app, post, slow
from tests.support.live import serving


class Few(Bounded):
    """A server that may have few files."""

    most = 5


class Impatient(Bounded):
    """A server that waits for a head for a moment."""

    head_within = 0.3


def port(url: str) -> int:
    """Give the port of a URL."""
    return int(url.rpartition(":")[2])


@pytest.fixture
def files() -> Iterator[None]:
    """Put the limits of this process back."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_who_says_nothing_makes_room_for_who_does(store: Engine) -> None:
    """The connection that was idle for longest is closed when there are too many."""
    push = sender().prepare(APPROVAL, APP)
    with serving(make_app(store), protocol=Few) as url, ExitStack() as lines:
        silent = [lines.enter_context(socket.create_connection(("127.0.0.1", port(url)), timeout=4)) for _ in range(20)]
        with httpx2.Client(base_url=url, timeout=4) as client:
            assert post(client, push).text == "success"
        assert silent[0].recv(1) == b""


def test_a_connection_in_use_is_not_closed_for_another(store: Engine) -> None:
    """Who waits for an answer keeps his line, though he came first."""
    push = sender().prepare(APPROVAL, APP)
    with serving(make_app(store), protocol=Few) as url, slow(url, push.query) as line, ExitStack() as lines:
        for _ in range(20):
            lines.enter_context(socket.create_connection(("127.0.0.1", port(url)), timeout=4))
        assert line.recv(100).startswith(b"HTTP/1.1 503")


def test_a_head_that_does_not_end_in_time_is_hung_up_on(store: Engine) -> None:
    """Whether nothing comes or a byte now and then; what is sent in time is answered, on the same line again."""
    with serving(make_app(store), protocol=Impatient) as url:
        with socket.create_connection(("127.0.0.1", port(url)), timeout=4) as line:
            assert line.recv(1) == b""
        with socket.create_connection(("127.0.0.1", port(url)), timeout=4) as line:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert line.recv(1000).endswith(b"ok")
            line.sendall(b"GET /healthz HTTP/1.1\r\n")
            assert line.recv(1) == b""


def unfinished(url: str) -> socket.socket:
    """Ask for something that needs no body, announce one, and send a byte of it after the answer."""
    line = socket.create_connection(("127.0.0.1", port(url)), timeout=4)
    line.sendall(b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n")
    assert line.recv(1000).startswith(b"HTTP/1.1 405")
    line.sendall(b"x")
    return line


def test_who_was_answered_before_its_body_came_is_hung_up_on(store: Engine) -> None:
    """A body that nobody needs keeps no line."""
    with serving(make_app(store), protocol=Impatient) as url, unfinished(url) as line:
        assert line.recv(1) == b""


def test_who_was_answered_and_goes_on_sending_makes_room(store: Engine) -> None:
    """Nobody waits for an answer there."""
    push = sender().prepare(APPROVAL, APP)
    with serving(make_app(store), protocol=Few) as url, ExitStack() as lines:
        for _ in range(8):
            lines.enter_context(unfinished(url))
        with httpx2.Client(base_url=url, timeout=4) as client:
            assert post(client, push).text == "success"


def test_headers_behind_a_body_are_not_collected(store: Engine) -> None:
    """They have no end, and nobody needs them."""
    with serving(make_app(store)) as url, socket.create_connection(("127.0.0.1", port(url)), timeout=4) as line:
        line.sendall(b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
        line.sendall(b"a: b\r\n" * 100)
        with suppress(ConnectionError):
            while line.recv(1000):
                pass


def test_the_limit_of_open_files_is_raised_as_far_as_it_may(files: None) -> None:  # noqa: ARG001 it is a fixture
    """And fewer connections are held than there are files."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    most = raise_the_limit()
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 256
    assert most < resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@contextmanager
def held_places(url: str, number: int) -> Iterator[None]:
    """Begin so many pushes whose body does not come, by somebody who cannot sign."""
    unsigned = {name: value for name, value in sender().prepare(APPROVAL, APP).query.items() if name != "signature"}
    with ExitStack() as lines:
        for _ in range(number):
            lines.enter_context(slow(url, unsigned))
        yield


def test_who_cannot_sign_takes_no_place_of_wechats(store: Engine) -> None:
    """While strangers hold all that they may, WeChat's pushes are stored."""
    with (
        serving(create_app(inbound(), store, Credentials([FERNET]))) as url,
        held_places(url, 100),
        httpx2.Client(base_url=url, timeout=4) as client,
    ):
        for second in range(20):
            push = sender().prepare({**APPROVAL, "SuccTime": second}, APP)
            assert post(client, push).text == "success"
