"""A limit on the time of something that has none of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

Result = TypeVar("Result")


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Do work in a daemon thread and give what it gives; work that takes longer is left alone and its end ignored.

    Raises TimeoutError, and what the work raises.
    """
    done: Future[Result] = Future()

    def do() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 it is raised where the work is waited for
            done.set_exception(error)

    threading.Thread(target=copy_context().run, args=(do,), name="wechat-call", daemon=True).start()
    return done.result(timeout=seconds)
