"""Whether the parts we depend on answer: each asked once at a time, and never waited for longer than three seconds."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from service.threads import beside_the_loop

log = structlog.get_logger(__name__)

ANSWER_WITHIN = 3.0


class Health:
    """The parts and how to ask each: a function that returns when it answers and raises when it does not."""

    def __init__(self, parts: Mapping[str, Callable[[], None]]) -> None:
        """Take the parts by name."""
        self._parts = parts
        self._asked: dict[str, asyncio.Future[bool]] = {}

    async def silent(self) -> list[str]:
        """Name the parts that do not answer, within three seconds."""
        answers = await asyncio.gather(*(self._answers(part) for part in self._parts))
        return [part for part, answered in zip(self._parts, answers, strict=True) if not answered]

    async def _answers(self, part: str) -> bool:
        """Ask a part, or wait with those who asked before: a part that hangs holds one thread, not one a caller."""
        answer = self._asked.get(part)
        if answer is None:
            answer = self._asked[part] = beside_the_loop(lambda: self._ask(part), f"health-{part}")
            answer.add_done_callback(lambda _: self._asked.pop(part, None))
        try:
            return await asyncio.wait_for(asyncio.shield(answer), ANSWER_WITHIN)
        except TimeoutError:
            return False

    def _ask(self, part: str) -> bool:
        try:
            self._parts[part]()
        except Exception as error:  # noqa: BLE001 any error means the same: it does not answer
            log.warning("health.silent", part=part, error=repr(error))
            return False
        return True
