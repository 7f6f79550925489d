"""How a command ends: what people can do something about becomes a plain text and an exit status."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from handlers.processes import PartEnded
from service import logs, settings
from service.settings import SettingsError, Side
from service.store.credentials import SecretsUnreadable

FAILED = 1
USAGE = 2


class CommandFailed(Exception):
    """A command could not do what it was asked; the text says why."""


class WrongUsage(CommandFailed):
    """A command was asked for something it does not take; the text says what it takes."""


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn errors that people can act on into their text and a status; all others are bugs and keep their trace."""
    try:
        yield
    except (SettingsError, WrongUsage) as error:
        raise _told(error, USAGE) from None
    except (SecretsUnreadable, PartEnded, CommandFailed) as error:
        raise _told(error, FAILED) from None


def read_settings(kind: type[Side]) -> Side:
    """Read the settings of a command and set logging up by them."""
    with told_plainly():
        read = settings.read(kind)
    logs.configure(read.log_level, read.log_format)
    return read


def say_aside(text: str) -> None:
    """Print something that is no answer, on stderr."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)


def _told(error: Exception, status: int) -> typer.Exit:
    say_aside(str(error))
    return typer.Exit(status)
