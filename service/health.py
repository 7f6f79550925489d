"""Whether the parts we depend on answer: each asked once at a time, and never waited for longer than three seconds."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

import structlog
from sqlalchemy import Engine, text

from service.database import reading

log = structlog.get_logger(__name__)

ANSWER_WITHIN = 3.0


def database_answers(engine: Engine) -> None:
    """Ask the database for anything; raises what the database raises."""
    with reading(engine) as connection:
        connection.execute(text("SELECT 1"))


class Health:
    """The parts and how to ask each: a function that returns when it answers and raises when it does not."""

    def __init__(self, parts: Mapping[str, Callable[[], None]]) -> None:
        """Take the parts by name."""
        self._parts = parts
        self._asking: set[str] = set()

    async def silent(self) -> list[str]:
        """Name the parts that do not answer, within three seconds."""
        answers = await asyncio.gather(*(self._answers(part) for part in self._parts))
        return [part for part, answered in zip(self._parts, answers, strict=True) if not answered]

    async def _answers(self, part: str) -> bool:
        if part in self._asking:  # frozen: the one who asked before still waits, and one thread that hangs is enough
            return False
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()
        self._asking.add(part)
        threading.Thread(target=self._ask, args=(part, loop, answer), name=f"health-{part}", daemon=True).start()
        try:
            return await asyncio.wait_for(answer, ANSWER_WITHIN)
        except TimeoutError:
            return False

    def _ask(self, part: str, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[bool]) -> None:
        try:
            self._parts[part]()
            answered = True
        except Exception as error:  # noqa: BLE001 any error means the same: it does not answer
            log.warning("health.silent", part=part, error=repr(error))
            answered = False
        self._asking.discard(part)
        with suppress(RuntimeError):  # a loop that is closed waits for nothing
            loop.call_soon_threadsafe(_answer, answer, answered)


def _answer(answer: asyncio.Future[bool], answered: bool) -> None:  # noqa: FBT001 what a future is told
    if not answer.done():
        answer.set_result(answered)
