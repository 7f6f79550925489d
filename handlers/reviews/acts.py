"""What each step does: only the row changes, or WeChat is called, and what came of it is written and told."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from handlers.reviews import announcements
from handlers.reviews.calls import after_a_refusal, before, call
from handlers.reviews.observed import Look
from handlers.reviews.ours import gray_before, marked, new_mark, online_before
from handlers.reviews.requests import audit_request
from handlers.reviews.rollout import ALL, is_gray
from handlers.reviews.steps import (
    Adopt,
    Become,
    Commit,
    Conflict,
    Decline,
    Learn,
    Release,
    Resubmit,
    Submit,
    TakeBack,
    Withdraw,
)
from handlers.reviews.visit import Visit
from handlers.wechat.endpoint import NoParameters
from handlers.wechat.endpoints import audit, code, online
from handlers.wechat.endpoints.audit import SubmitAuditRequest
from handlers.wechat.endpoints.code import Experience, OnlineVersion
from handlers.wechat.errors import NeedsHuman
from service.store import kept
from service.store.engine import reading
from service.store.reviews import ENDS, UNDER_WAY, Review, State, Wanted

VERDICTS = (State.APPROVED, State.REJECTED, State.WITHDRAWN)
KEPT_OF_A_ROUND = ("appid", "plan", "user_version", "user_desc", "commit_body", "digest")


def become(visit: Visit, row: Review, step: Become) -> None:
    """Change the state, with what is to be known in it."""
    if row.state in UNDER_WAY and step.state in VERDICTS:
        called: dict[str, Any] = {"called_at": None, "answer": None, "refusals": 0}
        if step.state is State.WITHDRAWN:
            called |= {"wanted": Wanted.NOTHING.value}
        _decide(visit, row, step.state, state=step.state.value, note=step.why, **called)
        return
    changes: dict[str, Any] = {"state": step.state.value, "note": step.why}
    if step.state is State.COMMITTED:
        trial = visit.look.versions().exp_info or Experience()
        changes |= {"trial": trial.exp_time, "called_at": None, "answer": None}
    if step.state in ENDS and step.state is not State.RELEASED:
        changes |= {"wanted": Wanted.NOTHING.value}
    if row.state is State.RELEASING and step.state is State.APPROVED and row.answer is not None:
        changes |= {"refusals": row.refusals + 1}
    plan = visit.look.plan() if step.state is State.ROLLING_OUT else None
    if plan:
        changes |= {"percent": plan.gray_percentage}
    visit.did[row.id] = f"{_name(row)} is {step.state}"
    visit.write(row, announcements.became, **changes)


def _name(row: Review) -> str:
    return f"review {row.auditid} ({row.user_version})" if row.auditid else row.user_version


def learn(visit: Visit, row: Review, step: Learn) -> None:
    """Write a verdict down and leave the state as it is."""
    _decide(visit, row, step.verdict)


def _decide(visit: Visit, row: Review, verdict: State, **changes: Any) -> None:
    """Write a verdict down, with what is online before its release; tell it, unless a push did."""
    newest = visit.look.review()
    shown = newest if newest and newest.auditid == row.auditid else None
    is_pushed = row.pushed_at is not None or (shown is not None and visit.hint.speaks_of(shown))
    # By WeChat's clock, as all that it is compared with.
    submitted_at = float(shown.submit_audit_time) if shown and shown.submit_audit_time else row.submitted_at
    changes |= {"verdict": verdict.value, "reason": shown.reason if shown else "", "submitted_at": submitted_at}
    if verdict is State.APPROVED:
        online_now, plan = visit.look.versions().release_info or OnlineVersion(), visit.look.plan()
        changes |= {"former_release": online_before(replace(row, submitted_at=submitted_at), online_now)}
        changes |= {"former_gray": gray_before(plan, submitted_at, visit.rows)}
    tell = partial(announcements.verdict, screenshots=shown.screenshot if shown else "")
    visit.did[row.id] = f"review {row.auditid} is {verdict}"
    visit.write(row, None if is_pushed or _was_pushed(visit, row, verdict) else tell, **changes)


def _was_pushed(visit: Visit, row: Review, verdict: State) -> bool:
    with reading(visit.context.engine) as connection:
        kind = announcements.PUSHES.get(verdict, "")
        return kept.has_push(connection, kind, visit.appid, since=row.submitted_at)


def conflict(visit: Visit, row: Review, step: Conflict) -> None:
    """Let a person look."""
    visit.did[row.id] = step.why
    visit.write(row, announcements.became, same_wish=True, state=State.CONFLICT.value, note=step.why)


def adopt(visit: Visit, row: Review, step: Adopt) -> None:
    """Take a review for ours that we began and did not hear of."""
    changes = _begun(visit, row, step.review.auditid, float(step.review.submit_audit_time))
    visit.write(row, announcements.begun, **changes)


def _begun(visit: Visit, row: Review, auditid: int, submitted_at: float) -> Mapping[str, Any]:
    visit.did[row.id] = f"review {auditid} of {row.user_version} is under way"
    fresh = {"called_at": None, "answer": None, "refusals": 0, "note": ""}
    return {**fresh, "state": State.IN_REVIEW.value, "auditid": auditid, "submitted_at": submitted_at}


def resubmit(visit: Visit, row: Review, step: Resubmit) -> None:
    """Begin the next round: of the code that is committed, or of a newer template."""
    feedback = {"feedback_info": visit.policy.feedback} if visit.policy.feedback else {}
    fields = {**json.loads(row.request), **feedback}
    following: dict[str, Any] = {name: getattr(row, name) for name in KEPT_OF_A_ROUND}
    following |= {"round": row.round + 1, "previous_auditid": row.auditid}
    following |= {"wanted": row.wanted.value if row.wanted is Wanted.HOLD else Wanted.NOTHING.value}
    if step.newer:
        # Its pages may be others.
        kept = {name: value for name, value in fields.items() if name != "item_list" and value is not None}
        following |= {"user_version": step.newer.user_version, "user_desc": step.newer.user_desc}
        following |= {"commit_body": step.newer.model_dump_json(), "audit_fields": json.dumps(kept)}
        mark = new_mark() if visit.context.settings.version_mark else ""
        following |= {"state": State.PLANNED.value, "mark": mark}
    else:
        request = SubmitAuditRequest.model_validate(fields).model_dump_json()
        following |= {"state": State.COMMITTED.value, "mark": row.mark, "request": request, "trial": row.trial}
        following |= {"former_auditid": row.auditid, "former_trial": row.former_trial}
        following |= {"submitted_at": row.submitted_at, "audit_fields": row.audit_fields}
    visit.did[row.id] = f"review {row.auditid} is to be submitted again"
    visit.add(following)


def commit(visit: Visit, row: Review, _: Commit) -> None:
    """Commit the template; what WeChat showed before the first time stays what ours is newer than."""
    trial, review = visit.look.versions().exp_info, visit.look.review()
    former: dict[str, Any] = {
        "former_trial": trial.exp_time if trial else 0,
        "former_auditid": review.auditid if review else 0,
    }
    first = former if row.former_trial is None else {}
    call(visit, row, State.COMMITTING, code.commit, marked(row), **first)


def submit(visit: Visit, row: Review, _: Submit) -> None:
    """Submit what is committed; what is sent is written down first, and sent again as it is."""
    if not row.request:
        visit.write(row, request=audit_request(visit, row).model_dump_json())
        visit.look.ask_again()
        return
    request = SubmitAuditRequest.model_validate_json(row.request)
    call(
        visit,
        row,
        State.SUBMITTING,
        audit.submit_audit,
        request,
        may_go_on=partial(_is_a_review_left, visit),
        done=lambda answer: _begun(visit, row, answer.auditid, visit.now()),
        tell=announcements.begun,
    )


def _is_a_review_left(visit: Visit) -> bool:
    """Return whether QUOTA_RESERVE is kept if all that may be begun just now is begun, this one included.

    Each counts all that are on their way, after itself was written down and before WeChat is asked: so whichever is the
    last sees the truth, in any order.
    """
    return not visit.policy.reserve or Look(visit.context, visit.appid).left() >= visit.policy.reserve


def withdraw(visit: Visit, row: Review, _: Withdraw) -> None:
    """Withdraw the review, and count how often."""
    again = {"refusals": row.refusals + 1}
    call(visit, row, row.state, audit.undocodeaudit, NoParameters(), done=lambda _: again)


def take_back(visit: Visit, row: Review, _: TakeBack) -> None:
    """Give the users back what they had before."""
    if is_gray(row):
        percent = min(row.percent, ALL - 1)
        call(visit, row, State.TAKING_BACK, online.revertgrayrelease, NoParameters(), percent=percent)
    else:
        call(visit, row, State.TAKING_BACK, online.revertcoderelease, online.RevertRequest(), percent=ALL)


def decline(visit: Visit, row: Review, step: Decline) -> None:
    """Give up what a person wanted, and say why in the row. Raises NeedsHuman."""
    back, wanted = before(row).value, after_a_refusal(row).value
    visit.write(row, same_wish=True, state=back, wanted=wanted, note=step.why)
    raise NeedsHuman("weaudit", step.why)


def release(visit: Visit, row: Review, step: Release) -> None:
    """Release to everybody, or to some."""
    if step.percent < ALL:
        request = online.GrayReleaseRequest(gray_percentage=step.percent)
        call(visit, row, State.RELEASING, online.grayrelease, request, percent=step.percent)
    else:
        call(visit, row, State.RELEASING, online.release, NoParameters(), percent=step.percent)


ACTS: Mapping[type[Any], Callable[[Visit, Review, Any], None]] = MappingProxyType(
    {
        Commit: commit,
        Submit: submit,
        Adopt: adopt,
        Withdraw: withdraw,
        Release: release,
        TakeBack: take_back,
        Decline: decline,
        Resubmit: resubmit,
        Become: become,
        Learn: learn,
        Conflict: conflict,
    }
)
