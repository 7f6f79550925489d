"""Blocking work beside the event loop, in threads that never keep a process from ending."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


def aside(work: Callable[[], Result], name: str) -> asyncio.Future[Result]:
    """Do work in a daemon thread; a pool's threads would be waited for at the end, for ever if the database hangs."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def do() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 it is raised where the work is awaited
            _tell(loop, done, error)
        else:
            _tell(loop, done, result)

    threading.Thread(target=do, name=name, daemon=True).start()
    return done


def _tell(loop: asyncio.AbstractEventLoop, done: asyncio.Future[Result], outcome: Result | Exception) -> None:
    def tell() -> None:
        if done.done():
            return
        if isinstance(outcome, Exception):
            done.set_exception(outcome)
        else:
            done.set_result(outcome)

    with suppress(RuntimeError):  # a loop that is closed waits for nothing
        loop.call_soon_threadsafe(tell)
