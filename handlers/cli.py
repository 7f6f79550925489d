"""The command `weaudit`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from typing import Annotated, Any

import typer
from rich.console import Console

from handlers import processes, simulate
from handlers.demo import demo as run_demo
from service import logs, settings
from service.broker import BrokerRefused
from service.credentials import SecretsUnreadable
from service.settings import Inbound, Kind, Outbound, SettingsError

app = typer.Typer(
    name="weaudit",
    help="Never miss a WeChat code review verdict.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(simulate.app, name="simulate")
USAGE = 2
FAILED = 1


@app.command()
def up() -> None:
    """Run everything in one process: web, relay, worker and clock."""
    inbound, outbound = _settings(Inbound), _settings(Outbound)
    with _told_plainly():
        processes.up(inbound, outbound)


@app.command()
def web() -> None:
    """Receive WeChat's pushes."""
    _run("web", Inbound, processes.web)


@app.command()
def relay() -> None:
    """Publish what was received."""
    _run("relay", Inbound, processes.relay)


@app.command()
def worker(
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads per queue.")] = 2,
) -> None:
    """React to what was published: release, resubmit, notify, authorize."""
    _run("worker", Outbound, partial(processes.worker, threads_per_queue=threads))


@app.command()
def clock() -> None:
    """Do the periodic jobs: ask for missed verdicts, renew tokens, prune."""
    _run("clock", Outbound, processes.clock)


@app.command()
def demo() -> None:
    """Watch it work, without a WeChat account: simulator and weaudit, two mini programs, two verdicts."""
    with _told_plainly():
        run_demo()


@app.callback(invoke_without_command=True)
def _main(
    *, show_version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False
) -> None:
    if show_version:
        print(version("weaudit"))  # noqa: T201 the answer to what was asked
        raise typer.Exit


def _run(process: str, kind: type[Kind], run: Callable[[Kind], Any]) -> None:
    read = _settings(kind)
    with _told_plainly():
        processes.refuse_memory_broker(read, process)
        run(read)


def _settings(kind: type[Kind]) -> Kind:
    with _told_plainly():
        read = settings.read(kind)
    logs.configure(read.log_level, read.log_format)
    return read


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn the errors that people can do something about into their text and an exit status."""
    try:
        yield
    except SettingsError as error:
        _say(error)
        raise typer.Exit(USAGE) from None
    except (SecretsUnreadable, BrokerRefused) as error:
        _say(error)
        raise typer.Exit(FAILED) from None


def _say(error: Exception) -> None:
    Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line."""
    app()
