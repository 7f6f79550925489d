"""Which env file a command reads: what `--env-file` names, or .env in this folder."""

from contextvars import ContextVar
from pathlib import Path

from handlers.commands.exit_status import WrongUsage

ENV_FILE = ".env"
_env_file: ContextVar[str] = ContextVar("env_file", default=ENV_FILE)


def env_file() -> str:
    """Return the env file of this command."""
    return _env_file.get()


def use_env_file(path: Path | None) -> None:
    """Let the settings of this command come from a file, which has to be there; from .env without one.

    Raises WrongUsage.
    """
    if path and not path.exists():
        raise WrongUsage("--env-file {path}: there is no such file", path=path)
    _env_file.set(str(path or ENV_FILE))
