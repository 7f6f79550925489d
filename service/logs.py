"""Logging, set up once: structlog for us and for the libraries, one line an event, secrets removed."""

import json
import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from typing import Literal, TextIO

import structlog

from service.log_writer import LogWriter

SECRET_NAMES = re.compile(r"token|secret|ticket|password|authorization_?code|auth_?code|aes_?key|^code$", re.IGNORECASE)
# In a query, in JSON, or written as `name: value` where the value is none of a sentence's words: it has a digit.
SECRET_PARAMETERS = re.compile(
    r"(?P<name>(?<![A-Za-z0-9])(?:access_token|component_access_token|refresh_token|secret|appsecret|ticket"
    r"|authorization_code|password|sslpassword)(?:[\"']?\s*=\s*[\"']?|[\"']\s*:\s*[\"']?|\s*:\s*(?=[^\s&\"',}]*\d)))"
    r"(?P<value>[^\s&\"',}]+)",
    re.IGNORECASE,
)
# Whose password is the word password has no secret: our own sentences show what a URL looks like.
URL_PASSWORDS = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]*://[^\s:/@、，]*:)(?!(?:password|密码)@)[^\s]+@", re.IGNORECASE
)
REMOVED = "[removed]"
# Made once: json.dumps would make it anew for each line.
TO_JSON = json.JSONEncoder(ensure_ascii=False, default=repr)


def scrub(text: str) -> str:
    """Remove the values of secret parameters and the passwords of URLs from a text."""
    if "=" not in text and ":" not in text:
        return text
    return URL_PASSWORDS.sub(rf"\g<scheme>{REMOVED}@", SECRET_PARAMETERS.sub(rf"\g<name>{REMOVED}", text))


def remove_secrets(_: object, __: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """Remove what is secret by its name, or by the name in front of it: a structlog processor."""
    for name, value in event.items():
        if _is_secret(name):
            event[name] = REMOVED
        elif isinstance(value, str):
            event[name] = scrub(value)
    return event


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return bool(SECRET_NAMES.search(name))


class _Lines:
    """What structlog hands a rendered line to, past the logging of the standard library, which costs thrice as much."""

    def __init__(self, put: Callable[[str], None]) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = self.exception = self.msg = put


def configure(
    level: str = "INFO", form: Literal["console", "json"] | None = None, stream: TextIO | None = None
) -> None:
    """Set logging up for this process. Without a form, people at a terminal get `console`, everything else `json`."""
    out = stream or sys.stderr
    readable = (form or ("console" if out.isatty() else "json")) == "console"
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        remove_secrets,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if readable
        else structlog.processors.JSONRenderer(serializer=lambda event, **_: TO_JSON.encode(event))
    )
    handler = LogWriter(out)
    lines = _Lines(handler.put)
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=lambda *_: lines,
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        cache_logger_on_first_use=False,
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    for former in root.handlers:
        former.flush()
        former.close()
    root.handlers = [handler]
    # Libraries tell of every request, with its URL; what matters of that we say ourselves.
    root.setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # Apprise puts whole URLs into its errors, and those hold secrets.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)


def flush() -> None:
    """Wait until what was logged is written, but not for long."""
    for handler in logging.getLogger().handlers:
        handler.flush()


def dropped() -> int:
    """Count the lines that were dropped since logging was set up, because nobody read the log."""
    return sum(getattr(handler, "dropped", 0) for handler in logging.getLogger().handlers)
