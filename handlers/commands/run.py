"""`weaudit up`, `web`, `relay`, `worker`, `clock` and `demo`: what runs until it is told to end."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from handlers import processes
from handlers.commands import demo as demonstration
from handlers.commands.configured import read_settings
from service.settings import Inbound, Outbound, Policies, Side


def up() -> None:
    """Run everything in one process: web, relay, worker, clock and console."""
    outbound = read_settings(Outbound, logs_its_work=True)
    processes.up(read_settings(Inbound, logs_its_work=True), outbound)


def web() -> None:
    """Receive WeChat's pushes."""
    _run("web", Inbound, processes.web)


def relay() -> None:
    """Publish what was received."""
    _run("relay", Inbound, processes.relay)


def worker() -> None:
    """React to what was published: release, resubmit, notify, authorize."""
    _run("worker", Outbound, processes.worker)


def clock() -> None:
    """Do the periodic jobs: ask for missed verdicts, renew tokens, prune."""
    _run("clock", Outbound, processes.clock)


def console() -> None:
    """Serve the console: what people look at and click."""
    processes.console(read_settings(Policies, logs_its_work=True))


def demo(
    *, keep: Annotated[bool, typer.Option(help="Stay, so that you can look around, until Ctrl-C.")] = False
) -> None:
    """Watch it work, without a WeChat account: simulator and weaudit, two mini programs, two verdicts."""
    demonstration.demo(keep=keep)


def _run(process: str, kind: type[Side], run: Callable[[Side], Any]) -> None:
    read = read_settings(kind, logs_its_work=True)
    processes.refuse_memory_broker(read, process)
    run(read)
