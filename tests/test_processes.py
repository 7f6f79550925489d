import logging
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, chdir, contextmanager, suppress
from pathlib import Path

import httpx2
import pytest
import structlog
from cryptography.fernet import Fernet
from sqlalchemy import text
from typer.testing import CliRunner, Result

from handlers import simulate
from handlers.cli import app
from handlers.context import open_context
from service.credentials import Kind
from service.settings import Outbound
from service.simulator import events
from service.simulator.app import create_app
from service.simulator.counts import Limits
from service.simulator.faults import Fault
from tests.conftest import APP, FERNET, outbound, postgresql, sender, values
from tests.live import serving
from tests.live_weaudit import Live
from tests.servers import eventually, free_port, own_postgresql
from tests.test_whole_path import carried_by

WEAUDIT = Path(sys.executable).with_name("weaudit")
ENDS_WITHIN = 5


@contextmanager
def weaudit(environment: Mapping[str, str], folder: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a command of weaudit's until the block ends; it must then end, cleanly, within five seconds of Ctrl-C."""
    with (folder / f"{'-'.join(arguments)}-{secrets.token_hex(2)}.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [WEAUDIT, *arguments], env=dict(environment), cwd=folder, stdout=log, stderr=log, text=True
        )
        try:
            yield process
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                assert process.wait(ENDS_WITHIN) == 0
            log.seek(0)
            assert "Traceback" not in log.read()
        finally:
            process.kill()
            process.wait()


def environment(**changes: str) -> dict[str, str]:
    """Give the environment of a process: the settings of the tests, and nothing of ours."""
    settings = {name.upper(): str(value) for name, value in values(**changes).items()}
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **settings}


def run(*arguments: str, folder: Path, **changes: str) -> Result:
    """Run a command that is to be refused, in this process."""
    root = logging.getLogger()
    before = root.handlers, root.level
    absent = dict.fromkeys((name.upper() for name in Outbound.model_fields), None)
    with chdir(folder):
        ended = CliRunner().invoke(app, arguments, env={**absent, **environment(**changes)})
    root.handlers, root.level = before
    structlog.reset_defaults()
    return ended


@contextmanager
def four_processes(folder: Path, database_url: str) -> Iterator[tuple[Live, dict[str, str]]]:
    """Run web, relay and clock on PostgreSQL and RabbitMQ, and WeChat beside them; the worker is the test's."""
    ours, theirs = free_port(), free_port()
    changes = {
        "database_url": database_url,
        "broker_url": carried_by("amqp"),
        "wechat_api_base": f"http://127.0.0.1:{theirs}",
        "port": str(ours),
    }
    known = environment(**changes)
    without_secret = {key: value for key, value in known.items() if key != "WECHAT_COMPONENT_SECRET"}
    settings = outbound(**changes)
    wechat = simulate.make(settings, f"http://127.0.0.1:{ours}", Limits(privacy_check=0))
    with ExitStack() as stack:
        stack.enter_context(serving(create_app(wechat), theirs))
        for arguments, env in (("web", without_secret), ("relay", without_secret), ("clock", known)):
            stack.enter_context(weaudit(env, folder, arguments))
        context = stack.enter_context(open_context(settings))
        live = Live(context, wechat, f"http://127.0.0.1:{ours}")
        eventually(lambda: _answers(live.url), "the web process")
        wechat.push_ticket()
        yield live, known


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz").status_code == 200
    except httpx2.HTTPError:
        return False


def lease_runs_out(live: Live) -> None:
    """Let the time of a lease pass."""
    with live.context.engine.begin() as connection:
        connection.execute(text("UPDATE attempts SET due_at = 0 WHERE state = 'running'"))


@pytest.mark.timeout(120)
def test_a_worker_killed_in_the_middle_of_a_release_leads_to_one_release(tmp_path: Path) -> None:
    """Four processes; WeChat has released, the worker dies by kill -9 before it hears of it; another takes it up."""
    with postgresql() as url, four_processes(tmp_path, url) as (live, known):
        with weaudit(known, tmp_path, "worker") as first:
            live.authorize()
            live.submit()
            live.wechat.api.faults.append(Fault("release", delay=5.0))
            live.approve()
            eventually(lambda: live.calls("release"), "the call in the middle of which the worker dies")
            first.send_signal(signal.SIGKILL)
            first.wait()
        assert live.reactions("weaudit.release") == [("running", "")]
        with weaudit(known, tmp_path, "worker"):
            lease_runs_out(live)
            eventually(lambda: live.reactions("weaudit.release")[0][0] == "done", "the end of the reaction")
            eventually(lambda: live.kept("weaudit.released"), "the outcome")
        assert live.wechat.world.apps[APP].releases == 1
        assert live.kept("weaudit.released") == 1


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


BROKEN_FILES = [
    ("database_url", "sqlite:///broken.db", "no database of weaudit"),
    ("database_url", "sqlite:////proc/x/y.db", "cannot be made"),
    ("database_url", "sqlite:///folder", "cannot be used"),
]


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


def test_the_wrong_secrets_key_is_noticed_at_the_start(tmp_path: Path) -> None:
    """Before a verdict meets it."""
    url = f"sqlite:///{tmp_path}/x.db"
    with open_context(outbound(database_url=url)) as context, context.engine.begin() as connection:
        context.credentials.keep(connection, Kind.TICKET, "x", "t", issued_at=1.0)
    ended = run("up", folder=tmp_path, database_url=url, secrets_key=Fernet.generate_key().decode())
    assert ended.exit_code == 1
    assert "SECRETS_KEY does not open" in ended.stderr


