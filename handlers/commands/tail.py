"""`weaudit tail`: the messages that subscribers get, as they go by."""

from typing import Annotated

import typer

from handlers.commands.answering import Json, say
from handlers.commands.configured import read_settings
from handlers.commands.exit_status import WrongUsage
from handlers.processes.background import stop_on_signals
from service.events.message import MessageError, decode_loosely
from service.queue.lost import told_of_loss
from service.queue.passing import passing
from service.settings import Inbound

LONGEST_KEY = 255
IN_MEMORY = (
    "BROKER_URL is memory://, a queue inside one process that nobody else sees. weaudit pushes --follow shows what "
    "comes; to let others subscribe, set BROKER_URL to amqp://… or redis://…"
)


def tail(
    pattern: Annotated[
        str, typer.Argument(help="<event>.<appid>; * is one word, # any: weapp_audit_fail.*, #.wx0123456789abcdef")
    ] = "#",
    *,
    as_json: Json = False,
) -> None:
    """Print messages as they are published, until Ctrl-C; with --json as subscribers get them."""
    settings = read_settings(Inbound)
    if settings.broker_url.startswith("memory:"):
        raise WrongUsage(IN_MEMORY)
    if not pattern or len(pattern.encode()) > LONGEST_KEY:
        raise WrongUsage("a pattern has 1 to {longest} bytes", longest=LONGEST_KEY)
    # Who is just ended by a signal leaves its queue on Redis behind.
    stop = stop_on_signals()
    url, ca_file = settings.broker_url, settings.broker_ca_file
    with told_of_loss(url, ca_file), passing(url, ca_file, pattern) as messages:
        for body in messages:
            if stop.is_set():
                return
            if body is not None:
                say(body.decode(errors="replace") if as_json else _line(body), flush=True)


def _line(body: bytes) -> str:
    try:
        message, _ = decode_loosely(body)
    except MessageError as error:
        return f"something else: {error}"
    return f"{message.time}  {message.id}  {message.event}  {message.subject}"
