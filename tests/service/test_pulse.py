import pytest

from service.pulse import STANDS_STILL_AFTER, Pulse, Stands


def test_a_part_says_why_it_is_not_well() -> None:
    """It has not begun, or stands still since its last beat; and nothing while it beats."""
    now = 100.0
    pulse = Pulse(lambda: now)
    with pytest.raises(Stands, match="it has not begun yet"):
        pulse.check()
    pulse.beat("a lane")
    pulse.check()
    now += STANDS_STILL_AFTER + 5
    with pytest.raises(Stands, match="it stands still for 20 s"):
        pulse.check()
