import re
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.context import Skipped, Wait
from handlers.reviews import policy
from handlers.reviews.policy import Go, Online
from handlers.wechat.endpoints.audit import AuditStatus, LatestAudit
from handlers.wechat.endpoints.code import Released
from handlers.wechat.endpoints.templates import Template
from service.settings import Verdict, Window
from tests.conftest import outbound

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=SHANGHAI).timestamp()  # a Friday
OFFICE = Window(frozenset(range(5)), time(10), time(18))


def latest(status: AuditStatus, reason: str = "") -> LatestAudit:
    """Give what WeChat says of the newest review."""
    return LatestAudit(auditid=7, status=status, reason=reason)


def at(text: str) -> float:
    """Give a time in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()


RELEASES = [
    (AuditStatus.APPROVED, "release", None, Go(100)),
    (AuditStatus.APPROVED, "gray:10", None, Go(10)),
    (AuditStatus.APPROVED, "hold", None, Skipped("ON_AUDIT_SUCCESS=hold: approved, and a person releases it")),
    (AuditStatus.APPROVED, "release", "Mon-Fri 10:00-18:00", Go(100)),
    (
        AuditStatus.APPROVED,
        "release",
        "Mon-Fri 18:00-20:00",
        Wait(at("2026-11-20 18:00"), "approved; released when RELEASE_WINDOW opens"),
    ),
    (AuditStatus.REJECTED, "release", None, Skipped("the newest review, 7, is rejected, not approved")),
    (AuditStatus.WITHDRAWN, "release", None, Skipped("the newest review, 7, is withdrawn, not approved")),
    (AuditStatus.IN_REVIEW, "release", None, Skipped("review 7 is under way; its own verdict decides")),
    (AuditStatus.DELAYED, "release", None, Skipped("review 7 is under way; its own verdict decides")),
]


@pytest.mark.parametrize(("status", "verdict", "window", "decision"), RELEASES)
def test_releases(status: AuditStatus, verdict: str, window: str | None, decision: object) -> None:
    """A release happens only for an approved newest review, as configured, in the window."""
    settings = {"on_audit_success": verdict, **({"release_window": window} if window else {})}
    read = outbound(**settings)
    assert isinstance(read.on_audit_success, Verdict)
    assert policy.may_release(latest(status), read.on_audit_success, read.release_window, SHANGHAI, NOW) == decision


RESUBMISSIONS = [
    ({}, Go()),
    ({"hold": True}, Skipped("ON_AUDIT_FAIL=hold: a person decides")),
    ({"reasons": None}, Skipped("the reason does not match RESUBMIT_REASONS; a person decides")),
    ({"reasons": "别的"}, Skipped("the reason does not match RESUBMIT_REASONS; a person decides")),
    ({"round": 2}, Skipped("submitted 2 times; RESUBMIT_LIMIT=1 allows no more")),
    ({"limit": 0}, Skipped("submitted 1 times; RESUBMIT_LIMIT=0 allows no more")),
    ({"rejected_at": NOW - 599}, Wait(NOW + 1, "submitted again after RESUBMIT_DELAY=600 s")),
    ({"status": AuditStatus.APPROVED}, Skipped("the newest review, 7, is approved, not rejected")),
    ({"status": AuditStatus.IN_REVIEW}, Skipped("the newest review, 7, is in_review, not rejected")),
]


@pytest.mark.parametrize(("changes", "decision"), RESUBMISSIONS)
def test_resubmissions(changes: dict[str, object], decision: object) -> None:
    """A version is submitted again only if reason, limit, delay and WeChat allow it."""
    facts = {
        "status": AuditStatus.REJECTED,
        "hold": False,
        "reasons": "类目",
        "limit": 1,
        "delay": 600,
        "round": 1,
        "rejected_at": NOW - 600,
        **changes,
    }
    pattern = facts.pop("reasons")
    facts["reasons"] = re.compile(str(pattern)) if pattern else None
    review = latest(AuditStatus(facts.pop("status")), "1:服务类目不符")  # type: ignore[arg-type]
    assert policy.may_resubmit(review, now=NOW, **facts) == decision  # type: ignore[arg-type]


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
    assert policy.next_opening(OFFICE, SHANGHAI, at(now)) == at(opening)


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
    if opens == closes or opens.hour < 4:  # clocks change at night; an hour that does not exist opens nothing
        return
    timezone = ZoneInfo(zone)
    opening = policy.next_opening(Window(frozenset(days), opens, closes), timezone, now)
    local = datetime.fromtimestamp(opening, timezone)
    assert now <= opening <= now + 8 * 86_400
    assert local.weekday() in days
    assert opens <= local.time() <= closes


SUBMITTED, ONLINE_SINCE = 1_000, 2_000
REFUSED = [
    (7, AuditStatus.APPROVED, ("1.0", ONLINE_SINCE), Online()),
    (7, AuditStatus.APPROVED, ("1.0", SUBMITTED - 1), None),
    (7, AuditStatus.APPROVED, ("0.9", ONLINE_SINCE), None),
    (7, AuditStatus.APPROVED, None, None),
    (7, AuditStatus.WITHDRAWN, None, Skipped("review 7 is withdrawn meanwhile, not approved")),
    (8, AuditStatus.IN_REVIEW, None, Skipped("review 8 is newer than 7; its own verdict decides")),
    (8, AuditStatus.APPROVED, ("1.0", ONLINE_SINCE), Skipped("review 8 is newer than 7; its own verdict decides")),
]


@pytest.mark.parametrize(("auditid", "status", "online", "decision"), REFUSED)
def test_a_refused_release_is_explained(
    auditid: int, status: AuditStatus, online: tuple[str, int] | None, decision: object
) -> None:
    """By what is online since, or a newer review; else what WeChat said counts."""
    wanted = LatestAudit(auditid=7, status=0, user_version="1.0", submit_audit_time=SUBMITTED)
    newest = LatestAudit(auditid=auditid, status=status)
    released = Released(release_version=online[0], release_time=online[1]) if online else None
    assert policy.after_refusal(wanted, newest, released) == decision


def test_a_push_that_is_older_than_the_newest_review_decides_nothing() -> None:
    """It speaks of another review, whatever it says."""
    newest = LatestAudit(auditid=8, status=0, submit_audit_time=1_000)
    assert isinstance(policy.superseded(newest, 999), Skipped)
    assert policy.superseded(newest, 1_000) is None
    assert policy.superseded(newest, 0) is None, "a push without a time may speak of any"


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
    found = policy.newest_template([Template(template_id=number, **fields) for number, fields in library], 1)
    assert (found.template_id if found else None) == newest
