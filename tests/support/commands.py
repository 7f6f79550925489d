"""The commands of weaudit, run as a shell would."""

import logging
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import structlog
from typer.testing import CliRunner, Result

from handlers.commands.app import app
from service.settings import Outbound
from tests.conftest import environment


def run(*arguments: str, folder: Path, typed: str | None = None, **changes: str) -> Result:
    """Run a command of weaudit's in this process, in a folder, with settings of the tests, and what is typed to it."""
    absent = dict.fromkeys((name.upper() for name in Outbound.model_fields), None)
    with chdir(folder), logging_as_before():
        return CliRunner().invoke(app, arguments, input=typed, env={**absent, **environment(**changes)})


@contextmanager
def logging_as_before() -> Iterator[None]:
    """Let a command set up its log in the block, and no test after it have that."""
    root = logging.getLogger()
    before, former = (root.handlers, root.level), structlog.get_config()
    try:
        yield
    finally:
        root.handlers, root.level = before
        structlog.configure(**former)
