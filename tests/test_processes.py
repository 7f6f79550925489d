import os
import secrets
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from handlers.commands import simulate
from handlers.context import open_context
from service.simulator import events
from service.simulator.app import create_app
from service.simulator.counts import Limits
from service.simulator.faults import Fault
from tests.conftest import APP, environment, outbound, postgresql, sender
from tests.support.console import HASHES
from tests.support.live import answers, is_ready, serving
from tests.support.live_weaudit import Live
from tests.support.servers import eventually, free_port, own_postgresql
from tests.test_whole_path import carried_by

WEAUDIT = Path(sys.executable).with_name("weaudit")
ENDS_WITHIN = 10


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
        eventually(lambda: is_ready(live.url), "the web process")
        wechat.push_ticket()
        yield live, known


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


@pytest.mark.timeout(90)
def test_a_database_that_is_away_at_the_start_is_waited_for(tmp_path: Path) -> None:
    """Started before PostgreSQL, and ready when that is; frozen then, it still ends when it is told to."""
    (tmp_path / "pg").mkdir()
    port = free_port()
    with own_postgresql(tmp_path / "pg") as server:
        server.kill()
        known = environment(
            port=str(port), database_url=f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/postgres"
        )
        with weaudit(known, tmp_path, "up") as process:
            eventually(lambda: "database.away" in logged(tmp_path, "up"), "the first attempt")
            assert httpx2.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
            assert not is_ready(f"http://127.0.0.1:{port}")
            server.start()
            eventually(lambda: is_ready(f"http://127.0.0.1:{port}"), "readiness")
            server.signal(signal.SIGSTOP)
            with suppress(httpx2.TimeoutException):
                httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=0.5)
            process.send_signal(signal.SIGTERM)
            assert process.wait(ENDS_WITHIN) == 0
            server.signal(signal.SIGCONT)


@pytest.mark.parametrize("process", ["web", "relay", "worker", "clock", "up"])
def test_a_process_that_waits_for_its_database_ends_when_it_is_told_to(tmp_path: Path, process: str) -> None:
    """With status 0, as at any other time."""
    url = f"postgresql+psycopg://postgres@127.0.0.1:{free_port()}/postgres"
    changes = {"port": str(free_port()), "database_url": url, "broker_url": "redis://127.0.0.1:1/0"}
    with weaudit(environment(**changes), tmp_path, process) as running:
        eventually(lambda: "database.away" in logged(tmp_path, process), "the first attempt")
        running.send_signal(signal.SIGTERM)
        assert running.wait(ENDS_WITHIN) == 0


def test_with_a_locked_database_and_a_push_in_hand_it_ends_in_time(tmp_path: Path) -> None:
    """The sender is told 503, and there is no trace in the log."""
    port = free_port()
    url = f"sqlite:///{tmp_path}/x.db"
    with weaudit(environment(port=str(port), database_url=url), tmp_path, "up") as process:
        eventually(lambda: is_ready(f"http://127.0.0.1:{port}"), "readiness")
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


def test_up_needs_no_server_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    """With four settings and nothing installed it is ready; its key and its database are its own; it ends cleanly."""
    port = free_port()
    known = {key: value for key, value in environment(port=str(port)).items() if key != "SECRETS_KEY"}
    with weaudit(known, tmp_path, "up"):
        eventually(lambda: is_ready(f"http://127.0.0.1:{port}"), "readiness")
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


def test_the_console_is_a_process_of_its_own_and_a_part_of_up(tmp_path: Path) -> None:
    """It makes the tables if it is the first; where nobody has an account it waits, and ends as others do."""
    for command, name in (("console", "console_port"), ("up", "console_port")):
        ports = {name: str(free_port()), "port": str(free_port())}
        accounts = {"console_username": "zhang", "console_password": HASHES["zhang"]}
        with weaudit(environment(**ports, **accounts), tmp_path, command):
            url = f"http://127.0.0.1:{ports[name]}/console/login"
            eventually(partial(answers, url), "the console")
            assert httpx2.get(url).status_code == 200
            callbacks = f"http://127.0.0.1:{ports['port']}/console/login"
            assert not answers(callbacks) or httpx2.get(callbacks).status_code == 404
    with weaudit(environment(log_level="WARNING"), tmp_path, "console") as process:
        eventually(lambda: "console.off" in logged_by(tmp_path), "why there is none")
        assert process.poll() is None


def logged_by(folder: Path) -> str:
    """Read all that was logged."""
    return "".join(file.read_text("utf-8") for file in folder.glob("*.log"))


def test_the_demo_shows_a_release_and_a_rejection_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    """One command, no account, no server: what happened in plain lines, where to look, and a clean end."""
    # A proxy that nobody answers at: the demo is on this machine alone.
    proxies = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    with weaudit({"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **proxies}, tmp_path, "demo", "--keep"):
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


def test_a_server_on_all_addresses_takes_both_kinds(tmp_path: Path) -> None:
    """HOST=:: answers IPv4 and IPv6, and the log has one address that can be opened."""
    port = free_port()
    with weaudit(environment(port=str(port), host="::"), tmp_path, "up"):
        for host in ("127.0.0.1", "[::1]"):
            eventually(partial(answers, f"http://{host}:{port}/healthz"), f"an answer at {host}")
        assert f'"url": "http://[::]:{port}"' in logged(tmp_path, "up")


@pytest.mark.parametrize("command", ["web", "relay", "worker", "clock", "up"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_pid_1_of_a_container_ends_while_it_waits_for_its_database(
    tmp_path: Path, command: str, number: signal.Signals
) -> None:
    """The kernel sends no signal to PID 1 that it does not ask for."""
    if subprocess.run(["unshare", "--fork", "--pid", "true"], check=False, capture_output=True).returncode:
        pytest.skip("only root can make a PID namespace")
    known = environment(
        database_url=f"postgresql+psycopg://postgres@127.0.0.1:{free_port()}/x",
        broker_url="memory://" if command == "up" else f"amqp://127.0.0.1:{free_port()}//",
        port=str(free_port()),
    )
    log = tmp_path / "log"
    with log.open("w") as out:
        outside = subprocess.Popen(
            ["unshare", "--fork", "--pid", "--kill-child", WEAUDIT, command], env=known, cwd=tmp_path, stderr=out
        )
        try:
            eventually(lambda: "database.away" in log.read_text(), "the first attempt")
            inside = int(Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text().split()[0])
            os.kill(inside, number)
            assert outside.wait(ENDS_WITHIN) == 0
        finally:
            outside.kill()
            outside.wait()


def test_a_terminal_that_knows_only_ascii_gets_backslashes(tmp_path: Path) -> None:
    """And no traceback."""
    known = {**environment(wechat_token=""), "LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    ended = subprocess.run([WEAUDIT, "pushes"], env=known, cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == 2
    assert rb"\u6d88\u606f" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_reader_that_has_read_enough_is_no_failure(tmp_path: Path) -> None:
    """As `weaudit call --list | head -1`."""
    piped = f"{WEAUDIT} call --list | head -1; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["bash", "-c", piped], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[1] == "0"
    assert ended.stderr == ""
