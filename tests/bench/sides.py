"""The sides that are compared: processes that are started for a measure and ended after it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from service.settings import Outbound
from tests.conftest import COMPONENT, KEY, TOKEN, environment, migrated, postgresql
from tests.support.live import is_ready
from tests.support.servers import free_port

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
PYTHON = ROOT / ".venv" / "bench" / "bin" / "python"
BROKER = "amqp://guest:guest@127.0.0.1:5672//"
DATABASES = ("SQLite", "PostgreSQL")
Database = Callable[[], AbstractContextManager[str]]


@contextmanager
def running(command: list[str], port: int | None, env: Mapping[str, str], log: IO[str] | None = None) -> Iterator[int]:
    """Run a command until the block ends, and wait until it listens; gives its pid."""
    process = subprocess.Popen(
        command, env=dict(env), stdout=log or subprocess.DEVNULL, stderr=log or subprocess.DEVNULL, cwd=ROOT
    )
    try:
        deadline = time.monotonic() + 30
        while port and not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(command[:4])} … does not run")
            time.sleep(0.02)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        tried.settimeout(0.2)
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def database(kind: str) -> Iterator[str]:
    """Give an empty database."""
    if kind == "PostgreSQL":
        with postgresql() as url:
            yield url
    else:
        with TemporaryDirectory(prefix="weaudit-bench-") as folder:
            yield f"sqlite:///{folder}/bench.db"


@contextmanager
def bare() -> Iterator[int]:
    """Serve the bare endpoint; gives its port."""
    port = free_port()
    with running([sys.executable, "-m", "tests.bench.bare", str(port)], port, os.environ):
        yield port


@contextmanager
def made(kind: str) -> Iterator[str]:
    """Give a database with its tables, as each start but the first finds it."""
    with database(kind) as url:
        migrated(url).dispose()
        yield url


@contextmanager
def web(database: Database) -> Iterator[int]:
    """Serve weaudit's callbacks from one process; gives its port when it can keep pushes."""
    with database() as url, web_on(url) as port:
        yield port


@contextmanager
def web_on(url: str) -> Iterator[int]:
    """Serve them on a database."""
    port = free_port()
    with TemporaryDirectory() as log, (Path(log) / "log").open("w") as file:
        known = environment(database_url=url, broker_url=BROKER, port=str(port), max_push_age="0")
        with running([weaudit(), "web"], port, {**os.environ, **known}, file):
            until(lambda: is_ready(f"http://127.0.0.1:{port}"), "readiness", every=0.02)
            yield port


@contextmanager
def parts(names: Iterable[str], settings: Outbound) -> Iterator[None]:
    """Run parts of weaudit, each in a process of its own."""
    names_of = ("database_url", "broker_url", "wechat_api_base", "worker_threads")
    known = environment(**{name: str(getattr(settings, name)) for name in names_of})
    with ExitStack() as opened:
        for name in names:
            opened.enter_context(running([weaudit(), name], None, {**os.environ, **known}))
        yield


@contextmanager
def up(database_url: str, broker_url: str, api: str) -> Iterator[int]:
    """Run all of weaudit in one process; gives its port."""
    port = free_port()
    known = environment(
        database_url=database_url, broker_url=broker_url, wechat_api_base=api, port=str(port), max_push_age="0"
    )
    with running([weaudit(), "up"], port, {**os.environ, **known}):
        until(lambda: is_ready(f"http://127.0.0.1:{port}"), "readiness")
        yield port


def until(condition: Callable[[], bool], what: str, patience: float = 90.0, every: float = 0.1) -> None:
    """Wait for a condition, and look `every` so many seconds. Raises TimeoutError."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {patience:.0f} s")
        # Who asks more often takes the time of what is measured.
        time.sleep(every)


@contextmanager
def flask() -> Iterator[int]:
    """Serve what people build today: gunicorn with one worker of four threads."""
    port = free_port()
    env = {**os.environ, "BENCH_BROKER": BROKER, "BENCH_TOKEN": TOKEN, "BENCH_KEY": KEY, "BENCH_APPID": COMPONENT}
    command = [str(PYTHON.with_name("gunicorn")), "--workers=1", "--threads=4", f"--bind=127.0.0.1:{port}"]
    with running([*command, f"--chdir={PEERS}", "flask_app:app"], port, env):
        yield port


@contextmanager
def wechat() -> Iterator[str]:
    """Serve answers of WeChat's from nginx; gives the URL."""
    port = free_port()
    with TemporaryDirectory(prefix="weaudit-bench-") as folder:
        conf = Path(folder) / "nginx.conf"
        conf.write_text((PEERS / "nginx.conf").read_text().replace("FOLDER", folder).replace("PORT", str(port)))
        with running(["nginx", "-c", str(conf), "-p", folder], port, os.environ):
            yield f"http://127.0.0.1:{port}"


def weaudit() -> str:
    """Name the command."""
    return str(Path(sys.executable).with_name("weaudit"))
