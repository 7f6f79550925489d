import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, text

from handlers.commands import simulate
from handlers.console.passwords import hashed
from handlers.context import open_context
from service.simulator.app import create_app
from service.store.credentials import CredentialKind
from tests.conftest import FERNET, environment, outbound, postgresql
from tests.support.commands import run
from tests.support.live import serving
from tests.support.servers import free_port, need

BROKEN_FILES = [
    ("database_url", "sqlite:///broken.db", "no database of weaudit"),
    ("database_url", "sqlite:////proc/x/y.db", "cannot be made"),
    ("database_url", "sqlite:///folder", "cannot be used"),
]


@pytest.mark.parametrize("process", ["web", "relay", "worker", "clock"])
def test_one_process_of_several_is_refused_on_a_queue_in_memory(tmp_path: Path, process: str) -> None:
    """What only works in one process says so, and what to do instead."""
    ended = run(process, folder=tmp_path, broker_url="memory://")
    assert ended.exit_code == 2
    assert "BROKER_URL is memory://, a queue inside one process" in ended.stderr
    assert "weaudit up" in ended.stderr


@pytest.mark.parametrize("process", ["up", "web", "relay", "worker", "clock"])
def test_wrong_settings_are_named_and_the_status_is_2(tmp_path: Path, process: str) -> None:
    """No traceback: each wrong value, what it should look like, and status 2."""
    ended = run(process, folder=tmp_path, wechat_token="", port="x")
    assert ended.exit_code == 2
    assert "WECHAT_TOKEN is missing" in ended.stderr
    assert "PORT is not usable: a port of 1 to 65535" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_up_names_the_faults_of_all_its_parts_at_once(tmp_path: Path) -> None:
    """Of the web side and of the worker, in one message."""
    ended = run("up", folder=tmp_path, wechat_token="", wechat_component_secret="", timezone="Nope")
    for fault in ("WECHAT_TOKEN is missing", "WECHAT_COMPONENT_SECRET is missing", "TIMEZONE is not usable"):
        assert fault in ended.stderr


@pytest.mark.parametrize(("name", "value", "said"), BROKEN_FILES)
def test_a_file_that_is_no_database_is_named(tmp_path: Path, name: str, value: str, said: str) -> None:
    """In a plain sentence, with status 2."""
    (tmp_path / "broken.db").write_bytes(b"not a database" * 1000)
    (tmp_path / "folder").mkdir()
    ended = run("up", folder=tmp_path, **{name: value})
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_env_file_in_another_encoding_and_a_broken_key_are_named(tmp_path: Path) -> None:
    """What people do by accident has a sentence that says so."""
    (tmp_path / ".env").write_bytes("# 设置".encode("gbk"))
    assert ".env is not UTF-8" in run("up", folder=tmp_path).stderr
    (tmp_path / ".env").unlink()
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "weaudit.key").write_bytes(b"")
    assert "weaudit.key holds no key" in run("up", folder=tmp_path, secrets_key="").stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("command", ["up", "pushes"])
