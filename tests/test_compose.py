"""The compose file's processes, without docker: its commands and its environment, and what is beside them here."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from string import Template

import pytest
import yaml

from handlers.commands import simulate
from service.simulator.app import create_app
from service.simulator.counts import Limits
from tests.conftest import APP, environment, outbound, postgresql
from tests.support.commands import run
from tests.support.console import HASHES
from tests.support.live import answers, is_ready, serving
from tests.support.servers import eventually, free_port
from tests.test_processes import weaudit
from tests.test_whole_path import carried_by

COMPOSE = yaml.safe_load((Path(__file__).parents[1] / "compose.yaml").read_text("utf-8"))
PASSWORDS = {"POSTGRES_PASSWORD": "one", "RABBITMQ_PASSWORD": "two"}


def told(service: Mapping[str, str], here: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of a service, with the addresses of this machine in the places of the compose network's."""
    given = {name: Template(value.replace(":?", "")).substitute(PASSWORDS) for name, value in service.items()}
    assert {name for name in given if name not in here} <= {"WECHAT_COMPONENT_SECRET"}
    return {**given, **{name: value for name, value in here.items() if name in given}}


@pytest.mark.timeout(90)
def test_the_processes_of_the_compose_file_release_what_wechat_approves(tmp_path: Path) -> None:
    """Each in a process of its own, with what the file gives it and no more."""
    web, console, theirs = free_port(), free_port(), free_port()
    with ExitStack() as stack:
        broker, database = carried_by("amqp"), stack.enter_context(postgresql())
        here = {"DATABASE_URL": database, "BROKER_URL": broker, "HOST": "127.0.0.1", "PORT": str(web)}
        here |= {"CONSOLE_HOST": "127.0.0.1", "CONSOLE_PORT": str(console)}
        file = {"wechat_api_base": f"http://127.0.0.1:{theirs}", "console_username": "zhang"}
        file |= {"console_password": HASHES["zhang"]}
        settings = {**file, "database_url": database, "broker_url": broker}
        wechat = simulate.make(outbound(**settings), f"http://127.0.0.1:{web}", Limits(privacy_check=0))
        stack.enter_context(serving(create_app(wechat), theirs))
        for service in COMPOSE["services"].values():
            if service.get("image") == "weaudit":
                env = {**environment(**file), **told(service["environment"], here)}
                stack.enter_context(weaudit(env, tmp_path, *service["command"][1:]))
        eventually(lambda: is_ready(f"http://127.0.0.1:{web}"), "the web process")
        eventually(lambda: answers(f"http://127.0.0.1:{console}"), "the console")
        wechat.push_ticket()
        wechat.authorize(APP, "一杯茶")
        eventually(lambda: APP in run("apps", folder=tmp_path, **settings).output, "the authorization")
        submit = ("submit", "--template", "1", "--appid", APP, "--detach")
        assert run(*submit, folder=tmp_path, **settings).exit_code == 0
        eventually(lambda: any(call.endpoint == "submit_audit" for call in wechat.api.calls), "the submission")
        wechat.decide(APP, "approve")
        eventually(lambda: wechat.world.apps[APP].releases == 1, "the release")
