"""Examples of the life of a version: a row, what WeChat shows, what people want, and what comes next."""

import re
from dataclasses import replace
from datetime import time
from typing import Any

from handlers.answers import Wait
from handlers.reviews.policy import Policy, next_opening
from handlers.reviews.steps import (
    QUIET,
    Adopt,
    Become,
    Commit,
    Conflict,
    Decline,
    Learn,
    Nothing,
    Release,
    Resubmit,
    Seen,
    Submit,
    TakeBack,
    Withdraw,
)
from handlers.wechat.endpoints.audit import Audit, AuditStatus, LatestAudit
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

# (state of the row, what differs in it, what WeChat shows, the policy, what comes next)
TABLE: list[tuple[State, dict[str, Any], Seen, Policy, Any]] = [
    (State.PLANNED, {}, Seen(), RELEASE, Commit()),
    (State.PLANNED, {}, Seen(others=(OTHER_ROW,)), RELEASE, (State.SUPERSEDED,)),
    (State.PLANNED, {}, Seen(review(5, IN_REVIEW)), RELEASE, Wait),
    (State.PLANNED, {}, Seen(review(5, AuditStatus.DELAYED)), RELEASE, Wait),
    *((State.PLANNED, {}, Seen(review(5, status)), RELEASE, Commit()) for status in (APPROVED, REJECTED, WITHDRAWN)),
    *(
        (State.PLANNED, {}, Seen(others=(row(state, id=0),)), RELEASE, Wait)
        for state in (State.COMMITTING, State.COMMITTED, State.SUBMITTING)
    ),
    (State.PLANNED, {}, Seen(others=(row(State.CONFLICT, id=0, **JUST),)), RELEASE, Wait),
    (State.PLANNED, {}, Seen(others=(row(State.CONFLICT, id=0, **LONG_AGO),)), RELEASE, Commit()),
    (State.COMMITTING, JUST, Seen(trial=MINE), RELEASE, (State.COMMITTED,)),
    (State.COMMITTING, JUST, Seen(trial=trial(100)), RELEASE, (State.COMMITTED,)),
    (State.COMMITTING, JUST, Seen(trial=FOREIGN), RELEASE, Conflict),
    (State.COMMITTING, JUST, Seen(trial=BEFORE), RELEASE, Wait),
    (State.COMMITTING, LONG_AGO, Seen(trial=BEFORE), RELEASE, Commit()),
    (State.COMMITTING, {"mark": "", "answer": 0, **JUST}, Seen(trial=trial(200, "x")), RELEASE, (State.COMMITTED,)),
    (State.COMMITTING, {"mark": "", **JUST}, Seen(trial=trial(200, "x")), RELEASE, Conflict),
    (State.COMMITTED, {}, Seen(trial=MINE), RELEASE, Submit()),
    (State.COMMITTED, {}, Seen(ours(), trial=MINE), RELEASE, Adopt(ours())),
    (State.COMMITTED, {}, Seen(trial=MINE, others=(OTHER_ROW,)), RELEASE, (State.SUPERSEDED,)),
    (State.COMMITTED, {}, Seen(trial=FOREIGN), RELEASE, Conflict),
    (State.COMMITTED, {}, Seen(trial=MINE, checked=False), RELEASE, Wait),
    (State.COMMITTED, {}, Seen(trial=MINE, left=0), RELEASE, Wait),
    (State.COMMITTED, {}, Seen(trial=MINE, left=3), Policy(reserve=3), Wait),
    (State.COMMITTED, {}, Seen(trial=MINE, left=4), Policy(reserve=3), Submit()),
    (State.COMMITTED, {}, Seen(review(NEWER, IN_REVIEW), trial=MINE), RELEASE, Wait),
    (State.COMMITTED, {"mark": "", "trial": 200}, Seen(trial=trial(200, "x")), RELEASE, Submit()),
    (State.COMMITTED, {"mark": "", "trial": 200}, Seen(trial=trial(201, "x")), RELEASE, Conflict),
    (State.SUBMITTING, JUST, Seen(ours(), trial=MINE), RELEASE, Adopt(ours())),
    (State.SUBMITTING, JUST, Seen(ours(APPROVED), trial=FOREIGN), RELEASE, Adopt(ours(APPROVED))),
    (State.SUBMITTING, JUST, Seen(ours(auditid=FORMER), trial=MINE), RELEASE, Wait),
    (State.SUBMITTING, {"mark": "", **JUST}, Seen(review(NEWER, IN_REVIEW, "x", "1.0")), RELEASE, Conflict),
    (State.SUBMITTING, {"mark": "", "plan": "", **JUST}, Seen(review(NEWER, IN_REVIEW, "x", "1.0")), RELEASE, Adopt),
    (State.SUBMITTING, JUST, Seen(review(NEWER, IN_REVIEW)), RELEASE, Wait),
    (State.SUBMITTING, JUST, Seen(review(NEWER, REJECTED)), RELEASE, Conflict),
    (State.SUBMITTING, JUST, Seen(trial=MINE), RELEASE, Wait),
    (State.SUBMITTING, LONG_AGO, Seen(trial=MINE), RELEASE, Submit()),
    (State.SUBMITTING, LONG_AGO, Seen(trial=FOREIGN), RELEASE, Conflict),
    (State.SUBMITTING, {"answer": 85009, "refusals": 1, **JUST}, Seen(trial=MINE), RELEASE, Wait),
    (State.SUBMITTING, {"answer": 85009, "refusals": 2, **LONG_AGO}, Seen(trial=MINE), RELEASE, Submit()),
    (State.SUBMITTING, {"answer": 85009, "refusals": 3, **JUST}, Seen(trial=MINE), RELEASE, Conflict),
    (State.IN_REVIEW, {}, Seen(ours()), RELEASE, Nothing),
    (State.IN_REVIEW, {}, Seen(review(AUDITID, IN_REVIEW)), RELEASE, Conflict),
    (State.IN_REVIEW, {}, Seen(review(AUDITID, IN_REVIEW, "")), RELEASE, Nothing),
    (State.IN_REVIEW, {}, Seen(ours(APPROVED)), RELEASE, (State.APPROVED,)),
    (State.IN_REVIEW, {}, Seen(ours(REJECTED)), RELEASE, (State.REJECTED,)),
    (State.IN_REVIEW, {}, Seen(ours(WITHDRAWN)), RELEASE, (State.WITHDRAWN,)),
    (State.IN_REVIEW, {}, Seen(ours(AuditStatus.DELAYED)), RELEASE, (State.DELAYED,)),
    *(
        (State.IN_REVIEW, changes, Seen(ours(status)), Policy(push_within=61), expected)
        for status in (APPROVED, REJECTED)
        for changes, expected in (
            ({}, Nothing),
            ({"pushed_at": NOW}, Become),
            ({"ordered": True}, Become),
        )
    ),
    (State.IN_REVIEW, {}, Seen(ours(WITHDRAWN)), Policy(push_within=61), (State.WITHDRAWN,)),
    (State.CONFLICT, {}, Seen(ours(APPROVED)), Policy(push_within=61), Nothing),
    (State.DELAYED, {}, Seen(ours(AuditStatus.DELAYED)), RELEASE, Nothing),
    (State.DELAYED, {}, Seen(ours(APPROVED)), RELEASE, (State.APPROVED,)),
    (State.DELAYED, {}, Seen(ours()), RELEASE, (State.IN_REVIEW,)),
    (State.IN_REVIEW, {}, Seen(None), RELEASE, Nothing),
    (State.IN_REVIEW, {"changed_at": NOW - 601}, Seen(None), RELEASE, Conflict),
    (State.IN_REVIEW, {}, Seen(review(NEWER, IN_REVIEW)), RELEASE, (State.SUPERSEDED,)),
    (State.IN_REVIEW, {}, Seen(review(NEWER, IN_REVIEW), Audit(status=REJECTED)), RELEASE, (State.REJECTED,)),
    (State.IN_REVIEW, {}, Seen(review(NEWER, IN_REVIEW), Audit(status=IN_REVIEW)), RELEASE, Nothing),
    (State.IN_REVIEW, {"pushed_at": NOW - 1}, Seen(ours()), RELEASE, NOW + 4),
    (State.IN_REVIEW, {"pushed_at": NOW - 5}, Seen(ours()), RELEASE, NOW + 15),
    (State.IN_REVIEW, {"pushed_at": NOW - 20}, Seen(ours()), RELEASE, NOW + 45),
    (State.IN_REVIEW, {"pushed_at": NOW - 3600}, Seen(ours()), RELEASE, Nothing),
    (State.IN_REVIEW, WITHDRAW, Seen(ours()), RELEASE, Withdraw()),
    (State.DELAYED, WITHDRAW, Seen(ours(AuditStatus.DELAYED)), RELEASE, Withdraw()),
    (State.IN_REVIEW, {**WITHDRAW, **JUST}, Seen(ours()), RELEASE, NOW + 5),
    (State.IN_REVIEW, {**WITHDRAW, "refusals": 1, **LONG_AGO}, Seen(ours()), RELEASE, Withdraw()),
    (State.IN_REVIEW, {**WITHDRAW, "refusals": 2, **LONG_AGO}, Seen(ours()), RELEASE, Decline),
    (State.IN_REVIEW, WITHDRAW, Seen(ours(WITHDRAWN)), RELEASE, (State.WITHDRAWN,)),
    *(
        (State.IN_REVIEW, WITHDRAW, Seen(ours(APPROVED)), policy, (State.APPROVED,))
        for policy in (RELEASE, Policy(push_within=61))
    ),
    (State.IN_REVIEW, WITHDRAW, Seen(None), RELEASE, NOW + 5),
    (State.IN_REVIEW, WITHDRAW, Seen(review(FORMER, APPROVED)), RELEASE, NOW + 5),
    (State.APPROVED, WITHDRAW, Seen(ours(APPROVED)), RELEASE, Nothing),
    (State.APPROVED, {"wanted": Wanted.HOLD}, Seen(ours(APPROVED)), RELEASE, Nothing),
    (State.REJECTED, {**WITHDRAW, **WHY}, Seen(ours(REJECTED), trial=MINE), AGAIN, Nothing),
    (State.RELEASED, TAKE_BACK, Seen(ours(APPROVED), online=online(200)), HOLD, TakeBack()),
    (State.RELEASED, TAKE_BACK, Seen(ours(APPROVED), online=online(300, THEIRS, OTHER)), RELEASE, Decline),
    (State.RELEASED, {}, Seen(ours(APPROVED), online=online(200)), RELEASE, Nothing),
    (State.RELEASED, TAKE_BACK, Seen(online=online(200), plan=plan(1)), RELEASE, Decline),
    (State.RELEASED, TAKE_BACK, Seen(online=online(200), others=(row(State.RELEASING, id=2),)), RELEASE, NOW + 5),
    (State.TAKING_BACK, {**TAKE_BACK, "percent": 5}, Seen(online=online(200)), RELEASE, (State.RELEASED,)),
    (
        *(State.TAKING_BACK, ROLLS_BACK),
        *(Seen(review(NEWER, APPROVED), online=online(300, THEIRS, OTHER)), RELEASE, (State.SUPERSEDED,)),
    ),
    (State.IN_REVIEW, WITHDRAW, Seen(review(NEWER, IN_REVIEW), Audit(status=IN_REVIEW)), RELEASE, Nothing),
    (State.ROLLING_OUT, TAKE_BACK, Seen(ours(APPROVED), plan=plan(1)), RELEASE, TakeBack()),
    (State.ROLLING_OUT, TAKE_BACK, Seen(ours(APPROVED), online=online(200)), RELEASE, (State.RELEASED,)),
    (State.TAKING_BACK, ROLLS_BACK, Seen(online=online(100, THEIRS, "0.9")), RELEASE, (State.TAKEN_BACK,)),
    (State.TAKING_BACK, {**ROLLS_BACK, **JUST}, Seen(online=online(200)), RELEASE, NOW + 5),
    (State.TAKING_BACK, {**ROLLS_BACK, **LONG_AGO}, Seen(online=online(200)), RELEASE, TakeBack()),
    (State.TAKING_BACK, {**ROLLS_BACK, "answer": 0, **LONG_AGO}, Seen(online=online(200)), RELEASE, Decline),
    (State.TAKING_BACK, {**ROLLS_BACK, "mark": "", **LONG_AGO}, Seen(online=online(200, "x")), RELEASE, Decline),
    (State.TAKING_BACK, {**TAKE_BACK, "percent": 5}, Seen(online=online(100, THEIRS)), RELEASE, (State.TAKEN_BACK,)),
    (State.TAKING_BACK, {**TAKE_BACK, "percent": 5, "answer": 0, **LONG_AGO}, Seen(plan=plan(1)), RELEASE, TakeBack()),
    (State.APPROVED, {}, Seen(ours(APPROVED), others=(row(State.TAKING_BACK, id=0),)), RELEASE, Wait),
    (State.APPROVED, {}, Seen(ours(APPROVED)), RELEASE, Release(100)),
    (State.APPROVED, {}, Seen(ours(APPROVED), online=online(200)), RELEASE, (State.RELEASED,)),
    (State.APPROVED, {}, Seen(ours(APPROVED), online=online(100)), RELEASE, Release(100)),
    (State.APPROVED, {}, Seen(ours(APPROVED), online=online(200, THEIRS)), RELEASE, Release(100)),
    (State.APPROVED, {}, Seen(ours(APPROVED), online=online(1, THEIRS)), GRAY, Release(5)),
    (State.APPROVED, {}, Seen(ours(APPROVED)), GRAY, Conflict),
    (State.APPROVED, {"ordered": True}, Seen(ours(APPROVED)), GRAY, Release(100)),
    (State.APPROVED, {"former_gray": None}, Seen(ours(APPROVED), plan=plan(1)), RELEASE, (State.ROLLING_OUT,)),
    (State.APPROVED, {"former_gray": None}, Seen(ours(APPROVED), plan=plan(1, 400)), RELEASE, Wait),
    (State.APPROVED, {}, Seen(ours(APPROVED), plan=plan(1)), HOLD, (State.ROLLING_OUT,)),
    (State.APPROVED, {"answer": 85052, "refusals": 2}, Seen(ours(APPROVED)), RELEASE, Conflict),
    (State.APPROVED, {}, Seen(ours(APPROVED)), Policy(on_success=SuccessAction("hold")), Nothing),
    (State.APPROVED, {"ordered": True}, Seen(ours(APPROVED)), Policy(on_success=SuccessAction("hold")), Release(100)),
    (State.APPROVED, {}, Seen(review(NEWER, APPROVED)), RELEASE, (State.SUPERSEDED,)),
    (State.APPROVED, {}, Seen(review(NEWER, IN_REVIEW)), RELEASE, Wait),
    (State.APPROVED, {}, Seen(review(NEWER, REJECTED)), RELEASE, Conflict),
    (State.APPROVED, {}, Seen(ours(APPROVED), others=(row(State.RELEASING, id=0),)), RELEASE, Wait),
    (State.APPROVED, {}, Seen(ours(APPROVED), plan=plan(1)), RELEASE, (State.ROLLING_OUT,)),
    (State.APPROVED, {"former_gray": 900}, Seen(ours(APPROVED), plan=plan(1)), RELEASE, Wait),
    (State.APPROVED, {"former_gray": 900}, Seen(ours(APPROVED), plan=plan(3)), RELEASE, Release(100)),
    (State.APPROVED, {"answer": 85020, "refusals": 1, **JUST}, Seen(ours(APPROVED)), RELEASE, Wait),
    (State.APPROVED, {"answer": 85020, "refusals": 1, **LONG_AGO}, Seen(ours(APPROVED)), RELEASE, Release(100)),
    (State.APPROVED, {"answer": 85020, "refusals": 2, **JUST}, Seen(ours(APPROVED)), RELEASE, Conflict),
    (State.RELEASING, JUST, Seen(ours(APPROVED), online=online(200)), RELEASE, (State.RELEASED,)),
    (State.RELEASING, JUST, Seen(ours(APPROVED), plan=plan(1)), RELEASE, (State.ROLLING_OUT,)),
    (State.RELEASING, JUST, Seen(ours(APPROVED), online=online(200), plan=plan(2)), RELEASE, (State.ROLLING_OUT,)),
    (State.RELEASING, JUST, Seen(ours(APPROVED), online=online(200, THEIRS, OTHER)), RELEASE, Wait),
    (State.RELEASING, LATELY, Seen(ours(APPROVED), online=online(200, THEIRS, OTHER)), RELEASE, Conflict),
    (State.RELEASING, {"percent": 100, **JUST}, Seen(plan=plan(1), online=online(100, THEIRS)), RELEASE, Wait),
    (State.RELEASING, JUST, Seen(ours(APPROVED), online=online(100, THEIRS, OTHER)), RELEASE, Wait),
    (State.RELEASING, {"answer": 85052, **JUST}, Seen(online=online(100, THEIRS, OTHER)), RELEASE, Wait),
    (State.RELEASING, {"answer": 85052, **LATELY}, Seen(online=online(100, THEIRS, OTHER)), RELEASE, Conflict),
    (State.RELEASING, LONG_AGO, Seen(ours(APPROVED), online=online(100, THEIRS, OTHER)), RELEASE, (State.APPROVED,)),
    (State.ROLLING_OUT, {}, Seen(plan=plan(1), online=online(200)), RELEASE, Nothing),
    (State.ROLLING_OUT, {"ordered": True}, Seen(plan=plan(1), online=online(100, THEIRS)), RELEASE, Release(100)),
    (State.ROLLING_OUT, {}, Seen(online=online(200)), RELEASE, (State.RELEASED,)),
    (State.ROLLING_OUT, {}, Seen(plan=plan(3), online=online(300, THEIRS, OTHER)), RELEASE, (State.RELEASED,)),
    (State.ROLLING_OUT, {}, Seen(online=online(300, THEIRS, OTHER)), RELEASE, (State.SUPERSEDED,)),
    (State.ROLLING_OUT, {}, Seen(plan=plan(3), online=online(200)), RELEASE, (State.RELEASED,)),
    (State.ROLLING_OUT, {}, Seen(plan=plan(3), online=online(100, THEIRS, OTHER)), RELEASE, Nothing),
    (State.ROLLING_OUT, {}, Seen(online=online(100, THEIRS, OTHER)), RELEASE, (State.TAKEN_BACK,)),
    (State.REJECTED, {}, Seen(ours(REJECTED), trial=MINE), RELEASE, Nothing),
    (State.CONFLICT, {}, Seen(ours(APPROVED)), RELEASE, Learn(State.APPROVED)),
    (State.CONFLICT, {"verdict": "approved"}, Seen(ours(APPROVED)), RELEASE, Nothing),
    (State.CONFLICT, {"verdict": "approved"}, Seen(ours(APPROVED), online=online(200)), RELEASE, Nothing),
    (State.CONFLICT, {"verdict": "approved", **LONG_AGO}, Seen(online=online(600)), RELEASE, (State.RELEASED,)),
    (State.CONFLICT, {}, Seen(ours()), RELEASE, Nothing),
]
NOT_SHOWN = row(State.IN_REVIEW, id=2, auditid=NEWER)
TABLE += [
    (State.REJECTED, WHY, Seen(ours(REJECTED), trial=MINE), AGAIN, Resubmit()),
    (State.REJECTED, WHY, Seen(ours(REJECTED), trial=MINE), LATER, NOW + 540),
    (State.REJECTED, WHY, Seen(ours(REJECTED), trial=FOREIGN), AGAIN, Conflict),
    (State.REJECTED, WHY, Seen(ours(REJECTED), trial=MINE, others=(OTHER_ROW,)), AGAIN, (State.SUPERSEDED,)),
    (State.REJECTED, WHY, Seen(review(NEWER, IN_REVIEW), trial=MINE), AGAIN, Nothing),
    (State.REJECTED, WHY, Seen(ours(REJECTED), trial=FOREIGN, others=(NOT_SHOWN,)), AGAIN, Nothing),
    (State.REJECTED, {"request": "", **WHY}, Seen(ours(REJECTED), trial=MINE), AGAIN, Nothing),
    (State.REJECTED, {"round": 2, **WHY}, Seen(ours(REJECTED), trial=MINE), AGAIN, Nothing),
    *(
        (State.REJECTED, WHY, Seen(ours(REJECTED), trial=MINE, others=(other,)), AGAIN, Nothing)
        for other in (row(State.COMMITTED, id=0), row(State.REFUSED, id=2, auditid=None, previous_auditid=AUDITID))
    ),
]


