import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from crypto.envelope import aes_key, seal
from crypto.signature import sign
from service.store.connecting import connect
from service.store.credentials import Credentials
from service.store.migrating import migrate
from service.web.app import create_app
from tests.conftest import APP, COMPONENT, KEY, TOKEN, environment, inbound
from tests.support.authority import Authority
from tests.support.servers import answers, eventually, free_port, need_program

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
WEAUDIT = Path(sys.executable).with_name("weaudit")
PROCESSES = ["web", "relay", "worker", "clock", "console"]
RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"][0]["rules"]
QUESTIONS = [
    target["expr"]
    for file in sorted((DEPLOY / "grafana").glob("*.json"))
    for panel in json.loads(file.read_text("utf-8"))["panels"]
    for target in panel["targets"]
]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_a_procfile_a_compose_file_and_units_run_the_same_processes() -> None:
    """Each with the same words."""
    lines = [line.split() for line in (ROOT / "Procfile").read_text().splitlines()]
    assert [(name.rstrip(":"), command[-1]) for name, *command in lines] == [(name, name) for name in PROCESSES]
    ours = {name: each["command"] for name, each in COMPOSE["services"].items() if each.get("image") == "weaudit"}
    assert ours == {name: ["weaudit", name] for name in PROCESSES}
    target = (DEPLOY / "systemd" / "weaudit.target").read_text()
    assert re.findall(r"weaudit@(\w+)\.service", target) == PROCESSES
    assert "ExecStart=/opt/weaudit/bin/weaudit %i\n" in (DEPLOY / "systemd" / "weaudit@.service").read_text()


@pytest.mark.parametrize("name", ["web", "relay", "console"])
def test_who_never_calls_wechat_is_not_given_its_secret(name: str) -> None:
    """By the compose file."""
    assert COMPOSE["services"][name]["environment"]["WECHAT_COMPONENT_SECRET"] == ""


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    """Nothing is misspelt, for each process."""
    analyze = need_program("systemd-analyze")
    unit = (DEPLOY / "systemd" / "weaudit@.service").read_text().replace("/opt/weaudit/bin/weaudit", str(WEAUDIT))
    for name in PROCESSES:
        (tmp_path / f"weaudit@{name}.service").write_text(unit)
    shutil.copy(DEPLOY / "systemd" / "weaudit.target", tmp_path)
    files = [str(file) for file in sorted(tmp_path.iterdir())]
    ended = subprocess.run([analyze, "verify", *files], capture_output=True, text=True, check=False)
    about_ours = [line for line in ended.stderr.splitlines() if "weaudit" in line]
    assert (about_ours, ended.returncode) == ([], 0)


