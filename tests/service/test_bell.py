import threading

from service.bell import Bell

LONG = 60.0
SHORT = 5.0


def test_who_waits_hears_a_ring() -> None:
    """Each of those that wait."""
    bell = Bell()
    heard: list[int] = []
    waiting = [threading.Thread(target=lambda: heard.append(bell.wait(0, LONG))) for _ in range(2)]
    for thread in waiting:
        thread.start()
    bell.ring()
    for thread in waiting:
        thread.join(SHORT)
    assert heard == [1, 1]


def test_a_ring_before_somebody_waits_is_not_lost() -> None:
    """And is heard once: then the time passes."""
    bell = Bell()
    bell.ring()
    bell.ring()
    assert bell.wait(0, LONG) == 2
    assert bell.wait(2, 0.01) == 2
