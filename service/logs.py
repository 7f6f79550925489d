"""Logging, set up once: structlog for us and for the libraries, one line an event, secrets removed."""

import logging
import re
import sys
import time
from collections.abc import Callable, MutableMapping
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
URL_PASSWORDS = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s]+@", re.IGNORECASE)
REMOVED = "[removed]"
OURS = ("crypto", "service", "handlers")


def scrub(text: str) -> str:
    """Remove the values of secret parameters and the passwords of URLs from a text."""
    return URL_PASSWORDS.sub(rf"\g<scheme>{REMOVED}@", SECRET_PARAMETERS.sub(rf"\g<name>{REMOVED}", text))


def remove_secrets(_: object, __: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """Remove what is secret by its name, or by the name in front of it: a structlog processor."""
    for name, value in event.items():
        if SECRET_NAMES.search(name):
            event[name] = REMOVED
        elif isinstance(value, str):
            event[name] = scrub(value)
    return event


class Seldom:
    """Says something at most once in a while, and then how often it was the case since the last time."""

    def __init__(self, every: float = 60.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take how many seconds a while is."""
        self._every = every
        self._monotonic = monotonic
        self._said_at: float | None = None
        self._times = 0

    def warn(self, log: structlog.stdlib.BoundLogger, event: str, *, times: int = 1, **fields: object) -> None:
        """Log a warning, or only count it."""
        self._times += times
        now = self._monotonic()
        if self._said_at is None or now - self._said_at >= self._every:
            log.warning(event, times=self._times, **fields)
            self._said_at, self._times = now, 0


class News:
    """Says what is wrong once, until it is another thing or over: what goes on is no news."""

    def __init__(self) -> None:
        """Begin with nothing wrong."""
        self._known = ""

    def warn(self, log: structlog.stdlib.BoundLogger, event: str, *, error: str, **fields: object) -> None:
        """Log a warning if it is news, else for debugging."""
        (log.warning if error != self._known else log.debug)(event, error=error, **fields)
        self._known = error

    def over(self) -> None:
        """Take note that nothing is wrong."""
        self._known = ""


def configure(
    level: str = "INFO", form: Literal["console", "json"] | None = None, stream: TextIO | None = None
) -> None:
    """Set logging up for this process. Without a form, people at a terminal get `console`, everything else `json`."""
    out = stream or sys.stderr
    readable = (form or ("console" if out.isatty() else "json")) == "console"
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        remove_secrets,
    ]
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if readable
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = LogWriter(out)
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
    for ours in OURS:
        logging.getLogger(ours).setLevel(level)
    # Apprise puts whole URLs into its errors, and those hold secrets.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)


def flush() -> None:
    """Wait until what was logged is written, but not for long."""
    for handler in logging.getLogger().handlers:
        handler.flush()


def dropped() -> int:
    """Count the lines that were dropped since logging was set up, because nobody read the log."""
    return sum(getattr(handler, "dropped", 0) for handler in logging.getLogger().handlers)
