"""How commands end: one table from what went wrong to a plain text and an exit status."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from handlers.commands.language import in_the_language
from service.language import Language
from service.told import Told, said

FAILED = 1
USAGE = 2
INTERRUPTED = 130


class CommandFailed(Told):
    """A command could not do what it was asked; the text says why."""


class WrongUsage(CommandFailed):
    """A command was asked for something it does not take; the text says what it takes."""


class End(NamedTuple):
    """How a command ends: what it says, and its exit status."""

    says: Callable[[Any, Language], str]
    status: int


def _nothing(_: BaseException, _language: Language) -> str:
    return ""


def _of_the_database(error: Any, language: Language) -> str:
    return said("DATABASE_URL: the database failed: {said}", language, said=error.orig)


def _of_the_system(error: OSError, language: Language) -> str:
    if error.filename:
        return f"{error.filename}: {error.strerror}"
    return said("writing or reading failed: {error}", language, error=error.strerror or error)


def _of_our_own(error: Exception, language: Language) -> str:
    return said(
        "weaudit failed, and that is a fault of its own: {error!r}. With LOG_LEVEL=DEBUG the log says where; please "
        "report it",
        language,
        error=error,
    )


FAULT = "builtins.Exception"
# By name: whoever only asks for --help need not load what might fail.
ENDS: dict[str, End] = {
    "service.wrong_settings.SettingsError": End(Told.says, USAGE),
    "handlers.commands.exit_status.WrongUsage": End(Told.says, USAGE),
    "service.told.Told": End(Told.says, FAILED),
    "sqlalchemy.exc.DBAPIError": End(_of_the_database, FAILED),
    # Who reads our output has read enough, such as `head`.
    "builtins.BrokenPipeError": End(_nothing, 0),
    "builtins.OSError": End(_of_the_system, FAILED),
    "builtins.KeyboardInterrupt": End(_nothing, INTERRUPTED),
    FAULT: End(_of_our_own, FAILED),
}


class PlainGroup(TyperGroup):
    """Commands all of which end by the table."""

    def make_context(self, *given: Any, **named: Any) -> Any:
        """Read what was typed before a command."""
        with told_plainly():
            return super().make_context(*given, **named)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        with told_plainly():
            return super().invoke(ctx)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what goes wrong into its text and status."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except TyperException as error:
        raise in_the_language(error, _spoken()) from None
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
        if text := end.says(error, _spoken()):
            say_aside(logs.scrub(text))
        raise typer.Exit(end.status) from None


def _spoken() -> Language:
    from handlers.commands.said import spoken  # noqa: PLC0415 it knows how commands end

    return spoken()


def say_aside(text: str) -> None:
    """Print something that is no answer, on stderr."""
    from rich.console import Console  # noqa: PLC0415 few commands have anything to say aside

    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
