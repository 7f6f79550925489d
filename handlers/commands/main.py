"""Where the command begins: it ends when it is told to, and writes to any terminal."""

import io
import os
import signal
import sys
from pathlib import Path
from types import FrameType


def main() -> None:
    """Run the command line."""
    # Until a process says how it wants to end, a signal just ends it, without a trace of the imports; as PID 1 of a
    # container it would otherwise not even do that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    # Whoever closed our output wants none.
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 to the end
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 the same
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        Path.cwd()
    except FileNotFoundError:
        sys.exit("this folder was deleted: go to another one")
    from handlers.commands.app import app  # noqa: PLC0415 while it loads, somebody may press Ctrl-C

    app()


def _end(number: int, _: FrameType | None) -> None:
    os._exit(128 + number)
