"""A console beside a test: its accounts, a store that is filled, and somebody who signs in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from sqlalchemy import Engine, insert
from starlette.applications import Starlette
from starlette.testclient import TestClient

from handlers.console.app import create_console
from handlers.console.passwords import hashed
from service.settings import Policies, given
from service.store.engine import database_time, reading
from service.store.tables import attempts, mini_programs, pushes, reviews
from tests.conftest import values
from tests.support.live import serving

PASSWORDS = {"zhang": "correct horse battery", "li": "look and do not touch"}
# Cheap ones: what a guess costs is specified once.
HASHES = {name: hashed(password, cost=10) for name, password in PASSWORDS.items()}
STATES = ("in_review", "approved", "rejected", "released", "released", "withdrawn", "conflict", "planned")
DAY = 86_400


def settings(engine: Engine, **changes: Any) -> Policies:
    """Give the settings of a console over a database."""
    accounts = {
        "console_username": "zhang",
        "console_password": HASHES["zhang"],
        "console_viewer_username": "li",
        "console_viewer_password": HASHES["li"],
    }
    url = engine.url.render_as_string(hide_password=False)
    return given(Policies, **values(database_url=url, **{**accounts, **changes}))


@contextmanager
def console(engine: Engine, **changes: Any) -> Iterator[str]:
    """Serve the console on a socket; gives its URL."""
    with serving(create_console(settings(engine, **changes), engine)) as url:
        yield f"{url}/console"


def made(engine: Engine, **changes: Any) -> Starlette:
    """Make a console that is asked without a socket."""
    return create_console(settings(engine, **changes), engine)


class Visitor:
    """Somebody with a browser that shows nothing."""

    def __init__(self, app: Starlette, language: str = "en") -> None:
        headers = {"Accept-Language": language}
        self.client = TestClient(app, headers=headers, base_url="http://127.0.0.1", client=("127.0.0.1", 5000))

    def sign_in(self, name: str, password: str = "", path: str = "/login") -> httpx2.Response:
        """Fill in the form of the login page."""
        token = self.token(self.client.get("/console/login").text)
        form = {"username": name, "password": password or PASSWORDS[name], "csrftoken": token}
        return self.client.post(f"/console{path}", data=form)

    def get(self, path: str) -> httpx2.Response:
        """Look at a page."""
        return self.client.get(f"/console{path}")

    def order(self, path: str, **form: Any) -> httpx2.Response:
        """Click a button that a page has."""
        token = self.token(self.get(path).text)
        return self.client.post("/console/order", data={"csrftoken": token, **form})

    @staticmethod
    def token(page: str) -> str:
        """Find the token of a form."""
        found = re.search(r'name="csrftoken" value="([^"]+)"', page)
        return found[1] if found else ""


def fill(engine: Engine, number: int) -> None:
    """Fill a store with so many mini programs, each with a version and the push of its verdict."""
    with reading(engine) as connection:
        now = database_time(connection)
    apps = [
        {
            "appid": f"wx{n:016d}",
            "authorized": n % 50 != 0,
            "nickname": f"小店{n}",
            "user_name": f"gh_{n:012d}",
            "principal_name": f"第{n}有限公司",
            "changed_at": now,
        }
        for n in range(number)
    ]
    versions = [
        {
            "appid": app["appid"],
            "state": STATES[n % len(STATES)],
            "user_version": f"1.{n}",
            "auditid": 400_000_000 + n,
            "submitted_at": now - n,
            "changed_at": now - n,
            "asked_at": now,
            "reason": "1:内容不符合规则:<br>(1):无运营内容<br>" if STATES[n % len(STATES)] == "rejected" else "",
        }
        for n, app in enumerate(apps)
    ]
    kinds = ("wechat.weapp_audit_success", "wechat.weapp_audit_fail", "weaudit.released")
    told = [
        {
            "id": f"{n:032x}",
            "type": kinds[n % 3],
            "appid": app["appid"],
            "routing_key": "x",
            "body": '{"data":{"reasons":[{"title":"内容不符合规则","details":["无运营内容"]}]}}',
            "received_at": now - (n % 13) * DAY,
        }
        for n, app in enumerate(apps)
    ]
    done = [
        {
            "push_id": push["id"],
            "queue": "weaudit.notify",
            "state": "dead" if n % 100 == 7 else "done",
            "tries": 1,
            "due_at": now,
            "note": "NOTIFY_URLS: nobody was reached" if n % 100 == 7 else "told",
            "changed_at": now,
        }
        for n, push in enumerate(told)
    ]
    with engine.begin() as connection:
        for table, rows in ((mini_programs, apps), (reviews, versions), (pushes, told), (attempts, done)):
            connection.execute(insert(table), rows)
