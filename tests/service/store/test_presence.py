from sqlalchemy import Engine

from service.pulse import STANDS_STILL_AFTER, Pulse
from service.store import processes
from service.store.engine import reading
from service.store.presence import Presence
from service.store.processes import SILENT_AFTER, Process
from tests.support.servers import eventually


class Time:
    """A time that the test sets."""

    now = 0.0


def parts(engine: Engine) -> dict[str, Process]:
    """Give the rows by part."""
    with reading(engine) as connection:
        return {each.part: each for each in processes.every(connection)}


def test_a_part_has_a_row_while_it_runs(engine: Engine) -> None:
    """And none when it ended as it was told to."""
    pulse = Pulse()
    pulse.beat()
    with Presence(engine, {"relay": pulse}, every=0.01):
        eventually(lambda: parts(engine), "the row")
        first = parts(engine)["relay"].beat_at
        eventually(lambda: parts(engine)["relay"].beat_at > first, "another beat")
    assert parts(engine) == {}


def test_a_part_that_stands_still_is_seen(engine: Engine) -> None:
    """Its row is moved on no more, though its process lives; that of another part is."""
    time = Time()
    still, well = Pulse(lambda: time.now), Pulse(lambda: time.now)
    still.beat("events")
    presence = Presence(engine, {"relay": still, "worker": well})
    well.beat()
    presence.write()
    time.now += STANDS_STILL_AFTER + 1
    well.beat()
    still.beat("reactions")
    presence.write()
    rows = parts(engine)
    assert rows["worker"].beat_at > rows["relay"].beat_at
    assert rows["relay"].is_alive(rows["relay"].beat_at + SILENT_AFTER - 1)
    assert not rows["relay"].is_alive(rows["relay"].beat_at + SILENT_AFTER + 1)
