"""Blocking work in threads that never keep a process from ending; a pool's threads would be waited for at the end."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

Result = TypeVar("Result")


def begin(work: Callable[[], Result], name: str) -> "Future[Result]":
    """Begin work in a daemon thread; wait for it as long as you like, and leave it alone if it takes longer."""
    done: Future[Result] = Future()
    # Who no longer waits may cancel its waiting, but not the work, which ends at its own time.
    done.set_running_or_notify_cancel()

    def do() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 it is raised where the work is waited for
            done.set_exception(error)

    threading.Thread(target=copy_context().run, args=(do,), name=name, daemon=True).start()
    return done


def beside_the_loop(work: Callable[[], Result], name: str) -> "asyncio.Future[Result]":
    """Begin work that the running event loop waits for."""
    return asyncio.wrap_future(begin(work, name))
