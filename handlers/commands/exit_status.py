"""How commands end: one table from what went wrong to a plain text and an exit status."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple

import structlog
import typer
from rich.console import Console
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup
from typer.exceptions import TyperException

from handlers.processes import PartEnded
from service import logs, settings
from service.settings import SettingsError, Side
from service.store.credentials import SecretsUnreadable
from service.store.opened import DatabaseAway

log = structlog.get_logger(__name__)

ENV_FILE = ".env"
_env_file: ContextVar[str] = ContextVar("env_file", default=ENV_FILE)
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


ENDS: dict[type[BaseException], End] = {
    SettingsError: End(str, USAGE),
    WrongUsage: End(str, USAGE),
    CommandFailed: End(str, FAILED),
    SecretsUnreadable: End(str, FAILED),
    PartEnded: End(str, FAILED),
    DatabaseAway: End(str, FAILED),
    DBAPIError: End(lambda error: f"DATABASE_URL: the database failed: {error.orig}", FAILED),
    # Who reads our output has read enough, such as `head`.
    BrokenPipeError: End(lambda _: "", 0),
    OSError: End(
        lambda error: (
            f"{error.filename}: {error.strerror}"
            if error.filename
            else f"writing or reading failed: {error.strerror or error}"
        ),
        FAILED,
    ),
    KeyboardInterrupt: End(lambda _: "", INTERRUPTED),
    Exception: End(
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
    except (Exception, KeyboardInterrupt) as error:
        end = next(ENDS[kind] for kind in type(error).__mro__ if kind in ENDS)
        if end is ENDS[Exception]:
            log.debug("command.failed", exc_info=error)
        if isinstance(error, BrokenPipeError):
            # Python would write the rest when it ends, and fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if said := end.says(error):
            say_aside(logs.scrub(said))
        raise typer.Exit(end.status) from None


def env_file() -> str:
    """Return the env file of this command: what `--env-file` names, or .env."""
    return _env_file.get()


def use_env_file(path: Path | None) -> None:
    """Let the settings of this command come from a file, which has to be there; from .env without one.

    Raises WrongUsage.
    """
    if path and not path.exists():
        raise WrongUsage(f"--env-file {path}: there is no such file")
    _env_file.set(str(path or ENV_FILE))


def read_settings(kind: type[Side]) -> Side:
    """Read the settings of a command and set logging up by them."""
    read = settings.read(kind, env_file())
    logs.configure(read.log_level, read.log_format)
    for name, like in settings.unknown().items():
        log.warning("settings.unknown", name=name, **({"did_you_mean": like} if like else {}))
    return read


def say_aside(text: str) -> None:
    """Print something that is no answer, on stderr."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
