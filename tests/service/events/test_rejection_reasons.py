import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.events.rejection_reasons import parse
from tests.conftest import SAMPLES

SEEN = {sample["id"]: sample for sample in json.loads((SAMPLES / "reasons.json").read_text("utf-8"))}
PIECES = st.sampled_from(["1:", "2:", "(1):", "（2）：", "<br>", "\n", " ", "标题", "：", "12:30", "<a href='x'>", "0"])


@pytest.mark.parametrize("sample", SEEN.values(), ids=SEEN)
def test_reasons_seen_in_public_are_taken_apart(sample: dict[str, object]) -> None:
    """Each reason that was seen in public gives the titles and details that a person reads in it."""
    titles, unparsed = parse(str(sample["reason"]))
    assert [[title, list(details)] for title, details in titles] == sample["titles"]
    assert list(unparsed) == sample["unparsed"]


@given(st.text() | st.lists(PIECES).map("".join))
def test_no_text_makes_it_fail_and_none_is_lost(reason: str) -> None:
    """Any text is taken apart without an error, and every letter of it is still there."""
    titles, unparsed = parse(reason)
    kept = "".join([*(title + "".join(details) for title, details in titles), *unparsed])
    letters = re.compile(r"[^\W\d_]")
    without_breaks = re.sub(r"<br\s*/?>", "", reason, flags=re.IGNORECASE)
    assert sorted(letters.findall(kept)) == sorted(letters.findall(without_breaks))


def test_a_time_of_day_is_no_title() -> None:
    """A number with a colon inside a sentence does not begin a title."""
    assert parse("1:内容不符:<br>(1):测试时间 12:30 打不开<br>").titles == (("内容不符", ("测试时间 12:30 打不开",)),)
