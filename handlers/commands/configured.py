"""What every command begins with: its settings, and logging set up by them."""

import structlog

from handlers.commands.env_file import env_file
from service import logs, settings
from service.settings import Side

log = structlog.get_logger(__name__)


def read_settings(kind: type[Side]) -> Side:
    """Read the settings of a command and set logging up by them."""
    read = settings.read(kind, env_file())
    logs.configure(read.log_level, read.log_format)
    for name, like in settings.unknown().items():
        log.warning("settings.unknown", name=name, **({"did_you_mean": like} if like else {}))
    return read
