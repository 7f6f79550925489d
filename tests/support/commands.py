"""The commands of weaudit, run as a shell would."""

import logging
from contextlib import chdir
from pathlib import Path

import structlog
from typer.testing import CliRunner, Result

from handlers.commands.app import app
from service.settings import Outbound
from tests.conftest import environment


def run(*arguments: str, folder: Path, typed: str | None = None, **changes: str) -> Result:
    """Run a command of weaudit's in this process, in a folder, with settings of the tests, and what is typed to it."""
    root = logging.getLogger()
    before, former = (root.handlers, root.level), structlog.get_config()
    absent = dict.fromkeys((name.upper() for name in Outbound.model_fields), None)
    with chdir(folder):
        ended = CliRunner().invoke(app, arguments, input=typed, env={**absent, **environment(**changes)})
    root.handlers, root.level = before
    structlog.configure(**former)
    return ended
