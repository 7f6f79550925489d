import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.conftest import environment
from tests.handlers.commands.test_pushes import ask

# A terminal has no end that could be read.
END = b"#end#"
NONE = {
    ("dead",): "nothing is dead",
    ("blocked",): "nothing is blocked and nothing is paused",
    ("apps",): "no merchant has authorized the platform yet; a link: weaudit authorize-url --redirect URL",
    ("pushes",): "nothing was pushed yet; weaudit check tells what may be wrong",
    ("pushes", "--state", "dead"): "no push fits that",
}


@pytest.mark.parametrize("command", NONE)
def test_a_person_is_told_that_a_list_has_nothing_and_a_program_is_not(
    tmp_path: Path, store: Engine, command: tuple[str, ...]
) -> None:
    """What cron runs sends no mail then."""
    assert on_a_terminal(tmp_path, store, *command) == f"{NONE[command]}\r\n"
    assert ask(tmp_path, *command).output == ""


@pytest.mark.parametrize("command", NONE)
def test_what_is_to_be_json_is_no_sentence_on_a_terminal_either(
    tmp_path: Path, store: Engine, command: tuple[str, ...]
) -> None:
    """Whoever reads it may have given the command one."""
    assert on_a_terminal(tmp_path, store, *command, "--json") == ""


def on_a_terminal(folder: Path, store: Engine, *command: str) -> str:
    """Run a command whose output is a terminal; give what that shows."""
    known = environment(database_url=str(store.url), weaudit_language="en")
    program = Path(sys.executable).with_name("weaudit")
    ours, its = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal, os.fdopen(its, "wb", buffering=0) as output:
        subprocess.run(
            [program, *command], cwd=folder, stdout=output, env={**os.environ, **known}, timeout=60, check=True
        )
        output.write(END)
        shown = b""
        while not shown.endswith(END):
            shown += terminal.read(1000)
    return shown.removesuffix(END).decode()
