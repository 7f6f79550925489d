"""`weaudit demo`: WeChat simulated, weaudit whole, two mini programs, one verdict of each kind, told in plain lines."""

import contextlib
import os
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from cryptography.fernet import Fernet
from kombu import Consumer, Queue
from kombu import Message as Delivery
from rich.console import Console
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handlers.commands import simulate
from handlers.commands.exit_status import CommandFailed
from handlers.console.passwords import hashed
from handlers.context import Context, open_context
from handlers.listening import listen
from handlers.processes.background import Background, stop_on_signals
from handlers.processes.console import console_part
from handlers.processes.serving import server
from handlers.processes.up import all_parts
from handlers.reviews.plans import plan
from handlers.wechat.endpoints.code import CommitRequest
from service import logs, topology
from service.events.from_weaudit import GaveUp, Planned, Released
from service.events.from_wechat import AuditFail
from service.events.message import Message, decode
from service.queue import connection as broker
from service.settings import Inbound, Outbound, given
from service.simulator.app import create_app as create_wechat
from service.simulator.counts import Limits
from service.simulator.simulator import Simulator
from service.store import mini_programs
from service.store.engine import reading
from service.wrong_settings import SettingsError

PATIENCE = 30.0
NAME = "demo"
TEA, BOOKS = ("wx0000000000000001", "一杯茶"), ("wx0000000000000002", "小书店")
MINE = Queue("demo", topology.EXCHANGE, routing_key="#")
out = Console(highlight=False)


def demo(
    *, keep: Annotated[bool, typer.Option(help="Stay, so that you can look around, until Ctrl-C.")] = False
) -> None:
    """Watch it work, without a WeChat account: simulator and weaudit, two mini programs, two verdicts."""
    stop = stop_on_signals()
    # Apprise asks for proxies, and the group chat of the demo is on this machine.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    with tempfile.TemporaryDirectory(prefix="weaudit-demo-") as folder:
        log_file = Path(folder) / "weaudit.log"
        with log_file.open("w", encoding="utf-8") as stream:
            logs.configure("INFO", "json", stream)
            with _running(Path(folder)) as (context, wechat, at):
                _story(context, wechat, stop)
                if keep and not stop.is_set():
                    _say("")
                    _say(f"The console, filled: {at.console}/console (name: {NAME}, password: {at.password})")
                    _say(f"weaudit listens on {at.ours}: /healthz /readyz /metrics; what it logs: {log_file}")
                    _say(f"WeChat, simulated, listens on {at.theirs}; every call that weaudit made: /_simulator/calls")
                    _say("Ctrl-C ends it.")
                    stop.wait()
                elif not stop.is_set():
                    _say("To look around in it, at the console too: weaudit demo --keep")
            logs.configure("ERROR", "json")


class Addresses(NamedTuple):
    """Where everything listens, and with which password one signs in to the console."""

    ours: str
    theirs: str
    console: str
    password: str


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[tuple[Context, Simulator, Addresses]]:
    with _listen(8000) as ours, _listen(8100) as theirs, _listen(8001) as console:
        yield from _running_on(folder, ours, theirs, console)


def _running_on(
    folder: Path, ours: socket.socket, theirs: socket.socket, console: socket.socket
) -> Iterator[tuple[Context, Simulator, Addresses]]:
    our_url, their_url, password = _url(ours), _url(theirs), secrets.token_hex(8)
    known = {
        "wechat_component_appid": "wxcomponent0000000",
        "wechat_token": secrets.token_hex(8),
        "wechat_encoding_aes_key": secrets.token_hex(22)[:43],
        "database_url": f"sqlite:///{folder}/weaudit.db",
        "secrets_key": Fernet.generate_key().decode(),
        "broker_url": "memory://",
    }
    inbound = given(Inbound, **known)
    outbound = given(
        Outbound,
        wechat_component_secret=secrets.token_hex(16),
        wechat_api_base=their_url,
        notify_urls=f"{their_url.replace('http', 'json')}/chat",
        notify_gather=0,
        on_audit_success="release",
        on_audit_fail="hold",
        console_username=NAME,
        console_password=hashed(password),
        **known,
    )
    simulator = simulate.make(outbound, our_url, Limits(privacy_check=0))
    wechat = create_wechat(simulator)
    wechat.router.routes.append(Route("/chat", _chat, methods=["POST"]))
    with open_context(outbound) as context, broker.connection("memory://") as connection:
        # Bound before anything is published, or the first messages would find nobody.
        MINE(broker.ready(connection).default_channel).declare()
        parts = {
            "wechat": server(wechat, theirs),
            "subscriber": _subscribe,
            "console": console_part(outbound, context.engine, console),
            **all_parts(context, inbound, ours),
        }
        with Background(parts):
            yield context, simulator, Addresses(our_url, their_url, _url(console), password)


