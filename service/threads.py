"""Blocking work in threads that never keep a process from ending; a pool's threads would be waited for at the end."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from queue import SimpleQueue
from typing import TypeVar

# So many wait for more work: to make a thread for each call took longer than the call took otherwise.
MOST_IDLE = 100
IDLE = "idle"
Result = TypeVar("Result")


class _Thread:
    """A daemon thread that does one work after another."""

    def __init__(self) -> None:
        self._work: SimpleQueue[tuple[Callable[[], None], str]] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def do(self, work: Callable[[], None], name: str) -> None:
        """Do what raises nothing, under a name."""
        self._work.put((work, name))

    def _run(self) -> None:
        is_wanted = True
        while is_wanted:
            work, self._thread.name = self._work.get()
            work()
            # It may hold what its caller waits for the end of.
            del work
            self._thread.name = IDLE
            is_wanted = len(_idle) < MOST_IDLE
            if is_wanted:
                _idle.append(self)


_idle: list[_Thread] = []
# In a process that was forked there are none of its parent's threads.
os.register_at_fork(after_in_child=_idle.clear)


def begin(work: Callable[[], Result], name: str) -> "Future[Result]":
    """Begin work in a daemon thread; wait for it as long as you like, and leave it alone if it takes longer."""
    done: Future[Result] = Future()
    # Who no longer waits may cancel its waiting, but not the work, which ends at its own time.
    done.set_running_or_notify_cancel()
    context = copy_context()

    def do() -> None:
        try:
            done.set_result(context.run(work))
        except BaseException as error:  # noqa: BLE001 it is raised where the work is waited for
            done.set_exception(error)

    _idle_or_new().do(do, name)
    return done


def beside_the_loop(work: Callable[[], Result], name: str) -> "asyncio.Future[Result]":
    """Begin work that the running event loop waits for."""
    return asyncio.wrap_future(begin(work, name))


def _idle_or_new() -> _Thread:
    try:
        return _idle.pop()
    except IndexError:
        return _Thread()
