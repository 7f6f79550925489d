"""Death at a point that has a name: before or after a commit, a message to the broker, a call of WeChat's.

A point says which part was at it, in which function of ours, and between which two steps that last:
`worker, reviews.calls.note: after commit`.
"""

import os
import re
import sys
import threading
from collections.abc import Callable
from typing import Any

import httpx2
from kombu.message import Message
from kombu.messaging import Producer
from sqlalchemy.engine.default import DefaultDialect

# Functions that everything goes through say nothing about who does it.
THROUGH = re.compile(r"service\.(threads|store\.(engine|heartbeat)|queue\.outbox)$|handlers\.wechat\.")
PARTS = {"wechat": "worker", "people": "worker", "inbox": "web", "work": "relay"}


def at(point: str) -> None:
    """Let this process die when it comes to a point, and name in its log each point that it comes to."""
    seen: set[str] = set()

    def reach(when: str, what: str) -> None:
        here = f"{_who()}: {when} {what}"
        if here not in seen:
            seen.add(here)
            print(f'{{"event": "chaos.point", "name": "{here}"}}', flush=True)  # noqa: T201 its log
        if here == point:
            os._exit(9)

    _around(DefaultDialect, "do_commit", reach, lambda *_: "commit")
    _around(Producer, "publish", reach, lambda *_: "publish")
    _around(httpx2.Client, "send", reach, lambda request, *_: f"call {request.url.path.rpartition('/')[2]}")
    _around(Message, "ack", reach, lambda *_: "acknowledge")


def _who() -> str:
    """Name the part, by its thread, and the function that it is in, by its module without the package."""
    thread = threading.current_thread().name.partition("-")[0]
    frame: Any = sys._getframe(3)
    while frame:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(("handlers.", "service.")) and not THROUGH.match(module):
            place = f"{module.partition('.')[2]}.{frame.f_code.co_name}"
            return f"{PARTS.get(thread, thread)}, {place}"
        frame = frame.f_back
    return PARTS.get(thread, thread)


def _around(owner: type, name: str, reach: Callable[[str, str], None], what: Callable[..., str]) -> None:
    inner = getattr(owner, name)

    def outer(self: Any, *args: Any, **kwargs: Any) -> Any:
        step = what(*args)
        reach("before", step)
        answer = inner(self, *args, **kwargs)
        reach("after", step)
        return answer

    setattr(owner, name, outer)
