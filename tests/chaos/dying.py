"""Death at a step that lasts: before and after each commit, each message to the broker, each call of WeChat's."""

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from kombu.message import Message
from kombu.messaging import Producer
from sqlalchemy.engine.default import DefaultDialect


def at(number: int, after: Path) -> None:
    """Let this process die at the step of that number, counted from when a file is there."""
    count = itertools.count(1)

    def step(what: str) -> None:
        if not after.exists():
            return
        reached = next(count)
        if reached == number:
            print(f'{{"event": "chaos.dies", "at": {number}, "step": "{what}"}}', flush=True)  # noqa: T201 its log
            os._exit(9)

    _around(DefaultDialect, "do_commit", step, "commit")
    _around(Producer, "publish", step, "publish")
    _around(httpx2.Client, "send", step, "call")
    _around(Message, "ack", step, "acknowledge")


def _around(owner: type, name: str, step: Callable[[str], None], what: str) -> None:
    inner = getattr(owner, name)

    def outer(self: Any, *args: Any, **kwargs: Any) -> Any:
        step(f"before {what}")
        answer = inner(self, *args, **kwargs)
        step(f"after {what}")
        return answer

    setattr(owner, name, outer)
