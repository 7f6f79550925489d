"""What the examples of the life of a version are made of: rows, what WeChat shows, what people want."""

import re
from dataclasses import replace
from datetime import time
from typing import Any

from handlers.reviews.policy import Policy, next_opening
from handlers.reviews.steps import (
    QUIET,
)
from handlers.wechat.endpoints.audit import AuditStatus, LatestAudit
from handlers.wechat.endpoints.code import Experience, OnlineVersion
from handlers.wechat.endpoints.online import GrayReleasePlan
from handlers.wechat.error_codes import SHANGHAI
from service.choices import SuccessAction, Window
from service.store.reviews import AFTER_REVIEW, BEFORE_REVIEW, Review, State, Wanted

NOW = 1_000_000.0
CLOSED = Window(frozenset(range(7)), time(18), time(18, 1))
OPENS = next_opening(CLOSED, SHANGHAI, NOW)
MARK, OTHER = "1.0", "9.9"
OURS, THEIRS = "x ·k3f9", "theirs"
FORMER, AUDITID, NEWER = 6, 7, 8
RELEASE = Policy(push_within=60)
GRAY, HOLD = Policy(on_success=SuccessAction("gray", 5)), Policy(on_success=SuccessAction("hold"))
APPROVED, REJECTED, IN_REVIEW, WITHDRAWN = (
    AuditStatus.APPROVED,
    AuditStatus.REJECTED,
    AuditStatus.IN_REVIEW,
    AuditStatus.WITHDRAWN,
)


def row(state: State, **changes: Any) -> Review:
    """Give a row of ours, with a mark, as it is in a state."""
    has_review = state not in BEFORE_REVIEW
    known: dict[str, Any] = {
        "plan": "p",
        "mark": "k3f9",
        "user_desc": "x",
        "commit_body": "{}",
        "request": "{}",
        "former_trial": 100,
        "former_auditid": FORMER,
        "auditid": AUDITID if has_review else None,
        "trial": 200,
        "former_release": 100 if state in AFTER_REVIEW else None,
        "former_gray": 0,
        "submitted_at": 500.0 if has_review else 0.0,
        "changed_at": NOW - 60,
    }
    return Review(**{"id": 1, "appid": "wx1", "state": state, "user_version": "1.0", **known, **changes})


def review(auditid: int, status: AuditStatus, desc: str = THEIRS, version: str = OTHER) -> LatestAudit:
    """Give a newest review."""
    return LatestAudit(auditid=auditid, status=status, user_version=version, user_desc=desc, submit_audit_time=500)


def ours(status: AuditStatus = IN_REVIEW, auditid: int = AUDITID) -> LatestAudit:
    """Give our own review as the newest."""
    return review(auditid, status, OURS, "1.0")


def trial(at: int, desc: str = OURS, version: str = "1.0") -> Experience:
    """Give a trial version."""
    return Experience(exp_time=at, exp_version=version, exp_desc=desc)


def online(at: int, desc: str = OURS, version: str = "1.0") -> OnlineVersion:
    """Give what is online."""
    return OnlineVersion(release_time=at, release_version=version, release_desc=desc)


def plan(status: int, at: int = 900) -> GrayReleasePlan:
    """Give a gray release."""
    return GrayReleasePlan(status=status, create_timestamp=at, gray_percentage=10)


MINE = trial(200)
FOREIGN = trial(300, THEIRS, OTHER)
BEFORE = trial(100, THEIRS, "0.9")
JUST = {"called_at": NOW - 10}
LATELY = {"called_at": NOW - 20}
LONG_AGO = {"called_at": NOW - QUIET}
WITHDRAW, TAKE_BACK = {"wanted": Wanted.WITHDRAW}, {"wanted": Wanted.TAKE_BACK}
ROLLS_BACK = {**TAKE_BACK, "percent": 100}
AGAIN = Policy(resubmits=True, reasons=re.compile("."), delay=0)
LATER = replace(AGAIN, delay=600)
WHY = {"reason": "1:x:<br>"}
OTHER_ROW = row(State.PLANNED, id=2, user_version="2.0")
