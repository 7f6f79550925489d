"""`weaudit console-password`: the hash of a password, for the settings."""

import sys

import typer

from handlers.commands.answering import say
from handlers.commands.exit_status import WrongUsage
from handlers.console.passwords import hashed

SHORTEST, LONGEST = 12, 256


def console_password() -> None:
    """Ask for a password, and print what CONSOLE_PASSWORD is to be; from a pipe, the first line is the password."""
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password.isprintable():
        raise WrongUsage("a password is text in UTF-8, in one line")
    if not SHORTEST <= len(password) <= LONGEST:
        raise WrongUsage("a password has {shortest} to {longest} characters", shortest=SHORTEST, longest=LONGEST)
    say(f"CONSOLE_PASSWORD={hashed(password)}")
