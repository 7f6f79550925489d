"""How commands end: one table from what went wrong to a plain text and an exit status."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

FAILED = 1
USAGE = 2
INTERRUPTED = 130


class CommandFailed(Exception):
    """A command could not do what it was asked; the text says why."""


class WrongUsage(CommandFailed):
    """A command was asked for something it does not take; the text says what it takes."""


class End(NamedTuple):
    """How a command ends: what it says, and its exit status."""

    says: Callable[[Any], str]
    status: int


FAULT = "builtins.Exception"
# By name: whoever only asks for --help need not load what might fail.
ENDS: dict[str, End] = {
    "service.wrong_settings.SettingsError": End(str, USAGE),
    "handlers.commands.exit_status.WrongUsage": End(str, USAGE),
    "handlers.commands.exit_status.CommandFailed": End(str, FAILED),
    "handlers.operators.known.Unknown": End(str, FAILED),
    "service.store.credentials.SecretsUnreadable": End(str, FAILED),
    "handlers.processes.PartEnded": End(str, FAILED),
    "service.store.opened.DatabaseAway": End(str, FAILED),
    "service.queue.lost.BrokerLost": End(str, FAILED),
    "sqlalchemy.exc.DBAPIError": End(lambda error: f"DATABASE_URL: the database failed: {error.orig}", FAILED),
    # Who reads our output has read enough, such as `head`.
    "builtins.BrokenPipeError": End(lambda _: "", 0),
    "builtins.OSError": End(
        lambda error: (
            f"{error.filename}: {error.strerror}"
            if error.filename
            else f"writing or reading failed: {error.strerror or error}"
        ),
        FAILED,
    ),
    "builtins.KeyboardInterrupt": End(lambda _: "", INTERRUPTED),
    FAULT: End(
        lambda error: (
            f"weaudit failed, and that is a fault of its own: {error!r}. With LOG_LEVEL=DEBUG the log says "
            "where; please report it"
        ),
        FAILED,
    ),
}


class PlainGroup(TyperGroup):
    """Commands all of which end by the table."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        with told_plainly():
            return super().invoke(ctx)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what goes wrong into its text and status."""
    try:
        yield
    except (TyperException, typer.Exit, typer.Abort):
        raise
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 every command ends with a sentence and a status
        import structlog  # noqa: PLC0415 a command that failed has loaded more than this

        from service import logs  # noqa: PLC0415

        names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__)
        end = next(ENDS[name] for name in names if name in ENDS)
        if end is ENDS[FAULT]:
            structlog.get_logger(__name__).debug("command.failed", exc_info=error)
        if isinstance(error, BrokenPipeError):
            # Python would write the rest when it ends, and fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if said := end.says(error):
            say_aside(logs.scrub(said))
        raise typer.Exit(end.status) from None


def say_aside(text: str) -> None:
    """Print something that is no answer, on stderr."""
    from rich.console import Console  # noqa: PLC0415 few commands have anything to say aside

    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
