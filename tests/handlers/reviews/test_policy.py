import re
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handlers.reviews.policy import Policy, against_resubmission, newest_template, next_opening, unmatched
from handlers.wechat.endpoints.templates import Template
from service.choices import Window

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Window(frozenset(range(5)), time(10), time(18))


def at(text: str) -> float:
    """Give a time in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()


REASON = "1:服务类目不符:<br>(1):请补充类目<br>(2):请更换类目<br>2:内容:<br>(1):有测试数据<br>"
RESUBMISSIONS = [
    ({}, ""),
    ({"resubmits": False}, "ON_AUDIT_FAIL=hold: a person decides"),
    ({"reasons": None}, "RESUBMIT_REASONS does not match '服务类目不符: 请补充类目'; a person decides"),
    ({"reasons": "类目"}, "RESUBMIT_REASONS does not match '内容: 有测试数据'; a person decides"),
    ({"reasons": "补充|测试"}, "RESUBMIT_REASONS does not match '服务类目不符: 请更换类目'; a person decides"),
    ({"round": 2}, "submitted 2 times; RESUBMIT_LIMIT=1 allows no more"),
    ({"limit": 0}, "submitted 1 times; RESUBMIT_LIMIT=0 allows no more"),
]


@pytest.mark.parametrize(("changes", "against"), RESUBMISSIONS)
def test_resubmissions(changes: dict[str, Any], against: str) -> None:
    """A version is submitted again only if every reason matches, and the limit allows it."""
    facts = {"resubmits": True, "reasons": "类目|测试", "limit": 1, "round": 1, **changes}
    pattern, round = facts.pop("reasons"), facts.pop("round")
    policy = Policy(**facts, reasons=re.compile(pattern) if pattern else None)
    assert against_resubmission(policy, REASON, round) == against


MATCHES = [
    ("账号", "账号信息不合规范", True),
    ("类目", "账号信息不合规范", False),
    (".", "", False),
    ("类目", '1:类目:<br>如有疑问，请查看<a href="x">详情与反馈。</a>', True),
    ("类目", "1:类目:<br>另外页面打不开", False),
    ("^类目$", "1:类目:<br>", True),
]


@pytest.mark.parametrize(("pattern", "reason", "matches"), MATCHES)
def test_every_reason_has_to_match(pattern: str, reason: str, *, matches: bool) -> None:
    """Numbered or not; WeChat's own last line is no reason, and no reason at all matches nothing."""
    assert (unmatched(re.compile(pattern), reason) is None) == matches


WINDOWS = [
    ("2026-11-20 09:59", "2026-11-20 10:00"),
    ("2026-11-20 10:00", "2026-11-20 10:00"),
    ("2026-11-20 17:59", "2026-11-20 17:59"),
    ("2026-11-20 18:00", "2026-11-23 10:00"),
    ("2026-11-21 12:00", "2026-11-23 10:00"),
    ("2026-11-22 23:59", "2026-11-23 10:00"),
]


@pytest.mark.parametrize(("now", "opening"), WINDOWS)
def test_the_next_opening_of_office_hours(now: str, opening: str) -> None:
    """Open is now; closed is the next morning of a working day."""
    assert next_opening(OFFICE, SHANGHAI, at(now)) == at(opening)


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.times(),
    st.times(),
    st.floats(at("2020-01-01"), at("2030-01-01")),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]),
)
def test_the_next_opening_is_open_and_not_in_the_past(
    days: set[int], one: time, other: time, now: float, zone: str
) -> None:
    """For any window, zone and time, the opening lies in the window, within eight days from now."""
    opens, closes = sorted((one.replace(second=0, microsecond=0), other.replace(second=0, microsecond=0)))
    # Clocks change at night; an hour that does not exist opens nothing.
    assume(opens != closes and opens.hour >= 4)
    timezone = ZoneInfo(zone)
    opening = next_opening(Window(frozenset(days), opens, closes), timezone, now)
    local = datetime.fromtimestamp(opening, timezone)
    assert now <= opening <= now + 8 * 86_400
    assert local.weekday() in days
    assert opens <= local.time() <= closes


OTHER_PRODUCT = {"source_miniprogram_appid": "wxother"}


@pytest.mark.parametrize(
    ("library", "newest"),
    [
        ([(1, {})], None),
        ([(1, {}), (2, {}), (3, {})], 3),
        ([(1, {}), (2, {}), (3, OTHER_PRODUCT)], 2),
        ([(1, {}), (2, {"template_type": 1})], None),
        ([(2, {}), (3, {})], None),
    ],
)
def test_the_newest_template_is_one_of_the_same_product(library: list[tuple[int, Any]], newest: int | None) -> None:
    """Of a former one that was deleted nothing is known, so nothing takes its place."""
    found = newest_template([Template(template_id=number, **fields) for number, fields in library], 1)
    assert (found.template_id if found else None) == newest
