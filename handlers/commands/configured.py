"""What every command begins with: its settings, and logging set up by them."""

import structlog

from handlers.commands.env_file import env_file
from service import logs, settings
from service.settings import Side

log = structlog.get_logger(__name__)


def read_settings(kind: type[Side], *, logs_its_work: bool = False) -> Side:
    """Read the settings of a command and set logging up by them; one that only answers logs no more than warnings."""
    read = settings.read(kind, env_file())
    level = read.log_level if logs_its_work or read.log_level in ("DEBUG", "ERROR") else "WARNING"
    logs.configure(level, read.log_format)
    for name, like in settings.unknown().items():
        log.warning("settings.unknown", name=name, **({"did_you_mean": like} if like else {}))
    return read