def _story(context: Context, wechat: Simulator, stop: threading.Event) -> None:
    def until(what: str, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not happened() and not stop.is_set():
            if time.monotonic() > deadline:
                raise CommandFailed("{what} did not happen within {seconds:.0f} s", what=what, seconds=PATIENCE)
            stop.wait(0.05)

    def authorized() -> bool:
        with reading(context.engine) as connection:
            return sum(app.authorized for app in mini_programs.every(connection)) == 2

    until("the verify ticket", lambda: bool(TOLD & {"component_verify_ticket"}))
    _say("Two merchants authorize the platform:")
    for appid, nickname in (TEA, BOOKS):
        wechat.authorize(appid, nickname)
    until("the authorization of both", authorized)
    if stop.is_set():
        return
    _say("Both mini programs get new code and are submitted for review:")
    commit = CommitRequest(template_id=1, ext_json="{}", user_version="1.2.0", user_desc="demo")
    plan(context, {appid: commit for appid, _ in (TEA, BOOKS)})
    until("the reviews", lambda: all(app.latest for app in wechat.world.apps.values()))
    for appid, nickname in (TEA, BOOKS):
        _say(f"  {nickname} ({appid}): {commit.user_version} is under review")
    _say("WeChat decides: the first passes, the second does not:")
    wechat.decide(TEA[0], "approve")
    wechat.decide(BOOKS[0], "reject")
    until("the release of the first", lambda: wechat.world.apps[TEA[0]].releases == 1)
    until("the notifications", lambda: {"told release", "told rejection"} <= TOLD)
    if stop.is_set():
        return
    _say("That is:")
    for app in wechat.world.apps.values():
        state = f"version {app.online} is online" if app.online else "nothing online; its people know why"
        _say(f"  {app.nickname}: {state}")


TOLD: set[str] = set()


def _subscribe(stop: threading.Event) -> None:
    """Listen as any downstream system would: a queue of one's own, bound to the exchange."""
    with (
        broker.connection("memory://") as connected,
        Consumer(connected.default_channel, queues=[MINE], on_message=_show, no_ack=True),
    ):
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                connected.drain_events(timeout=0.2)


def _show(delivery: Delivery) -> None:
    message = decode(delivery.body)
    _say(f"  {_line(message)}")
    TOLD.add(message.event)


def _line(message: Message) -> str:
    data = message.data
    if isinstance(data, Released):
        return f"weaudit released {message.subject}, version {data.user_version} (review {data.auditid})"
    if isinstance(data, Planned):
        return f"weaudit plans {data.user_version} of {message.subject}; a worker commits and submits it"
    if isinstance(data, GaveUp):
        return f"weaudit gave up on {message.subject}: {data.reason}"
    line = f"push stored: {message.event} of {message.subject}"
    if isinstance(data, AuditFail):
        points = "; ".join(f"{reason.title}: {' '.join(reason.details)}" for reason in data.reasons)
        return f"{line}, reasons: {points}"
    return line


async def _chat(request: Request) -> Response:
    """Be the group chat that NOTIFY_URLS names."""
    told = await request.json()
    _say(f"  told to the group chat: {told['title']}")
    for line in str(told["message"]).splitlines():
        _say(f"    | {line}")
    TOLD.add("told release" if "发布" in told["title"] else "told rejection")
    return Response(status_code=204)


def _listen(port: int) -> socket.socket:
    """Listen on the usual port, or if that is taken on any."""
    try:
        return listen("127.0.0.1", port)
    except SettingsError:
        return listen("127.0.0.1", 0)


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _say(line: str) -> None:
    out.print(line, markup=False, soft_wrap=True)
