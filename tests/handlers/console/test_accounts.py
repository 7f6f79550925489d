"""Who may come in, how often he may try, and when he has to sign in again."""

import re

import httpx2
import pytest
import time_machine
from sqlalchemy import Engine
from starlette.applications import Starlette

from handlers.console.accounts import SESSION
from handlers.console.passwords import hashed, is_right
from handlers.console.sign_ins import MOST_FAILURES, MOST_OF_ALL, MOST_REMEMBERED, WITHIN, SignIns
from service.settings import HASHED
from tests.support.console import PASSWORDS, Visitor, console, made

PAGES = ["/", "/apps", "/apps/wx0000000000000001", "/versions", "/pushes", "/pushes/abc", "/causes", "/dead", "/orders"]


@pytest.fixture
def app(store: Engine) -> Starlette:
    """Give a console."""
    return made(store)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_shown_to_strangers(app: Starlette, path: str) -> None:
    """They are led to the login page."""
    answer = Visitor(app).client.get(f"/console{path}", follow_redirects=False)
    assert (answer.status_code, "/login" in answer.headers["location"]) == (303, True)


@pytest.mark.parametrize("name", ["zhang", "li"])
def test_who_knows_his_password_comes_in(app: Starlette, name: str) -> None:
    """And is led to the page that he asked for."""
    visitor = Visitor(app)
    page = visitor.sign_in(name, path="/login?next=/console/orders")
    assert (page.status_code, page.url.path) == (200, "/console/orders")
    assert name in page.text


@pytest.mark.parametrize(
    ("name", "password"), [("zhang", "wrong"), ("nobody", "wrong"), ("zhang", "x" * 9000), ("", "")]
)
def test_who_does_not_know_it_stays_outside(app: Starlette, name: str, password: str) -> None:
    """He is not told which of the two was wrong."""
    answer = Visitor(app).sign_in(name, password or " ")
    assert (answer.status_code, "do not belong together" in answer.text) == (400, True)
    assert Visitor(app).get("/orders").url.path.endswith("/login")


def test_who_guesses_has_to_wait_and_others_have_not(app: Starlette) -> None:
    """After some wrong passwords, not even the right one is taken from there."""
    visitor = Visitor(app)
    for _ in range(MOST_FAILURES):
        visitor.sign_in("zhang", "wrong")
    answer = visitor.sign_in("zhang")
    assert (answer.status_code, "Too many wrong passwords" in answer.text) == (400, True)


def test_sign_ins_are_counted_by_address_for_a_while() -> None:
    """Of IPv6 by network; a success forgets, and no number of addresses fills the memory."""
    now = 0.0
    sign_ins = SignIns(lambda: now)
    for _ in range(MOST_FAILURES):
        sign_ins.failed("2001:db8::1", "zhang")
    assert sign_ins.closed_for("2001:db8::ffff", "zhang") == WITHIN
    assert sign_ins.closed_for("2001:db8::ffff", "li") == sign_ins.closed_for("2001:db8:0:1::1", "zhang") == 0
    now = WITHIN
    assert sign_ins.closed_for("2001:db8::1", "zhang") == 0
    for _ in range(MOST_FAILURES):
        sign_ins.failed("::ffff:10.0.0.1", "zhang")
    assert sign_ins.closed_for("10.0.0.1", "zhang") == WITHIN, "an IPv4 address in the clothes of IPv6"
    assert sign_ins.closed_for("::ffff:10.0.0.2", "zhang") == 0
    sign_ins.succeeded("10.0.0.1", "li")
    assert sign_ins.closed_for("10.0.0.1", "zhang") == WITHIN, "whoever has one account guesses no more of another"
    for number in range(MOST_OF_ALL):
        sign_ins.failed("10.0.0.9", f"name-{number}")
    assert sign_ins.closed_for("10.0.0.9", "somebody else") == WITHIN
    for number in range(MOST_REMEMBERED):
        sign_ins.failed(f"10.{number >> 8}.{number & 255}.1", "zhang")
    assert len(sign_ins._failures) == MOST_REMEMBERED


