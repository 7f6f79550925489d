"""What a browser is told not to do, how large a form may be, and in which language a page is."""

import socket
from collections.abc import Iterator

import httpx2
import pytest
from sqlalchemy import Engine
from starlette.requests import HTTPConnection

from handlers.console.guard import language_of
from tests.support.console import Visitor, console, made


@pytest.fixture
def url(store: Engine) -> Iterator[str]:
    """Give the URL of a console."""
    with console(store) as at:
        yield at


@pytest.mark.parametrize("path", ["/login", "/", "/static/console.css", "/nowhere", "/order"])
def test_every_answer_has_its_guards(store: Engine, path: str) -> None:
    """No page of another host frames it, no script stands in it, and nothing is kept of it."""
    headers = Visitor(made(store)).get(path).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert headers["Cache-Control"] == ("private, max-age=3600" if "static" in path else "no-store")


def test_no_page_names_another_host_or_holds_a_script(store: Engine) -> None:
    """All that a page needs is here."""
    visitor = Visitor(made(store))
    pages = [visitor.get("/login").text, visitor.sign_in("zhang").text]
    pages += [visitor.get(path).text for path in ("/apps", "/versions", "/pushes", "/causes", "/dead", "/orders")]
    for page in pages:
        assert page.count("<script") == page.count('<script src="')
        assert "onclick" not in page
        for part in ('src="http', 'href="http'):
            rest = page.split(part)[1:]
            assert all(each.startswith("://127.0.0.1/console/") for each in rest)


def test_a_form_that_is_too_large_is_not_read(url: str) -> None:
    """Nor one that does not say how large it is."""
    assert httpx2.post(f"{url}/login", data={"username": "x" * 70_000}).status_code == 413
    assert httpx2.post(f"{url}/login", content=iter([b"username=x"])).status_code == 413


@pytest.mark.parametrize(
    ("cookie", "asked", "expected"),
    [
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "en-US,en;q=0.9,zh;q=0.8", "en"),
        ("", "de-DE,de;q=0.9", "zh"),
        ("", "", "zh"),
        ("en", "zh-CN", "en"),
        ("zh", "en", "zh"),
        ("xx", "en", "en"),
    ],
)
def test_a_page_speaks_as_somebody_chose_or_his_browser_asks(cookie: str, asked: str, expected: str) -> None:
    """And otherwise as it is set."""
    headers = [(b"accept-language", asked.encode()), (b"cookie", f"language={cookie}".encode())]
    assert language_of(HTTPConnection({"type": "http", "headers": headers}), "zh") == expected


def test_what_there_is_not_is_told_in_a_page(store: Engine) -> None:
    """In both languages."""
    for language, said in (("en", "knows nothing by that name"), ("zh", "没有该记录")):
        visitor = Visitor(made(store), language)
        visitor.sign_in("li")
        for path in ("/apps/wx9", "/pushes/ffffff"):
            answer = visitor.get(path)
            assert (answer.status_code, said in answer.text) == (404, True)


def test_a_form_that_dribbles_is_not_waited_for(url: str) -> None:
    """Who has not signed in holds a connection for a moment."""
    host, port = url.removeprefix("http://").removesuffix("/console").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(b"POST /console/login HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nusername=")
        assert b"408" in line.recv(100)
