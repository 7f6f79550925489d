from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.choices import DAYS, SuccessAction, Window, parse_verdict, parse_window


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("release", SuccessAction("release")), ("HOLD", SuccessAction("hold")), (" gray:10 ", SuccessAction("gray", 10))],
)
def test_a_verdict_is_read(text: str, verdict: SuccessAction) -> None:
    """ON_AUDIT_SUCCESS is release, hold, or gray with a percent."""
    assert parse_verdict(text) == verdict


@pytest.mark.parametrize("text", ["gray", "gray:", "gray:0", "gray:101", "gray:x", "release:5", "hold:1", "no"])
def test_anything_else_is_no_verdict(text: str) -> None:
    """A percent belongs to gray alone, from 1 to 100."""
    with pytest.raises(ValueError, match=text):
        parse_verdict(text)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("Mon-Fri 10:00-18:00", Window(frozenset(range(5)), time(10), time(18))),
        ("sat-mon 9:30-23:59", Window(frozenset({5, 6, 0}), time(9, 30), time(23, 59))),
        ("Wed 00:00-00:01", Window(frozenset({2}), time(0), time(0, 1))),
    ],
)
def test_a_window_is_read(text: str, window: Window) -> None:
    """RELEASE_WINDOW has days, which may wrap round the weekend, and hours."""
    assert parse_window(text) == window


@given(st.sampled_from(DAYS), st.sampled_from(DAYS), st.times(), st.times())
def test_what_is_chosen_is_written_as_it_is_read(first: str, last: str, opens: time, closes: time) -> None:
    """So that whoever is shown it can write it into an env file."""
    hours = f"{opens:%H:%M}-{closes:%H:%M}" if opens < closes else "00:00-24:00"
    try:
        window = parse_window(f"{first}-{last} {hours}")
    except ValueError:
        return
    assert parse_window(str(window)) == window
    verdict = parse_verdict(f"gray:{opens.minute + 1}")
    assert parse_verdict(str(verdict)) == verdict


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}-[A-Z][a-z]{2} \d\d:\d\d-\d\d:\d\d", fullmatch=True))
def test_any_other_text_is_refused_as_a_window(text: str) -> None:
    """Whatever is read is a window that opens before it closes; all else is a ValueError."""
    try:
        window = parse_window(text)
    except ValueError:
        return
    assert isinstance(window, Window)
    assert window.opens < window.closes