BUSY = row(State.RELEASING, id=0)
# Where two lines fit, the first one counts.
TABLE += [
    (State.PLANNED, {}, Seen(review(5, IN_REVIEW), others=(OTHER_ROW,)), RELEASE, (State.SUPERSEDED,)),
    (State.PLANNED, {}, Seen(review(5, IN_REVIEW), others=(row(State.COMMITTED, id=0),)), RELEASE, NOW + 600),
    (State.PLANNED, {}, Seen(others=(row(State.SUBMITTING, id=0, **JUST),)), RELEASE, NOW + 5),
    (State.COMMITTED, {}, Seen(ours(), trial=MINE, others=(OTHER_ROW,)), RELEASE, Adopt(ours())),
    (State.COMMITTED, {}, Seen(trial=FOREIGN, others=(OTHER_ROW,)), RELEASE, (State.SUPERSEDED,)),
    (State.COMMITTED, {}, Seen(review(NEWER, IN_REVIEW), trial=FOREIGN), RELEASE, Conflict),
    (State.COMMITTED, {}, Seen(review(NEWER, IN_REVIEW), trial=MINE, checked=False), RELEASE, NOW + 600),
    (State.COMMITTED, {}, Seen(trial=MINE, checked=False, left=0), RELEASE, NOW + 60),
    (State.SUBMITTING, JUST, Seen(trial=FOREIGN), RELEASE, Wait),
    (State.IN_REVIEW, {}, Seen(review(AUDITID, APPROVED)), RELEASE, Conflict),
    (State.IN_REVIEW, {"pushed_at": NOW - 1}, Seen(review(NEWER, IN_REVIEW)), RELEASE, (State.SUPERSEDED,)),
    (State.APPROVED, {}, Seen(review(NEWER, APPROVED), online=online(200)), RELEASE, (State.RELEASED,)),
    (State.APPROVED, {}, Seen(review(NEWER, APPROVED)), Policy(on_success=SuccessAction("hold")), (State.SUPERSEDED,)),
    (State.APPROVED, {}, Seen(ours(APPROVED)), Policy(on_success=SuccessAction("hold"), window=CLOSED), Nothing),
    (State.APPROVED, {}, Seen(review(NEWER, IN_REVIEW)), Policy(window=CLOSED), OPENS),
    (State.APPROVED, {}, Seen(review(NEWER, IN_REVIEW), others=(BUSY,)), RELEASE, NOW + 600),
    (State.APPROVED, {}, Seen(ours(APPROVED), plan=plan(1), others=(BUSY,)), RELEASE, (State.ROLLING_OUT,)),
    (State.APPROVED, {}, Seen(review(NEWER, APPROVED), plan=plan(1)), RELEASE, (State.SUPERSEDED,)),
    (State.APPROVED, {"former_gray": 900}, Seen(ours(APPROVED), plan=plan(1), others=(BUSY,)), RELEASE, NOW + 5),
    (State.APPROVED, {"answer": 85020, "refusals": 1, **JUST}, Seen(ours(APPROVED)), GRAY, Wait),
    (State.APPROVED, {"former_gray": 900}, Seen(review(NEWER, REJECTED), plan=plan(1)), RELEASE, Wait),
    (State.REJECTED, WHY, Seen(review(NEWER, IN_REVIEW), others=(OTHER_ROW,)), AGAIN, (State.SUPERSEDED,)),
    (State.REJECTED, WHY, Seen(ours(REJECTED), others=(row(State.COMMITTED, id=0),)), LATER, NOW + 540),
    (State.REJECTED, WHY, Seen(ours(REJECTED), trial=FOREIGN, others=(row(State.COMMITTED, id=0),)), AGAIN, Nothing),
]
