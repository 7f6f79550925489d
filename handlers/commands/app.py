"""The command `weaudit`."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from handlers import processes
from handlers.commands import blocked, pushes, simulate
from handlers.commands.authorize_url import authorize_url
from handlers.commands.call import call
from handlers.commands.check import check
from handlers.commands.demo import demo as run_demo
from handlers.commands.exit_status import PlainGroup, read_settings, use_env_file
from handlers.commands.release import release
from handlers.commands.settings import settings
from handlers.commands.submit import submit
from service.settings import Inbound, Outbound, Side

app = typer.Typer(
    name="weaudit",
    cls=PlainGroup,
    help="Never miss a WeChat code review verdict.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(simulate.app, name="simulate")
app.command()(call)
app.command()(submit)
app.command()(release)
app.command()(settings)
app.command()(check)
app.command()(authorize_url)
app.add_typer(pushes.app)
app.add_typer(blocked.app)


@app.command()
def up() -> None:
    """Run everything in one process: web, relay, worker and clock."""
    outbound = read_settings(Outbound)
    processes.up(read_settings(Inbound), outbound)


@app.command()
def web() -> None:
    """Receive WeChat's pushes."""
    _run("web", Inbound, processes.web)


@app.command()
def relay() -> None:
    """Publish what was received."""
    _run("relay", Inbound, processes.relay)


@app.command()
def worker() -> None:
    """React to what was published: release, resubmit, notify, authorize."""
    _run("worker", Outbound, processes.worker)


@app.command()
def clock() -> None:
    """Do the periodic jobs: ask for missed verdicts, renew tokens, prune."""
    _run("clock", Outbound, processes.clock)


@app.command()
def demo() -> None:
    """Watch it work, without a WeChat account: simulator and weaudit, two mini programs, two verdicts."""
    run_demo()


@app.callback(invoke_without_command=True)
def _main(
    env_file: Annotated[
        Path | None, typer.Option(help="Where the settings are; .env in this folder, if not given.")
    ] = None,
    *,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    use_env_file(env_file)
    if show_version:
        print(version("weaudit"))  # noqa: T201 the answer to what was asked
        raise typer.Exit


def _run(process: str, kind: type[Side], run: Callable[[Side], Any]) -> None:
    read = read_settings(kind)
    processes.refuse_memory_broker(read, process)
    run(read)
