import asyncio
import threading

from service.threads import beside_the_loop


def test_work_that_nobody_waits_for_any_more_ends_quietly() -> None:
    """Such as a scrape of metrics that hung on the database, at the end of the process."""
    goes_on = threading.Event()
    failed: list[object] = []
    former, threading.excepthook = threading.excepthook, failed.append

    def work() -> None:
        goes_on.wait()

    async def give_up() -> None:
        waiting = beside_the_loop(work, "work")
        waiting.cancel()

    asyncio.run(give_up())
    (thread,) = [each for each in threading.enumerate() if each.name == "work"]
    goes_on.set()
    thread.join()
    threading.excepthook = former
    assert failed == []
