"""`weaudit simulate`: WeChat's servers on this machine, and single sealed pushes to a running weaudit."""

import time
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console

from crypto.envelope import aes_key
from handlers.commands.configured import read_settings
from handlers.commands.exit_status import WrongUsage
from handlers.listening import listen
from handlers.processes.background import run
from handlers.processes.serving import server
from service import logs
from service.settings import Inbound, Outbound
from service.simulator import events
from service.simulator.app import create_app
from service.simulator.counts import Limits
from service.simulator.hang_up import HangsUp
from service.simulator.sender import Sender
from service.simulator.simulator import Simulator
from service.simulator.world import World

app = typer.Typer(help="WeChat's servers, simulated.", invoke_without_command=True)
out = Console(highlight=False)
To = Annotated[str, typer.Option("--to", help="Where weaudit listens.")]
HERE = "http://127.0.0.1:8000"


@app.callback()
def simulate(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=1, max=65_535, help="Where to listen; set WECHAT_API_BASE to http://127.0.0.1:PORT.")
    ] = 8100,
    to: To = HERE,
) -> None:
    """Run WeChat's servers on 127.0.0.1, for the platform of the settings."""
    if context.invoked_subcommand:
        return
    outbound = read_settings(Outbound, logs_its_work=True)
    base = f"http://127.0.0.1:{port}"
    with listen("127.0.0.1", port) as listener:
        _announce(base, to)
        run({"wechat": server(create_app(make(outbound, to)), listener, HangsUp)})


def _announce(base: str, to: str) -> None:
    for line in (
        f"WeChat, simulated, on {base}: set WECHAT_API_BASE={base}",
        f"Pushes go to {to}; a ticket now, and every ten minutes. Make things happen with POST {base}/_simulator/…",
        '  authorize {"appid": …, "nickname": …}   decide {"appid": …, "verdict": "approve|reject|delay"}   ticket {}',
        '  faults {"endpoint": "release", "times": 3, "errcode": -1}, or "answer": "drop|half|html|502", or "delay": s',
        "  unauthorize {appid}   expire_tokens {}   stop_tickets {}   limits {}   traits {appid}   own_token {appid}",
        "  GET calls, apps: what happened",
    ):
        out.print(line, markup=False, soft_wrap=True)


@app.command()
def push(
    event: Annotated[str, typer.Argument(help="weapp_audit_success, weapp_audit_fail, or any other event.")],
    appid: Annotated[str, typer.Option(help="The mini program.")] = "wx0000000000000001",
    to: To = HERE,
    field: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, in WeChat's names; may be repeated.")] = None,
) -> None:
    """Send one sealed push to a running weaudit, and print its answer."""
    if urlsplit(to).scheme not in ("http", "https") or not urlsplit(to).netloc:
        raise WrongUsage("--to is an address, such as {here}", here=HERE)
    inbound = read_settings(Inbound)
    fields = {**_fields_of(event, appid, inbound.wechat_component_appid), **_pairs(field or [])}
    sender = make_sender(inbound, to)
    sealed = sender.prepare(fields, "" if "InfoType" in fields else appid)
    answered = sender.send(sealed, again=0)
    if not answered.status:
        out.print(f"no answer from {logs.scrub(to)}: does weaudit run there?", markup=False, soft_wrap=True)
    else:
        out.print(f"{answered.status} {answered.body.decode('utf-8', 'replace')}", markup=False, soft_wrap=True)
    if not answered.accepted:
        raise typer.Exit(1)


def make(outbound: Outbound, to: str, limits: Limits | None = None) -> Simulator:
    """Make WeChat's servers for the platform of the settings; pushes go to `to`."""
    secret = outbound.wechat_component_secret.get_secret_value()
    world = World(outbound.wechat_component_appid, secret, time.time, limits=limits)
    return Simulator(world, make_sender(outbound, to))


def make_sender(inbound: Inbound, to: str) -> Sender:
    """Make what seals and sends pushes for the platform of the settings."""
    return Sender(
        base=to,
        token=inbound.wechat_token.get_secret_value(),
        key=aes_key(inbound.wechat_encoding_aes_key.get_secret_value()),
        component_appid=inbound.wechat_component_appid,
    )


def _fields_of(event: str, appid: str, component_appid: str) -> Mapping[str, Any]:
    now, user_name = int(time.time()), f"gh_{appid[-12:]}"
    known: Mapping[str, Mapping[str, Any]] = {
        "weapp_audit_success": events.audit_success(user_name, now),
        "weapp_audit_fail": events.audit_fail(user_name, now),
        "weapp_audit_delay": events.audit_delay(user_name, now),
        "component_verify_ticket": events.ticket(component_appid, now, "ticket@@@simulated"),
        "authorized": events.authorized(component_appid, now, appid, "queryauthcode@@@simulated"),
        "updateauthorized": events.authorized(component_appid, now, appid, "queryauthcode@@@simulated", update=True),
        "unauthorized": events.unauthorized(component_appid, now, appid),
    }
    return known.get(event) or events.other(event, user_name, now)


def _pairs(fields: list[str]) -> Mapping[str, str]:
    wrong = [text for text in fields if "=" not in text]
    if wrong:
        raise WrongUsage("--field is NAME=VALUE, not {wrong}", wrong=", ".join(wrong))
    return dict(text.split("=", 1) for text in fields)