@pytest.mark.parametrize(
    ("mode", "said"),
    [(0o777, ".env belongs to root, and nobody may not read it: "), (0o700, ".env cannot be read: Permission denied")],
)
def test_an_env_file_of_somebody_else_is_named_with_its_owner(command: str, mode: int, said: str) -> None:
    """In one sentence, which says who may do what about it; in a folder that may not be entered, what is known."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(mode)
        (folder / ".env").write_text("PORT=8000\n")
        (folder / ".env").chmod(0o600)
        # Nobody may not read our modules either, so they are there before.
        loaded = "import os; from handlers.commands import pushes, run; from handlers.commands.app import app"
        as_nobody = f"{loaded}; os.setgroups([]); os.setuid(65534); app()"
        asked = [sys.executable, "-c", as_nobody, command]
        ended = subprocess.run(asked, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert ended.stderr.startswith(said)


COMMANDS = [
    *(["pushes"], ["dead"], ["apps"], ["blocked"], ["revive", "--all"], ["release", "wx1"], ["unblock", "ticket"]),
    *(["call", "gettemplatelist"], ["submit", "--template", "1", "--all"]),
    *(["status"], ["status", "wx1"], ["why", "wx1"], ["pushes", "--follow"], ["pause", "--all"], ["resume", "--all"]),
    *(["undo", "wx1"], ["resubmit", "wx1"]),
    ["authorize-url", "--redirect", "https://your.host/authorized"],
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_makes_no_database(tmp_path: Path, command: list[str]) -> None:
    """Nor a key, nor a folder: in the wrong folder it says so."""
    ended = run(*command, folder=tmp_path, secrets_key="")
    assert ended.exit_code == 1
    assert "/var/weaudit.db yet; weaudit up makes it" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_command_makes_no_tables_in_a_database_of_somebody_else(tmp_path: Path) -> None:
    """Nor is one taken for ours that is named by accident."""
    with postgresql() as url:
        ended = run("pushes", folder=tmp_path, database_url=url)
        assert (ended.exit_code, "has no tables of weaudit; weaudit up makes them" in ended.stderr) == (1, True)
    ended = run("up", folder=tmp_path, database_url="postgresql+psycopg://postgres@127.0.0.1")
    assert (ended.exit_code, "DATABASE_URL is not usable" in ended.stderr) == (2, True)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://postgres@127.0.0.1:5432/nowhere", 'database "nowhere" does not exist'),
        ("postgresql+psycopg://nobody_here@127.0.0.1:5432/postgres", 'role "nobody_here" does not exist'),
        ("postgresql+psycopg://postgres@127.0.0.1:5432/postgres?sslmode=verify-ful", "invalid sslmode"),
    ],
)
def test_a_server_that_refuses_for_good_is_not_waited_for(tmp_path: Path, url: str, said: str) -> None:
    """What nobody mends by waiting ends the start, with what the server says."""
    need(5432, "PostgreSQL")
    ended = run("up", folder=tmp_path, database_url=url, port=str(free_port()))
    assert (ended.exit_code, said in ended.stderr) == (2, True)


def test_a_command_does_not_wait_for_a_database_that_is_away(tmp_path: Path) -> None:
    """A person sits before it."""
    url = f"postgresql+psycopg://postgres:hush@127.0.0.1:{free_port()}/x"
    ended = run("pushes", folder=tmp_path, database_url=url)
    assert ended.exit_code == 1
    assert "DATABASE_URL: the database cannot be used just now: connection failed" in ended.stderr
    assert "hush" not in ended.stderr


def test_the_wrong_secrets_key_is_noticed_at_the_start(tmp_path: Path) -> None:
    """Before a verdict meets it."""
    url = f"sqlite:///{tmp_path}/x.db"
    with open_context(outbound(database_url=url)) as context, context.engine.begin() as connection:
        context.credentials.keep(connection, CredentialKind.TICKET, "x", "t", issued_at=1.0)
    ended = run("up", folder=tmp_path, database_url=url, secrets_key=Fernet.generate_key().decode())
    assert ended.exit_code == 1
    assert "SECRETS_KEY does not open" in ended.stderr


@pytest.mark.parametrize("command", ["up", "web", "worker", "pushes"])
def test_a_database_of_a_newer_version_is_refused_with_the_way_out(
    database_url: str, tmp_path: Path, command: str
) -> None:
    """Whoever went back to an older version reads what to do, and the database stays as it is."""
    with open_context(outbound(database_url=database_url)) as context, context.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r0009_later'"))
    broker = "memory://" if command == "up" else "amqp://127.0.0.1:1//"
    ended = run(command, folder=tmp_path, database_url=database_url, broker_url=broker, port=str(free_port()))
    assert ended.exit_code == 2
    assert "Traceback" not in ended.stderr
    assert "a newer version of weaudit has changed this database" in ended.stderr


def test_a_new_secrets_key_takes_over_at_the_start(tmp_path: Path) -> None:
    """Put before the former one, it writes anew what that one wrote; afterwards the former one can go."""
    url, newest = f"sqlite:///{tmp_path}/x.db", Fernet.generate_key().decode()
    with open_context(outbound(database_url=url)) as context, context.engine.begin() as connection:
        context.credentials.keep(connection, CredentialKind.TICKET, "x", "t", issued_at=1.0)
    with open_context(outbound(database_url=url, secrets_key=f"{newest},{FERNET}")):
        pass
    with open_context(outbound(database_url=url, secrets_key=newest)) as context, context.engine.begin() as connection:
        kept = context.credentials.read(connection, CredentialKind.TICKET, "x")
    assert kept
    assert kept.value == "t"


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    """The address stands in the message."""
    with serving(create_app(simulate.make(outbound(), "http://127.0.0.1:1"))) as url:
        port = url.rpartition(":")[2]
        ended = run("up", folder=tmp_path, port=port)
    assert ended.exit_code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr


def test_a_port_of_the_console_that_is_taken_is_named_before_anything_runs(tmp_path: Path) -> None:
    """And by the names of the console's settings."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        account = {"console_username": "ops", "console_password": hashed("a long password")}
        ended = run("up", folder=tmp_path, port=str(free_port()), console_port=str(port), **account)
    assert ended.exit_code == 2
    assert f"CONSOLE_HOST and CONSOLE_PORT: cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "process.started" not in ended.stderr


def test_a_notification_url_that_nobody_understands_is_refused_at_the_start(tmp_path: Path) -> None:
    """The place of the URL is named, and not the URL, which may hold a secret."""
    ended = run("up", folder=tmp_path, notify_urls="json://localhost nonsense://hush")
    assert ended.exit_code == 2
    assert "number 2 of 2 is no Apprise URL" in ended.stderr
    assert "hush" not in ended.stderr


@pytest.mark.parametrize("command", [["status"], ["pushes"], ["pushes", "--json"], ["check"], ["settings"], ["dead"]])
def test_a_command_whose_output_is_closed_is_no_fault(store: Engine, tmp_path: Path, command: list[str]) -> None:
    """Whoever closed it wants no answer."""
    assert store
    known = environment(database_url="sqlite:///store.db")
    asked = f"{sys.executable} -c 'from handlers.commands.main import main; main()' {' '.join(command)} >&-"
    ended = subprocess.run(asked, shell=True, cwd=tmp_path, env=known, capture_output=True, text=True, check=False)  # noqa: S602 a shell closes it
    assert "fault of its own" not in ended.stderr
    assert "Traceback" not in ended.stderr
