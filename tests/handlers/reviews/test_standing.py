from datetime import datetime
from typing import Any

import pytest

from handlers.reviews.policy import Policy
from handlers.reviews.standing import Standing, Where, standing
from handlers.reviews.standing_texts import TEXTS
from handlers.wechat.error_codes import SHANGHAI
from service.choices import SuccessAction, Window, parse_window
from service.store.history.pushes import PushHistory, ReactionStatus
from service.store.history.timeline import Stopped
from service.store.reviews import Review, State
from tests.conftest import APP

NOW = datetime(2026, 11, 28, 22, 0, tzinfo=SHANGHAI).timestamp()
HOLD = Policy(on_success=SuccessAction("hold"))
WINDOW = parse_window("Mon-Fri 10:00-18:00")
CLOSED = Policy(window=WINDOW if isinstance(WINDOW, Window) else None)
RESUBMITS = Policy(resubmits=True)


def row(state: State, **fields: Any) -> Review:
    """Give the row of a version."""
    known: dict[str, Any] = {
        "id": 1,
        "appid": APP,
        "state": state,
        "user_version": "1.0",
        "auditid": 400000001,
        "changed_at": NOW,
    }
    return Review(**{**known, **fields})


def stopped(state: str, note: str, waits_for: str = "", due_at: float | None = None) -> Stopped:
    """Give a reaction that does not go on."""
    reaction = ReactionStatus("weaudit.release", state, 1, note, NOW, due_at, waits_for)
    return Stopped(PushHistory("f" * 32, "wechat.weapp_audit_success", APP, NOW, (reaction,)), reaction)


PAUSED = Policy(pause="paused", why_paused="x")
OLD = Stopped(
    PushHistory("e" * 32, "wechat.weapp_audit_success", APP, NOW - 9, ()),
    ReactionStatus("weaudit.release", "dead", 1, "x", NOW - 9, None),
)
ORDERED = row(State.REJECTED, reason="x", again=True, request="{}")


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (standing(None, [], Policy(), NOW), Where.NOTHING),
        (standing(row(State.RELEASED), [stopped("dead", "x")], Policy(), NOW), Where.RELEASED),
        (standing(row(State.APPROVED), [], HOLD, NOW), Where.HELD),
        (standing(row(State.APPROVED, ordered=True), [], HOLD, NOW), Where.RELEASING),
        (standing(row(State.APPROVED), [], CLOSED, NOW), Where.WINDOW),
        (standing(row(State.APPROVED), [], Policy(), NOW), Where.RELEASING),
        (standing(row(State.REJECTED, reason="x"), [], Policy(), NOW), Where.REJECTED),
        (standing(ORDERED, [], Policy(), NOW), Where.RESUBMITTED_LATER),
        (standing(row(State.REJECTED, ordered=True, request="{}"), [], Policy(), NOW), Where.REJECTED),
        (standing(row(State.PLANNED), [], PAUSED, NOW), Where.PAUSED),
        (standing(row(State.APPROVED, ordered=True), [], PAUSED, NOW), Where.RELEASING),
        (standing(row(State.IN_REVIEW), [OLD], Policy(), NOW), Where.IN_REVIEW),
        (standing(row(State.COMMITTED, note="checked (61039)"), [], Policy(), NOW), Where.PRIVACY),
        (standing(row(State.PLANNED), [], Policy(), NOW), Where.ON_ITS_WAY),
        (standing(row(State.IN_REVIEW), [], Policy(), NOW), Where.IN_REVIEW),
        (standing(row(State.SUPERSEDED), [], Policy(), NOW), Where.OVERTAKEN),
        (standing(row(State.CONFLICT), [], Policy(), NOW), Where.CONFLICT),
        (standing(row(State.APPROVED), [stopped("blocked", "x", "ip_whitelist")], Policy(), NOW), Where.BLOCKED),
        (standing(row(State.APPROVED), [stopped("blocked", "x", f"paused:{APP}")], Policy(), NOW), Where.PAUSED),
        (standing(row(State.APPROVED), [stopped("dead", "x")], Policy(), NOW), Where.DEAD),
    ],
    ids=lambda value: value.value if isinstance(value, Where) else "",
)
def test_where_a_version_stands(found: Standing, where: Where) -> None:
    """By its row, what is stopped, and policy."""
    assert found.where is where


def test_it_says_until_when() -> None:
    """The window opens on Monday; a review is asked for when no push came; a resubmission has its delay."""
    monday = datetime(2026, 11, 30, 10, 0, tzinfo=SHANGHAI).timestamp()
    assert standing(row(State.APPROVED), [], CLOSED, NOW).until == monday
    assert standing(row(State.IN_REVIEW), [], Policy(push_within=60), NOW).until == NOW + 60
    assert standing(ORDERED, [], RESUBMITS, NOW).until == NOW + RESUBMITS.delay


def test_each_has_its_words_in_both_languages() -> None:
    """None is forgotten, and none of them is empty."""
    assert set(TEXTS) == set(Where)
    assert all(says.state for texts in TEXTS.values() for says in texts.values())
    assert all(set(texts) == {"en", "zh"} for texts in TEXTS.values())