def test_a_session_ends_by_itself(app: Starlette) -> None:
    """However busy one was."""
    visitor = Visitor(app)
    with time_machine.travel(0, tick=True):
        visitor.sign_in("zhang")
    with time_machine.travel(SESSION - 60, tick=True):
        assert visitor.get("/orders").url.path == "/console/orders"
    with time_machine.travel(SESSION + 60, tick=True):
        assert visitor.get("/orders").url.path == "/console/login"


def test_who_signed_out_is_out_wherever_his_cookie_is(app: Starlette, store: Engine) -> None:
    """A cookie that somebody copied before is worth nothing after."""
    visitor, thief = Visitor(app), Visitor(app)
    visitor.sign_in("zhang")
    thief.client.cookies.update(visitor.client.cookies)
    assert thief.get("/orders").url.path == "/console/orders"
    token = visitor.token(visitor.get("/orders").text)
    visitor.client.post("/console/logout", data={"csrftoken": token})
    assert visitor.get("/orders").url.path == thief.get("/orders").url.path == "/console/login"
    elsewhere = Visitor(made(store))
    elsewhere.client.cookies.update(thief.client.cookies)
    assert elsewhere.get("/orders").url.path == "/console/login", "nor in another process, or after a restart"


def test_a_cookie_that_somebody_made_is_worth_nothing(app: Starlette) -> None:
    """It is signed; and one of before a password was changed is signed with another key."""
    visitor = Visitor(app)
    visitor.sign_in("zhang")
    kept = visitor.client.cookies["weaudit_console"]
    forger = Visitor(app)
    forger.client.cookies.set("weaudit_console", kept[:-4] + "AAAA")
    assert forger.get("/orders").url.path == "/console/login"


def test_a_changed_password_ends_all_sessions(store: Engine) -> None:
    """The key that signs them depends on it."""
    visitor = Visitor(made(store))
    visitor.sign_in("zhang")
    later = Visitor(made(store, console_password=hashed("another password", cost=10)))
    later.client.cookies.update(visitor.client.cookies)
    assert later.get("/orders").url.path == "/console/login"


def test_a_form_from_elsewhere_is_refused(app: Starlette) -> None:
    """Without the token of a page of ours nothing is ordered, nor anybody signed in."""
    visitor = Visitor(app)
    visitor.sign_in("zhang")
    for form in ({}, {"csrftoken": "made up"}):
        assert visitor.client.post("/console/order", data={"action": "pause", **form}).status_code == 403


def test_nobody_is_led_elsewhere_after_signing_in(app: Starlette) -> None:
    """`next` is a page of ours or nothing."""
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert "evil" not in str(Visitor(app).sign_in("zhang", path=f"/login?next={elsewhere}").url)


def test_cookies_are_for_the_console_alone_and_for_tls_where_there_is_tls(store: Engine) -> None:
    """No script reads the session, and no other site sends it."""
    tls = {"X-Forwarded-Proto": "https"}
    with console(store) as url:
        page = httpx2.get(f"{url}/login", headers=tls)
        form = {"username": "zhang", "password": PASSWORDS["zhang"], "csrftoken": Visitor.token(page.text)}
        cookie = {"Cookie": page.headers["set-cookie"].partition(";")[0]}
        answer = httpx2.post(f"{url}/login", data=form, headers={**tls, **cookie})
    (session,) = [each for each in answer.headers.get_list("set-cookie") if "weaudit_console" in each]
    assert {"httponly", "samesite=strict", "path=/console", "secure"} <= set(session.lower().split("; "))
    assert "Strict-Transport-Security" in answer.headers


def test_a_password_is_kept_as_a_hash_that_costs_something() -> None:
    """Each with a salt of its own, in the form that the settings look for."""
    kept = hashed("correct horse battery")
    assert re.fullmatch(HASHED, kept)
    assert kept.split(":")[1] == "15"
    assert kept != hashed("correct horse battery")
    assert is_right("correct horse battery", kept)
    assert not is_right("correct horse batterz", kept)
