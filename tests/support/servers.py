"""The servers that tests talk to: those that answer here, and ones of a test's own that it may kill or freeze."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRED = os.environ.get("REQUIRE_SERVERS") == "1"
PATIENCE = 40.0


def eventually(condition: Callable[[], object], what: str = "the condition", patience: float = PATIENCE) -> None:
    """Wait for a condition; what never comes true fails the test with its name."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come true within {patience:.0f} s")
        time.sleep(0.02)


def need(port: int, name: str) -> None:
    """Skip a test whose server does not answer here; fail it where servers are required."""
    if answers(port):
        return
    do_without(f"{name} does not answer on 127.0.0.1:{port}")


def need_program(*places: str) -> str:
    """Give the first of some programs that is installed; skip the test, or fail it, where none is."""
    found = next(filter(None, map(shutil.which, places)), None)
    if found is None:
        do_without(f"none of {', '.join(places)} is installed")
    return found


def do_without(missing: str) -> NoReturn:
    """Skip a test for what is missing here; fail it where that is required."""
    if REQUIRED:
        pytest.fail(f"{missing}, and REQUIRE_SERVERS=1")
    pytest.skip(missing)


def answers(port: int) -> bool:
    """Tell whether something listens on a port of this machine."""
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Give a port that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port


class Server:
    """A server of a test's own, with everything that runs on its behalf in one process group."""

    def __init__(
        self, start: Callable[[], "subprocess.Popen[bytes]"], port: int, is_ready: Callable[[], bool] | None = None
    ) -> None:
        self._start = start
        self.port = port
        self._is_ready = is_ready or (lambda: answers(port))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it serves."""
        self._process = self._start()
        eventually(self._is_ready, f"a server on port {self.port}", patience=60)

    def kill(self) -> None:
        """Kill it, with kill -9, and wait until it is gone."""
        if self._process:
            self.signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
            eventually(lambda: not answers(self.port), f"the end of the server on port {self.port}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and all its children."""
        assert self._process
        for pid in _family(self._process.pid):
            with suppress(ProcessLookupError):  # a child may end with its parent
                os.kill(pid, number)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    below = [int(child) for child in children.read_text().split()] if children.exists() else []
    return [pid, *(descendant for child in below for descendant in _family(child))]


@contextmanager
def own_redis(folder: Path) -> Iterator[Server]:
    """Run a Redis that keeps its data over a kill."""
    program, port = need_program("redis-server"), free_port()
    command = [program, "--port", str(port), "--dir", str(folder), "--appendonly", "yes", "--appendfsync", "always"]
    with _running(Server(lambda: subprocess.Popen(command, stdout=subprocess.DEVNULL), port)) as server:
        yield server


@contextmanager
def own_rabbitmq(folder: Path) -> Iterator[Server]:
    """Run a RabbitMQ that keeps its data over a kill."""
    # Debian's wrapper in PATH would change the user and the environment; the real program comes first.
    program, port = need_program("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server"), free_port()
    (folder / "enabled_plugins").write_text("[].")
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.default = 127.0.0.1:{port}\n")
    environment = {
        **os.environ,
        "HOME": str(folder),
        "RABBITMQ_NODENAME": _node(port),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-setcookie weaudit",
    }
    start = lambda: subprocess.Popen(  # noqa: E731
        [program], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    with _running(Server(start, port)) as server:
        yield server


def rabbitmqctl(server: Server, *command: str) -> None:
    """Tell a RabbitMQ of a test's own to do something."""
    subprocess.run(
        ["/usr/lib/rabbitmq/bin/rabbitmqctl", "--erlang-cookie", "weaudit", "-n", _node(server.port), *command],
        check=True,
        capture_output=True,
        env={"HOME": tempfile.gettempdir(), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )


def _node(port: int) -> str:
    return f"weaudit{port}@localhost"


@contextmanager
def own_postgresql(folder: Path, standby_of: int = 0) -> Iterator[Server]:
    """Run a PostgreSQL that keeps its data over a kill; as root, it runs as the user postgres.

    It may be the standby of one that runs on another port.
    """
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
    postgres = Path(need_program("postgres", *map(str, places)))
    port, data = free_port(), folder / "data"
    user = _who_may_read(folder)
    initdb = [str(postgres.parent / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync"]
    copy = ["pg_basebackup", "-h", "127.0.0.1", "-p", str(standby_of), "-U", "postgres", "-D", str(data), "-R"]
    subprocess.run(copy if standby_of else initdb, check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)
    command = [str(postgres), "-D", str(data), "-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1"]
    start = lambda: subprocess.Popen(command, user=user, cwd=folder, stderr=subprocess.DEVNULL)  # noqa: E731
    pg_isready = need_program(str(postgres.parent / "pg_isready"), "pg_isready")
    ask = [pg_isready, "--quiet", "-h", "127.0.0.1", "-p", str(port)]
    with _running(Server(start, port, lambda: subprocess.run(ask, check=False).returncode == 0)) as server:
        yield server


def _who_may_read(folder: Path) -> str | None:
    """Let the user postgres have a folder, where root would start a server that refuses that; None if nobody need."""
    if os.geteuid():
        return None
    temporary = Path(tempfile.gettempdir()).resolve()
    for place in (folder, *(parent for parent in folder.parents if temporary in parent.parents)):
        place.chmod(0o755)
    shutil.chown(folder, "postgres")
    return "postgres"


@contextmanager
def own_pgbouncer(postgresql: int, folder: Path) -> Iterator[Server]:
    """Run a pgbouncer before a PostgreSQL, with a connection of the server's for each transaction, four at most."""
    program, port = need_program("pgbouncer", "/usr/sbin/pgbouncer"), free_port()
    folder.mkdir()
    (folder / "users.txt").write_text('"postgres" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={postgresql}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"auth_type = trust\nauth_file = {folder}/users.txt\nunix_socket_dir =\npool_mode = transaction\n"
        "default_pool_size = 4\nmax_client_conn = 1000\n"
    )
    user = _who_may_read(folder)
    command = [program, "--quiet", str(folder / "pgbouncer.ini")]
    start = lambda: subprocess.Popen(command, user=user, stderr=subprocess.DEVNULL)  # noqa: E731
    with _running(Server(start, port)) as server:
        yield server


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.kill()