def test_a_new_secrets_key_takes_over_at_the_start(tmp_path: Path) -> None:
    """Put before the former one, it writes anew what that one wrote; afterwards the former one can go."""
    url, newest = f"sqlite:///{tmp_path}/x.db", Fernet.generate_key().decode()
    with open_context(outbound(database_url=url)) as context, context.engine.begin() as connection:
        context.credentials.keep(connection, Kind.TICKET, "x", "t", issued_at=1.0)
    with open_context(outbound(database_url=url, secrets_key=f"{newest},{FERNET}")):
        pass
    with open_context(outbound(database_url=url, secrets_key=newest)) as context, context.engine.begin() as connection:
        kept = context.credentials.read(connection, Kind.TICKET, "x")
    assert kept
    assert kept.value == "t"


@pytest.mark.timeout(90)
def test_a_database_that_is_away_at_the_start_is_waited_for(tmp_path: Path) -> None:
    """Started before PostgreSQL, and ready when that is; frozen then, it still ends within five seconds."""
    (tmp_path / "pg").mkdir()
    port = free_port()
    with own_postgresql(tmp_path / "pg") as server:
        server.kill()
        known = environment(
            port=str(port), database_url=f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/postgres"
        )
        with weaudit(known, tmp_path, "up") as process:
            eventually(lambda: "database.away" in logged(tmp_path, "up"), "the first attempt")
            server.start()
            eventually(lambda: _answers(f"http://127.0.0.1:{port}"), "readiness")
            server.signal(signal.SIGSTOP)
            with suppress(httpx2.TimeoutException):
                httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=0.5)
            process.send_signal(signal.SIGTERM)
            assert process.wait(ENDS_WITHIN) == 0
            server.signal(signal.SIGCONT)


def test_with_a_locked_database_and_a_push_in_hand_it_ends_in_time(tmp_path: Path) -> None:
    """The sender is told 503, and there is no trace in the log."""
    port = free_port()
    url = f"sqlite:///{tmp_path}/x.db"
    with weaudit(environment(port=str(port), database_url=url), tmp_path, "up") as process:
        eventually(lambda: _answers(f"http://127.0.0.1:{port}"), "readiness")
        lock = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        push = sender().prepare(events.audit_success("gh_1", 1), APP)
        with ThreadPoolExecutor(1) as threads:
            post = threads.submit(
                httpx2.post, f"http://127.0.0.1:{port}{push.path}", params=push.query, content=push.body, timeout=6
            )
            process.send_signal(signal.SIGINT)
            assert process.wait(ENDS_WITHIN) == 0
            with suppress(httpx2.TransportError):
                assert post.result().status_code == 503
        lock.close()


def logged(folder: Path, command: str) -> str:
    """Read what a running command has logged."""
    return next(folder.glob(f"{command}-*.log")).read_text("utf-8")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    """The address stands in the message."""
    with serving(create_app(simulate.make(outbound(), "http://127.0.0.1:1"))) as url:
        port = url.rpartition(":")[2]
        ended = run("up", folder=tmp_path, port=port)
    assert ended.exit_code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr


def test_a_notification_url_that_nobody_understands_is_refused_at_the_start(tmp_path: Path) -> None:
    """The place of the URL is named, and not the URL, which may hold a secret."""
    ended = run("up", folder=tmp_path, notify_urls="json://localhost nonsense://hush")
    assert ended.exit_code == 2
    assert "number 2 of 2 is no Apprise URL" in ended.stderr
    assert "hush" not in ended.stderr


def test_up_needs_no_server_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    """With four settings and nothing installed it is ready; its key and its database are its own; it ends cleanly."""
    port = free_port()
    known = {key: value for key, value in environment(port=str(port)).items() if key != "SECRETS_KEY"}
    with weaudit(known, tmp_path, "up"):
        eventually(lambda: _answers(f"http://127.0.0.1:{port}"), "readiness")
        pushed = subprocess.run(
            [WEAUDIT, "simulate", "push", "weapp_audit_fail", "--to", f"http://127.0.0.1:{port}"],
            env=known,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (pushed.stdout.strip(), pushed.returncode) == ("200 success", 0)
    assert {"weaudit.db", "weaudit.key"} <= {path.name for path in (tmp_path / "var").iterdir()}


def test_the_demo_shows_a_release_and_a_rejection_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    """One command, no account, no server: what happened in plain lines, where to look, and a clean end."""
    # A proxy that nobody answers at: the demo is on this machine alone.
    proxies = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    with weaudit({"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **proxies}, tmp_path, "demo"):
        eventually(lambda: "Ctrl-C ends it." in logged(tmp_path, "demo"), "the end of the story")
        for line in (
            "push stored: weapp_audit_success of wx0000000000000001",
            "weaudit released wx0000000000000001, version 1.2.0",
            "told to the group chat: 已发布：一杯茶",
            "reasons: 账号信息不符合规范: 包含色情因素",
            "told to the group chat: 审核未通过：小书店",
            "/_simulator/calls",
        ):
            assert line in logged(tmp_path, "demo")
