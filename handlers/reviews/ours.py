"""What is ours: by the mark that each commit's user_desc ends in, and by WeChat's times, never by our own clock.

A version's name is no identity: the same name is submitted twice, a template changes under it, a person commits the
same by hand. Versions of other programs, and of a weaudit without marks, are known by version, description and times.
"""

import secrets
from collections.abc import Collection

from handlers.wechat.endpoints.audit import LatestAudit
from handlers.wechat.endpoints.code import CommitRequest, Experience, OnlineVersion
from handlers.wechat.endpoints.online import GrayReleasePlan
from service.store.reviews import Review, State

# Without those that people take for one another.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
# In seconds: what a former version of weaudit wrote down by its own clock may be so far off.
CLOCKS_DIFFER = 60.0


def new_mark() -> str:
    """Make a mark."""
    return "".join(secrets.choice(LETTERS) for _ in range(4))


def ending(mark: str) -> str:
    """Return what the user_desc of code with a mark ends in; empty without a mark."""
    return f" ·{mark}" if mark else ""


def marked(row: Review) -> CommitRequest:
    """Return what is committed for a row: what was wanted, with the row's mark."""
    wanted = CommitRequest.model_validate_json(row.commit_body)
    return wanted.model_copy(update={"user_desc": f"{wanted.user_desc}{ending(row.mark)}"})


def is_code_of(row: Review, version: str, desc: str) -> bool:
    """Return whether a version and its description are a row's: by its mark, or without one by both of them."""
    if row.mark:
        return desc.endswith(ending(row.mark))
    return version == row.user_version and (not row.user_desc or desc == row.user_desc)


def is_review_of(row: Review, review: LatestAudit) -> bool:
    """Return whether a review is certainly of a row's code: a version alone does not tell that.

    But what was taken over from a weaudit without marks and plans is known by nothing else.
    """
    is_told = bool(row.mark) or not row.plan
    return is_told and bool(row.commit_body) and is_code_of(row, review.user_version, review.user_desc)


def is_trial_of(row: Review, trial: Experience) -> bool:
    """Return whether the trial version is the code that a row committed."""
    if row.mark:
        return is_code_of(row, trial.exp_version, trial.exp_desc) and trial.exp_time >= (row.former_trial or 0)
    if row.trial is not None:
        return trial.exp_time == row.trial
    # Taken over from a weaudit that kept no more than when it was submitted.
    return trial.exp_version == row.user_version and 0 < trial.exp_time <= row.submitted_at + CLOCKS_DIFFER


def is_online(row: Review, online: OnlineVersion) -> bool:
    """Return whether what is online is a row's version, and came later than what was there at its verdict."""
    before = row.submitted_at if row.former_release is None else row.former_release
    return is_code_of(row, online.release_version, online.release_desc) and online.release_time > before


def online_before(row: Review, online: OnlineVersion) -> int:
    """Return the release_time that the release of a row is later than, given what is online at its verdict.

    Somebody may have released it before we looked: it is online already if it came after it was submitted.
    """
    is_its = is_code_of(row, online.release_version, online.release_desc)
    if is_its and 0 < row.submitted_at <= online.release_time:
        return int(row.submitted_at) - 1
    return online.release_time


def gray_before(plan: GrayReleasePlan | None, submitted_at: float, others: Collection[Review]) -> int:
    """Return the create_timestamp that a gray release of a row is later than, given the plan shown at its verdict.

    Somebody may have begun it before we looked: one that began after the row was submitted is its own, unless another
    version is being rolled out.
    """
    if plan is None or (
        plan.create_timestamp >= submitted_at and not any(other.state is State.ROLLING_OUT for other in others)
    ):
        return 0
    return plan.create_timestamp


def has_a_twin(row: Review, others: tuple[Review, ...]) -> bool:
    """Return whether what is online may be a later review of the same version, and no mark tells them apart."""
    return not row.mark and any(
        other.verdict == State.APPROVED.value
        and (other.auditid or 0) > (row.auditid or 0)
        and (other.user_version, other.user_desc) == (row.user_version, row.user_desc)
        for other in others
    )