def test_prometheus_takes_the_rules_and_they_fire_when_they_should() -> None:
    """A worker stopped, a ticket missing, a relay behind; and none of them when all is well."""
    promtool = need_program("promtool")
    for command in (["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml"]):
        ended = subprocess.run(
            [promtool, *command], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_alert_says_in_the_document_what_to_do() -> None:
    """Under its own name, in their order."""
    headings = re.findall(r"^### (\w+)\n\S", (ROOT / "docs" / "operations.md").read_text("utf-8"), re.MULTILINE)
    assert headings == [rule["alert"] for rule in RULES]


def test_prometheus_takes_what_the_dashboards_ask(tmp_path: Path) -> None:
    """Each question of each panel, as a rule of its own."""
    promtool = need_program("promtool")
    rules = [{"record": f"panel:{place}", "expr": question} for place, question in enumerate(QUESTIONS)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    ended = subprocess.run(
        [promtool, "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{len(QUESTIONS)} rules found" in ended.stdout


def test_every_number_that_is_asked_for_is_served(tmp_path: Path) -> None:
    """By rules and dashboards, by the names under which weaudit serves them."""
    engine = connect(f"sqlite:///{tmp_path}/x.db")
    migrate(engine)
    with TestClient(create_app(inbound(), engine, Credentials(inbound().fernet_keys))) as client:
        served = set(re.findall(r"^# TYPE (\w+)", client.get("/metrics").text, re.MULTILINE))
    engine.dispose()
    questions = [*(rule["expr"] for rule in RULES), *QUESTIONS]
    asked = {name for question in questions for name in re.findall(r"(?:weaudit|process)_\w+", question)}
    assert {re.sub(r"_bucket$", "", name) for name in asked} <= served


@contextmanager
def before(web: int, tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """Run nginx with the shipped configuration; only names, ports and files are the test's. Gives its port."""
    nginx, port = need_program("nginx", "/usr/sbin/nginx"), free_port()
    authority = Authority(tmp_path, "authority")
    certificate, key = authority.certify("localhost")
    conf = (DEPLOY / "nginx" / "weaudit.conf").read_text()
    for ours, theirs in [
        ("127.0.0.1:8000", f"127.0.0.1:{web}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/nginx/tls/your.host.pem", str(certificate)),
        ("/etc/nginx/tls/your.host.key", str(key)),
        ("your.host", "localhost"),
    ]:
        assert ours in conf
        conf = conf.replace(ours, theirs)
    (tmp_path / "weaudit.conf").write_text(conf)
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = tmp_path / "nginx.conf"
    whole.write_text(
        f"daemon off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ {temporary} include {tmp_path}/weaudit.conf; }}"
    )
    subprocess.run([nginx, "-t", "-q", "-c", str(whole)], check=True)
    process = subprocess.Popen([nginx, "-c", str(whole)])
    try:
        eventually(lambda: answers(port), "nginx")
        yield port, ssl.create_default_context(cafile=str(authority.ca_file))
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext, Path]]:
    """Run weaudit web behind nginx; gives nginx's port, whom to trust, and weaudit's log."""
    port, log = free_port(), tmp_path / "log"
    told = environment(port=str(port), database_url=f"sqlite:///{tmp_path}/x.db", broker_url="amqp://127.0.0.1//")
    with log.open("w") as file:
        process = subprocess.Popen([WEAUDIT, "web"], env=told, stderr=file, cwd=tmp_path)
        try:
            eventually(lambda: answers(port), "weaudit web")
            with before(port, tmp_path) as (proxy, trusted):
                yield proxy, trusted, log
        finally:
            process.terminate()
            process.wait()


def pushed(port: int, trusted: ssl.SSLContext, body: str, signature: str, **headers: str) -> int:
    """Push over TLS; gives the status."""
    now = str(int(time.time()))
    query = f"timestamp={now}&nonce=1&msg_signature={signature or sign(TOKEN, now, '1', body[14:-16])}"
    connection = http.client.HTTPSConnection("localhost", port, context=trusted, timeout=20)
    connection.request("POST", f"/callback/message/{APP}?{query}", f"{body}", {"Host": "localhost", **headers})
    status = connection.getresponse().status
    connection.close()
    return status


def test_pushes_arrive_over_tls_and_the_log_names_who_sent_them(
    served: tuple[int, ssl.SSLContext, Path],
) -> None:
    """A sealed push gets in; of one that does not, the log says from which address, and believes no stranger."""
    port, trusted, log = served
    xml = "<xml><Event>weapp_audit_success</Event><CreateTime>5</CreateTime></xml>"
    sealed = f"<xml><Encrypt>{seal(xml.encode(), aes_key(KEY), COMPONENT)}</Encrypt></xml>"
    eventually(lambda: pushed(port, trusted, sealed, "") == 200, "the push")
    assert pushed(port, trusted, sealed, "x", **{"X-Forwarded-For": "203.0.113.9"}) == 403
    eventually(lambda: "push.refused" in log.read_text(), "the line")
    (line,) = [line for line in log.read_text().splitlines() if "push.refused" in line]
    assert '"sender": "127.0.0.1"' in line
    assert "203.0.113.9" not in line


def test_nginx_lets_in_no_more_than_weaudit_needs(served: tuple[int, ssl.SSLContext, Path]) -> None:
    """Not 2 MB, not what is for people inside, and not who dribbles."""
    port, trusted, _ = served
    assert pushed(port, trusted, "<xml>" + "x" * 2_000_000 + "</xml>", "x") == 413
    for inside in ("/metrics", "/readyz", "/console", "/"):
        connection = http.client.HTTPSConnection("localhost", port, context=trusted)
        connection.request("GET", inside)
        assert connection.getresponse().status == 404
        connection.close()
    with (
        socket.create_connection(("localhost", port), timeout=30) as raw,
        trusted.wrap_socket(raw, server_hostname="localhost") as slow,
    ):
        slow.sendall(b"POST /callback/authorization HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n<xml>")
        assert b" 200 " not in slow.recv(1000)


def test_the_licence_goes_with_the_program() -> None:
    """By name, as package indexes show it."""
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n")
    assert all((ROOT / package / "py.typed").exists() for package in ("crypto", "service", "handlers"))
