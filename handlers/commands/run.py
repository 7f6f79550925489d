"""`weaudit up`, `web`, `relay`, `worker`, `clock` and `console`: what runs until it is told to end.

A process loads what it needs and no more: `web` is an eighth smaller than what can do all.
"""

from handlers.commands.configured import read_settings
from service.settings import Inbound, Outbound, Policies, Side
from service.wrong_settings import SettingsError


def up() -> None:
    """Run everything in one process: web, relay, worker, clock and console."""
    outbound = read_settings(Outbound, logs_its_work=True)
    inbound = read_settings(Inbound, logs_its_work=True)
    from handlers.processes import up

    up.up(inbound, outbound)


def web() -> None:
    """Receive WeChat's pushes."""
    settings = _one_of_several("web", Inbound)
    from handlers.processes import web

    web.web(settings)


def relay() -> None:
    """Publish what was received."""
    settings = _one_of_several("relay", Inbound)
    from handlers.processes import relay

    relay.relay(settings)


def worker() -> None:
    """React to what was published: release, resubmit, notify, authorize."""
    settings = _one_of_several("worker", Outbound)
    from handlers.processes import worker

    worker.worker(settings)


def clock() -> None:
    """Do the periodic jobs: ask for missed verdicts, renew tokens, prune."""
    settings = _one_of_several("clock", Outbound)
    from handlers.processes import clock

    clock.clock(settings)


def console() -> None:
    """Serve the console: what people look at and click."""
    settings = read_settings(Policies, logs_its_work=True)
    from handlers.processes import console

    console.console(settings)


def _one_of_several(process: str, kind: type[Side]) -> Side:
    settings = read_settings(kind, logs_its_work=True)
    _refuse_a_broker_in_memory(settings, process)
    return settings


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
