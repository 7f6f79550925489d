import io
import json
import logging
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator

import pytest
import structlog

from service import logs
from service.log_writer import LogWriter
from service.shapes_chinese import CHINESE as SHAPES
from tests.support.servers import eventually


class Written(io.StringIO):
    """What would go to stderr, when all of it is written."""

    def getvalue(self) -> str:
        """Give it."""
        logs.flush()
        return super().getvalue()


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Give what would go to stderr, and put logging back afterwards."""
    root = logging.getLogger()
    handlers, level, former = root.handlers, root.level, structlog.get_config()
    root.handlers = []
    made = Written()
    logs.configure("DEBUG", "json", made)
    yield made
    root.handlers[0].close()
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
        "postgresql+psycopg://u:hush@hush@h/db",
        "amqp://u:hush/hush@h//",
        "amqp://u:hush'hush@h//",
        "postgresql+psycopg://h/db?user=u&password=hush",
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
    made, former = Written(), structlog.get_config()
    logs.configure("INFO", "console", made)
    structlog.get_logger("service.x").info("push.stored", appid="wx1")
    assert "push.stored" in made.getvalue()
    assert not made.getvalue().startswith("{")
    logging.getLogger().handlers = []
    structlog.configure(**former)


@pytest.mark.parametrize(
    "example", ["amqp://user:password@host:5672//", "postgresql+psycopg://用户:密码@主机/库名", SHAPES["broker_url"]]
)
def test_what_a_url_looks_like_is_said_whole(example: str) -> None:
    """In the sentence that says what is wrong with one; a password is none of these words."""
    assert logs.scrub(example) == example
    assert "s3cret" not in logs.scrub(example.replace(":password@", ":s3cret@").replace(":密码@", ":s3cret@"))


def test_each_line_is_written_once_and_in_its_order_however_many_wait() -> None:
    """Also those behind which somebody waits for the writing, and the last before the end."""
    pipe = Stalled()
    writer = LogWriter(pipe)
    for number in range(250):
        writer.put(str(number))
    pipe.is_read.set()
    writer.flush()
    assert pipe.getvalue().split() == [str(number) for number in range(250)]
    writer.put("last")
    writer.close()
    eventually(lambda: pipe.getvalue().endswith("last\n"), "the last line")


def test_processes_that_share_a_pipe_tear_no_line() -> None:
    """A pipe takes PIPE_BUF bytes whole; of a terminal that was left non-blocking no line is lost."""
    program = (
        "import os, sys\n"
        "from service.log_writer import LogWriter\n"
        "os.set_blocking(2, False)\n"
        "writer = LogWriter(sys.stderr)\n"
        "for number in range(3000): writer.put(sys.argv[1] * 60)\n"
        "writer.flush()\n"
        "while writer._waiting.qsize(): writer.flush()\n"
    )
    came_out, goes_in = os.pipe()
    processes = [
        subprocess.Popen([sys.executable, "-c", program, letter], stderr=goes_in) for letter in ("a", "b", "\u4e2d")
    ]
    os.close(goes_in)
    with open(came_out, encoding="utf-8") as read:  # noqa: PTH123 a descriptor has no path
        lines = read.read().splitlines()
    assert all(process.wait() == 0 for process in processes)
    assert Counter(lines) == {"a" * 60: 3000, "b" * 60: 3000, "\u4e2d" * 60: 3000}


class Stalled(io.StringIO):
    """A pipe that nobody reads, until somebody does."""

    def __init__(self) -> None:
        """Stall."""
        super().__init__()
        self.is_read = threading.Event()

    def write(self, text: str) -> int:
        """Wait until somebody reads."""
        self.is_read.wait()
        return super().write(text)


def test_a_log_that_nobody_reads_holds_up_nobody_and_says_later_what_it_lost() -> None:
    """Who logs goes on; what does not fit is dropped, counted, and told of when somebody reads again."""
    pipe = Stalled()
    writer = LogWriter(pipe, most_waiting=10)
    for number in range(1000):
        writer.handle(logging.LogRecord("x", logging.WARNING, "", 0, "line %d", (number,), None))
    assert writer.dropped >= 1000 - 22
    pipe.is_read.set()
    writer.flush()
    writer.close()
    written = pipe.getvalue()
    assert written.startswith("line 0\n")
    told = [int(number) for number in re.findall(r"log.dropped: (\d+) lines", written)]
    assert sum(told) == writer.dropped == 1000 - written.count("line ")


@pytest.mark.parametrize(
    "text",
    [
        "check the app secret: it is wrong",
        "secretary: somebody",
        "no ticket: WeChat pushes one every ten minutes",
        "the password: nobody knows it",
    ],
)
def test_words_that_only_sound_secret_stay(text: str) -> None:
    """A sentence about a secret holds none."""
    assert logs.scrub(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "secret=s3cr",
        "'secret': 'abcdef'",
        '"ticket": "abc"',
        "ticket: t1cket",
        "access_token=abc&x=1",
        "password: hunter2",
    ],
)
def test_secrets_go_however_they_are_written(text: str) -> None:
    """In a query, in JSON, or in a sentence."""
    assert "[removed]" in logs.scrub(text)
