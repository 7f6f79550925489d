"""A real Prometheus that scrapes a real weaudit: the alerts that come and go, and what the dashboards show."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import httpx2
import pytest
import yaml

from handlers.commands import simulate
from service.simulator.app import create_app
from service.simulator.counts import Limits
from tests.conftest import APP, environment, outbound
from tests.support.commands import run
from tests.support.live import answers, is_ready, serving
from tests.support.servers import eventually, free_port, need_program
from tests.test_deploy import DEPLOY, QUESTIONS
from tests.test_processes import weaudit

# What has no number while there is none of it.
MAY_BE_NONE = (
    "weaudit_blocked",
    "weaudit_reactions",
    "weaudit_relay_failures_total",
    "weaudit_notifications_total",
    "weaudit_wechat_calls_total",
)


@contextmanager
def prometheus(folder: Path, scraped: int) -> Iterator[str]:
    """Run Prometheus with the shipped rules, which wait no minutes here, before a port; gives its URL."""
    program, port = need_program("prometheus"), free_port()
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text("utf-8"))
    for rule in rules["groups"][0]["rules"]:
        rule["for"] = "0s"
    (folder / "rules.yml").write_text(yaml.safe_dump(rules))
    job = {"job_name": "weaudit", "static_configs": [{"targets": [f"127.0.0.1:{scraped}"]}]}
    often = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    settings = {"global": often, "rule_files": ["rules.yml"], "scrape_configs": [job]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    command = [program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb"]
    process = Popen([*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=DEVNULL, stderr=DEVNULL)
    try:
        eventually(lambda: answers(f"http://127.0.0.1:{port}"), "Prometheus")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def alerts(url: str) -> set[tuple[str, str]]:
    """Give the alerts that fire: name, and of which part."""
    told = httpx2.get(f"{url}/api/v1/alerts").json()["data"]["alerts"]
    return {(each["labels"]["alertname"], each["labels"].get("part", "")) for each in told if each["state"] == "firing"}


def answer(url: str, question: str) -> list[Any]:
    """Ask as a dashboard does."""
    said = httpx2.get(f"{url}/api/v1/query", params={"query": question}).json()
    assert said["status"] == "success", (question, said)
    found: list[Any] = said["data"]["result"]
    return found


@pytest.mark.timeout(120)
def test_alerts_come_and_go_and_every_panel_shows_something(tmp_path: Path) -> None:
    """First only web runs and no ticket came; then all parts run, a ticket comes and a version is released."""
    ours, theirs = free_port(), free_port()
    settings = {
        "database_url": f"sqlite:///{tmp_path}/weaudit.db",
        "broker_url": "memory://watched",
        "wechat_api_base": f"http://127.0.0.1:{theirs}",
        "port": str(ours),
    }
    missing = {("WeauditTicketMissing", ""), *(("WeauditPartGone", part) for part in ("relay", "worker", "clock"))}
    wechat = simulate.make(outbound(**settings), f"http://127.0.0.1:{ours}", Limits(privacy_check=0))
    with ExitStack() as stack:
        url = stack.enter_context(prometheus(tmp_path, ours))
        with weaudit(environment(**{**settings, "broker_url": "amqp://127.0.0.1//"}), tmp_path, "web"):
            eventually(lambda: missing <= alerts(url), f"{missing}")
        stack.enter_context(weaudit(environment(**settings), tmp_path, "up"))
        eventually(lambda: is_ready(f"http://127.0.0.1:{ours}"), "readiness")
        stack.enter_context(serving(create_app(wechat), theirs))
        wechat.push_ticket()
        wechat.authorize(APP, "一杯茶")
        eventually(lambda: APP in run("apps", folder=tmp_path, **settings).output, "the authorization")
        run("submit", "--template", "1", "--appid", APP, "--detach", folder=tmp_path, **settings)
        eventually(lambda: any(call.endpoint == "submit_audit" for call in wechat.api.calls), "the submission")
        wechat.decide(APP, "approve")
        eventually(lambda: wechat.world.apps[APP].releases == 1, "the release")
        eventually(lambda: all_parts_work(url) and not missing & alerts(url), "the end of the alerts")
        eventually(lambda: shows_nothing(url) <= set(MAY_BE_NONE), f"panels: {shows_nothing(url)}")


def all_parts_work(url: str) -> bool:
    """Tell whether the newest numbers say so; between two processes there are none."""
    return [value for _, value in (each["value"] for each in answer(url, "min(weaudit_part_alive)"))] == ["1"]


def shows_nothing(url: str) -> set[str]:
    """Give the numbers of the dashboards that have no value."""
    silent = [question for question in QUESTIONS if not answer(url, question)]
    return {name for question in silent for name in re.findall(r"weaudit_\w+", question)}
