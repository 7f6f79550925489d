"""Where the command begins: quiet when it is stopped before it has begun."""

import signal


def main() -> None:
    """Run the command line."""
    # Until a process says how it wants to end, Ctrl-C just ends it, without a trace of the imports.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from handlers.commands.app import app  # noqa: PLC0415 while it loads, somebody may press Ctrl-C

    app()
