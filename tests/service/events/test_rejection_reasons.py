import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.events.rejection_reasons import BREAK, parse
from tests.conftest import SAMPLES

SEEN = {sample["id"]: sample for sample in json.loads((SAMPLES / "reasons.json").read_text("utf-8"))}
PIECES = st.sampled_from(
    [
        "1:",
        "2:",
        "(1):",
        "（2）：",
        "<br>",
        "\n",
        " ",
        "标题",
        "：",
        "12:30",
        "<a href='x'>",
        "0",
        "①",
        "1、",
        "</br>",
        "<p>",
    ]
)


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
    letters = re.compile(r"[^\W\d_①-⑳]")
    without_breaks = BREAK.sub("", reason)
    assert sorted(letters.findall(kept)) == sorted(letters.findall(without_breaks))


def test_a_number_with_nothing_behind_it_is_no_title() -> None:
    """White space is none, whatever follows."""
    assert parse("1: \n(1):页面空白").titles == ()


def test_a_time_of_day_is_no_title() -> None:
    """A number with a colon inside a sentence does not begin a title."""
    assert parse("1:内容不符:<br>(1):测试时间 12:30 打不开<br>").titles == (("内容不符", ("测试时间 12:30 打不开",)),)


MARKS = [
    "1:标题:<br>(1):甲<br>(2):乙<br>",
    "1:标题:<br>(1)甲<br>(2)乙",
    "1.标题<br>(1)甲<br>(2)乙",
    "1、标题：<br>（1）甲<br>（2）：乙",
    "1）标题<br>①甲<br>②乙",
    "1:标题:<br class=x>(1):甲</br>(2):乙",
    "1:标题:&lt;br&gt;(1):甲&lt;br/&gt;(2):乙",
    "<p>1:标题:</p><p>(1):甲</p><p>(2):乙</p>",
    "1:标题:\r\n(1):甲\r\n(2):乙",
]


@pytest.mark.parametrize("reason", MARKS)
def test_however_titles_and_details_are_marked_they_are_the_same(reason: str) -> None:
    """As reviewers type them."""
    assert parse(reason) == ((("标题", ("甲", "乙")),), ())


def test_a_detail_goes_on_in_the_next_line() -> None:
    """If nobody broke it off."""
    assert parse("1:标题:<br>(1):甲，\n而且乙<br>请修改").titles == (("标题", ("甲，\n而且乙",)),)
    assert parse("1:标题:<br>(1):甲<br>请修改").unparsed == ("请修改",)


def test_half_a_number_is_no_title() -> None:
    """Nor is one with a unit."""
    assert parse("1.5 倍的页面").titles == ()


def test_titles_in_mid_line_may_come_in_any_order() -> None:
    """Each number is looked for from the beginning, once the one before it was found."""
    titles, unparsed = parse("1:标题一:<br>(1):详情 3:标题三:<br>(1):丙 2:标题二:<br>(1):乙")
    assert titles == (("标题一", ("详情",)), ("标题三", ("丙",)), ("标题二", ("乙",)))
    assert unparsed == ()
