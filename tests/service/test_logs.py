import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from service import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Give what would go to stderr, and put logging back afterwards."""
    root = logging.getLogger()
    handlers, level, former = root.handlers, root.level, structlog.get_config()
    made = io.StringIO()
    logs.configure("DEBUG", "json", made)
    yield made
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**former)


def test_an_event_is_one_line_of_json(stream: io.StringIO) -> None:
    """Events are dotted names with fields; Chinese stays readable."""
    structlog.get_logger("service.x").info("push.stored", appid="wx1", nickname="茶")
    told = json.loads(stream.getvalue())
    assert (told["event"], told["level"], told["appid"], told["nickname"]) == ("push.stored", "info", "wx1", "茶")
    assert "茶" in stream.getvalue()


@pytest.mark.parametrize(
    "name", ["token", "access_token", "secret", "component_verify_ticket", "authorization_code", "password", "aes_key"]
)
def test_a_field_that_is_secret_by_name_is_removed(stream: io.StringIO, name: str) -> None:
    """Whoever logs a secret by mistake logs its absence."""
    structlog.get_logger("service.x").info("x", **{name: "hush"})
    assert "hush" not in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "GET https://api.weixin.qq.com/wxa/release?access_token=hush&x=1",
        'body {"component_appsecret": "hush", "authorization_code": "hush"}',
        "redis://user:hush@127.0.0.1:6379",
        "postgresql+psycopg://u:hush@h/db",
        "component_verify_ticket=hush",
    ],
)
def test_secrets_inside_texts_are_removed(stream: io.StringIO, text: str) -> None:
    """URLs and bodies in errors of libraries lose their secrets, in our log lines and in theirs."""
    structlog.get_logger("service.x").error("failed", error=text)
    logging.getLogger("some.library").error("could not %s", text)
    logging.getLogger("some.library").error("failed", exc_info=ValueError(text))
    assert stream.getvalue().count("[removed]") >= 3
    assert "hush" not in stream.getvalue()


def test_libraries_do_not_chatter(stream: io.StringIO) -> None:
    """What HTTP clients and brokers say of each request stays out of the log."""
    for library in ("httpx2", "kombu", "urllib3.connectionpool", "sqlalchemy.engine", "whatever"):
        logging.getLogger(library).debug("POST /secret")
        logging.getLogger(library).info("POST /secret")
    logging.getLogger("apprise").error("Unparseable URL json://secret")
    assert stream.getvalue() == ""


def test_people_at_a_terminal_get_columns() -> None:
    """The console form is no JSON."""
    made, former = io.StringIO(), structlog.get_config()
    logs.configure("INFO", "console", made)
    structlog.get_logger("service.x").info("push.stored", appid="wx1")
    assert "push.stored" in made.getvalue()
    assert not made.getvalue().startswith("{")
    logging.getLogger().handlers = []
    structlog.configure(**former)


def test_what_is_the_case_all_the_time_is_said_seldom_and_counted() -> None:
    """A full queue refuses thousands of messages, and one line a minute says so."""
    now = 0.0
    seldom = logs.Seldom(60.0, lambda: now)
    with capture_logs() as said:
        for second in range(150):
            now = float(second)
            seldom.warn(structlog.get_logger(), "it.is", times=2)
    assert [entry["times"] for entry in said] == [2, 120, 120]
