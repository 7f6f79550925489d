"""The command `weaudit`: every command in one table; the one that is asked for is loaded, and no other."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException
from typer.main import get_command

from handlers.commands.env_file import ENV_FILE, use_env_file
from handlers.commands.exit_status import PlainGroup
from handlers.commands.language import speaking
from service.env_file import language, nearest
from service.language import Language


class Listed(NamedTuple):
    """A command: the module here, what in it is the command, and what it is for, as --help lists it."""

    module: str
    attribute: str
    help: str


COMMANDS: Mapping[str, Listed] = MappingProxyType(
    {
        "up": Listed("run", "up", "Run everything in one process: web, relay, worker, clock and console."),
        "web": Listed("run", "web", "Receive WeChat's pushes."),
        "relay": Listed("run", "relay", "Publish what was received."),
        "worker": Listed("run", "worker", "React to what was published: release, resubmit, notify, authorize."),
        "clock": Listed("run", "clock", "Do the periodic jobs: ask for missed verdicts, renew tokens, prune."),
        "console": Listed("run", "console", "Serve the console: what people look at and click."),
        "console-password": Listed("console_password", "console_password", "Make the hash that CONSOLE_PASSWORD is."),
        "check": Listed("check", "check", "Look whether all is as it has to be: settings, database, broker, ticket."),
        "settings": Listed("settings", "settings", "Show every setting in force, and where it comes from."),
        "status": Listed("status", "status", "Tell how weaudit is, or one mini program, on one screen."),
        "why": Listed("why", "why", "Tell where a version stands, what it waits for, and what you can do."),
        "pushes": Listed("pushes", "pushes", "List the newest pushes, and what was done about them; or one, whole."),
        "tail": Listed("tail", "tail", "Print messages as they are published, until Ctrl-C."),
        "replay": Listed("replay", "replay", "Send a subscriber's queue what was kept since a time."),
        "schema": Listed("schema", "schema", "Print the JSON Schema of the messages, or an AsyncAPI document."),
        "dead": Listed("dead", "dead", "List what was given up, by why, and what a person must do."),
        "revive": Listed("dead", "revive", "Let dead reactions begin anew."),
        "dismiss": Listed("dead", "dismiss", "Take dead reactions off the list: a person settled them."),
        "blocked": Listed("blocked", "blocked", "List what is waited for outside, and what it holds up."),
        "unblock": Listed("blocked", "unblock", "Say that a cause is gone: all that it holds up is tried at once."),
        "apps": Listed("apps", "apps", "List the mini programs that authorize the platform, or did."),
        "submit": Listed("submit", "submit", "Plan a template for mini programs, and watch workers submit it."),
        "release": Listed("orders", "release", "Release the approved version of a mini program."),
        "hold": Listed("orders", "hold", "Hold the newest version: only a person releases it."),
        "undo": Listed("orders", "undo", "Withdraw the review that is under way."),
        "takeback": Listed("orders", "takeback", "Give the users the version before again."),
        "resubmit": Listed("orders", "resubmit", "Submit the rejected version of a mini program once more."),
        "pause": Listed("pause", "pause", "Submit and release nothing by policy, for one or for all."),
        "resume": Listed("pause", "resume", "Go on with what was paused."),
        "call": Listed("call", "call", "Call any endpoint of WeChat's, and print its answer."),
        "authorize-url": Listed("authorize_url", "authorize_url", "Make a link with which a merchant authorizes."),
        "simulate": Listed("simulate", "app", "WeChat's servers, simulated."),
        "demo": Listed("demo", "demo", "Watch it work, without a WeChat account."),
    }
)


class Commands(PlainGroup):
    """The table as a group: help lists it as it stands, and a command is loaded when it is asked for."""

    _lists_in: Language | None = None

    def list_commands(self, _: Any) -> list[str]:
        """Name the commands."""
        return list(COMMANDS)

    def get_command(self, context: Any, name: str) -> Any:
        """Load a command; None if there is none of that name."""
        listed = COMMANDS.get(name)
        if listed is None:
            return None
        if self._lists_in:
            return speaking(self._lists_in, TyperCommand(name, help=listed.help))
        return speaking(_language(context), _load(name, listed))

    def resolve_command(self, context: Any, arguments: Any) -> Any:
        """Find a command, or name the nearest."""
        try:
            return super().resolve_command(context, arguments)
        except TyperException as error:
            is_option = arguments[0].startswith("-")
            if not is_option and (near := nearest(arguments[0].lower(), COMMANDS)):
                error.message = f"{error.message.rstrip('.')}. Did you mean {near!r}?"
            raise

    def format_help(self, context: Any, *given: Any) -> None:
        """Write what there is."""
        self._lists_in = _language(context)
        speaking(self._lists_in, self)
        try:
            super().format_help(context, *given)
        finally:
            self._lists_in = None


def _language(context: Any) -> Language:
    """Return the language of the file that --env-file names: the settings are not read yet."""
    return language(str(context.params.get("env_file") or ENV_FILE))


def _load(name: str, listed: Listed) -> Any:
    from service import logs  # noqa: PLC0415 not for --help

    # Until a command reads its settings.
    logs.configure("ERROR")
    found = getattr(import_module(f"handlers.commands.{listed.module}"), listed.attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(name)(found)
        found = alone
    command = get_command(found)
    command.name = name
    return command


app = typer.Typer(
    name="weaudit",
    cls=Commands,
    help="Never miss a WeChat code review verdict.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _main(
    env_file: Annotated[
        Path | None, typer.Option(readable=False, help="Where the settings are; .env in this folder, if not given.")
    ] = None,
    *,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    use_env_file(env_file)
    if show_version:
        print(version("weaudit"))  # noqa: T201 the answer to what was asked
        raise typer.Exit
