import asyncio
import threading
from queue import SimpleQueue

import structlog

from service.threads import IDLE, begin, beside_the_loop
from tests.support.servers import eventually


def test_work_that_nobody_waits_for_any_more_ends_quietly() -> None:
    """Such as a scrape of metrics that hung on the database, at the end of the process."""
    goes_on = threading.Event()
    failed: list[object] = []
    former, threading.excepthook = threading.excepthook, failed.append

    threads: SimpleQueue[threading.Thread] = SimpleQueue()

    def work() -> None:
        threads.put(threading.current_thread())
        goes_on.wait()

    async def give_up() -> None:
        waiting = beside_the_loop(work, "work")
        waiting.cancel()

    asyncio.run(give_up())
    thread = threads.get(timeout=5.0)
    goes_on.set()
    eventually(lambda: thread.name == IDLE)
    threading.excepthook = former
    assert failed == []


def test_work_that_hangs_keeps_no_other_waiting() -> None:
    """It has its thread to itself, and what is begun meanwhile another one."""
    goes_on = threading.Event()
    hanging = begin(goes_on.wait, "hangs")
    assert begin(lambda: "done", "other").result(5.0) == "done"
    goes_on.set()
    assert hanging.result(5.0)


def test_a_thread_that_is_there_does_the_next_work_and_knows_nothing_of_the_former() -> None:
    """What the caller bound to its log lines goes along, and stays with that work."""

    def bound() -> tuple[threading.Thread, dict[str, object]]:
        return threading.current_thread(), structlog.contextvars.get_contextvars()

    with structlog.contextvars.bound_contextvars(appid="wx1"):
        first, told = begin(bound, "bound").result(5.0)
    assert told == {"appid": "wx1"}
    eventually(lambda: first.name == IDLE)
    assert begin(bound, "unbound").result(5.0) == (first, {})
