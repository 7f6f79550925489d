"""What a reaction answers: done, skipped, or not yet."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """It was done; the note says what."""

    note: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """There was nothing to do; the note says why."""

    note: str


@dataclass(frozen=True, slots=True)
class Wait:
    """It is not time yet: try again at `until`, in Unix seconds; the note says what for.

    `resets_at` is when a limit of WeChat's is reset, if that is what is waited for.
    """

    until: float
    note: str
    resets_at: float | None = None


Answer = Done | Skipped | Wait
