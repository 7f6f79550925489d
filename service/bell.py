"""A bell of this process: whoever waits for work hears at once that some was written, and need not be wired to it."""

import threading


class Bell:
    """Counts how often it was rung; who waits says up to which ring he has heard."""

    def __init__(self) -> None:
        """Begin in silence."""
        self._rung = 0
        self._condition = threading.Condition()

    def ring(self) -> None:
        """Let all hear that wait, now or next."""
        with self._condition:
            self._rung += 1
            self._condition.notify_all()

    def wait(self, heard: int, seconds: float) -> int:
        """Wait for a ring after `heard`, or so many seconds; return what is heard by then."""
        with self._condition:
            self._condition.wait_for(lambda: self._rung != heard, seconds)
            return self._rung


# Rung when new pushes were kept. Nobody waits for it alone: other processes, and what reactions write, are not heard.
pushes_kept = Bell()
# Rung when reactions were put on queues in memory, where kombu would sleep and look for them every so often.
reactions_published = Bell()
