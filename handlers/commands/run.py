"""`weaudit up`, `web`, `relay`, `worker`, `clock` and `console`: what runs until it is told to end.

A process loads what it needs and no more: `web` is an eighth smaller than what can do all.
"""

from importlib import import_module
from typing import Any

from handlers.commands.configured import read_settings
from service.settings import Inbound, Outbound, Policies, Side
from service.wrong_settings import SettingsError


def up() -> None:
    """Run everything in one process: web, relay, worker, clock and console."""
    outbound = read_settings(Outbound, logs_its_work=True)
    _process("up").up(read_settings(Inbound, logs_its_work=True), outbound)


def web() -> None:
    """Receive WeChat's pushes."""
    _run("web", Inbound)


def relay() -> None:
    """Publish what was received."""
    _run("relay", Inbound)


def worker() -> None:
    """React to what was published: release, resubmit, notify, authorize."""
    _run("worker", Outbound)


def clock() -> None:
    """Do the periodic jobs: ask for missed verdicts, renew tokens, prune."""
    _run("clock", Outbound)


def console() -> None:
    """Serve the console: what people look at and click."""
    _process("console").console(read_settings(Policies, logs_its_work=True))


def _run(name: str, kind: type[Side]) -> None:
    settings = read_settings(kind, logs_its_work=True)
    _refuse_a_broker_in_memory(settings, name)
    getattr(_process(name), name)(settings)


def _process(name: str) -> Any:
    return import_module(f"handlers.processes.{name}")


def _refuse_a_broker_in_memory(settings: Side, process: str) -> None:
    """Refuse to run one process of several on a queue that lives in one.

    Raises SettingsError.
    """
    if settings.broker_url.startswith("memory:"):
        raise SettingsError(
            "BROKER_URL is memory://, a queue inside one process: what `weaudit {process}` does there, no other "
            "process sees. Set BROKER_URL to amqp://… or redis://…, or run everything in one process: weaudit up",
            process=process,
        )
