"""The lines of the table from an approval to the users: each fits and says what comes next, or None."""

from handlers.answers import Wait
from handlers.reviews import conflicts
from handlers.reviews.ours import has_a_twin, is_code_of, is_online
from handlers.reviews.policy import next_opening
from handlers.reviews.steps import (
    OTHERS,
    QUIET,
    SHOWN_AGAIN,
    STATE_OF,
    Become,
    Case,
    Nothing,
    Release,
    Step,
    TakeBack,
)
from handlers.wechat.endpoints.online import GrayReleasePlan
from service.store.reviews import UNDER_WAY, Review, State, Wanted

RELEASED_BEFORE = 85052
# No approved review, or not in a state for it, or no greater share than before: it may pass, and is looked at again.
NOT_RELEASABLE = frozenset({85019, 85020, 85080, 85082})
MOST_REFUSED = 2
# In seconds: who looks so soon after a release may still be shown what was online before.
SHOWN_WITHIN = 15.0
# https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/miniprogram-management/code-management/getGrayReleasePlan.html
RUNNING, PAUSED, OVER = 1, 2, 3
ALL = 100


def _is_running(plan: GrayReleasePlan | None) -> bool:
    return plan is not None and plan.status in (RUNNING, PAUSED)


def it_is_online(case: Case) -> Step | None:
    """WeChat shows it to everybody; while a gray release runs, what is shown as online says nothing."""
    is_its = is_online(case.row, case.seen.online) and not has_a_twin(case.row, case.seen.others)
    return Become(State.RELEASED) if is_its and not _is_running(case.seen.plan) else None


def a_newer_one_is_approved(case: Case) -> Step | None:
    """WeChat releases that one."""
    review = case.newer
    if review and STATE_OF[review.status] is State.APPROVED:
        return Become(State.SUPERSEDED, f"review {review.auditid} of {review.user_version} is approved, too")
    return None


def people_hold_it(case: Case) -> Step | None:
    """A person said so, or wanted the review withdrawn that was then approved."""
    row, why = case.row, {Wanted.HOLD: "held by a person", Wanted.WITHDRAW: "approved before it was withdrawn"}
    if row.wanted not in why:
        return None
    return Nothing(f"{why[row.wanted]}; a person releases it: weaudit release {row.appid}")


def people_release_it(case: Case) -> Step | None:
    """Policy is to hold, and nobody said release."""
    if case.policy.on_success.action != "hold" or case.row.ordered:
        return None
    return Nothing(f"ON_AUDIT_SUCCESS=hold: approved, and a person releases it: weaudit release {case.row.appid}")


def the_window_is_closed(case: Case) -> Step | None:
    """RELEASE_WINDOW, unless a person said release."""
    opens = next_opening(case.policy.window, case.policy.timezone, case.now)
    is_closed = opens > case.now and not case.row.ordered
    return Wait(opens, "approved; released when RELEASE_WINDOW opens") if is_closed else None


def a_newer_one_is_under_way(case: Case) -> Step | None:
    """`release` bears no audit id: it could put the newer one online."""
    review = case.newer
    if review and STATE_OF[review.status] in UNDER_WAY:
        return Wait(case.now + OTHERS, f"approved; review {review.auditid} is under way, and is waited for")
    return None


def another_is_being_released(case: Case) -> Step | None:
    """One at a time."""
    others = any(other.state in (State.RELEASING, State.TAKING_BACK) for other in case.seen.others)
    return Wait(case.now + SHOWN_AGAIN, "approved; another version is being released or taken back") if others else None


def its_gray_release_was_begun(case: Case) -> Step | None:
    """By us, or by somebody else: a plan newer than the verdict is of the version that was approved last."""
    row, plan = case.row, case.seen.plan
    before = row.submitted_at if row.former_gray is None else row.former_gray
    is_its = plan and _is_running(plan) and plan.create_timestamp > before
    is_being_ended = row.state is State.RELEASING and row.percent == ALL
    return Become(State.ROLLING_OUT) if is_its and not is_being_ended else None


def another_gray_release_is_under_way(case: Case) -> Step | None:
    """While it is, nothing else can be released."""
    if not _is_running(case.seen.plan):
        return None
    return Wait(case.now + OTHERS, "approved; another version's gray release is under way")


def a_newer_one_was_not_approved(case: Case) -> Step | None:
    """WeChat releases only what was approved last."""
    return conflicts.overtaken(case.row, case.newer) if case.newer else None


def refused_too_often(case: Case) -> Step | None:
    """Approved, says WeChat, and does not release it, or says that it did and does not show it."""
    return conflicts.release_refused(case.row) if case.row.refusals >= MOST_REFUSED else None


def refused_just_now(case: Case) -> Step | None:
    """It may pass in a minute."""
    if case.row.answer not in NOT_RELEASABLE or not case.is_quiet:
        return None
    until = (case.row.called_at or 0.0) + QUIET
    return Wait(until, f"approved; WeChat would not release it just now ({case.row.answer})")


def a_first_version_cannot_be_gray(case: Case) -> Step | None:
    """WeChat has nothing that the other users could keep (85079)."""
    is_gray = case.policy.on_success.percent < ALL and not case.row.ordered
    return conflicts.first_version(case.row) if is_gray and not case.seen.online.release_time else None


def people_end_the_rollout(case: Case) -> Step | None:
    """Release to all, said a person."""
    return Release(ALL) if case.row.ordered and _is_running(case.seen.plan) else None


def people_take_it_back(case: Case) -> Step | None:
    """A person said so; of what is not what the users have, there is nothing to take back."""
    row = case.row
    if row.wanted is not Wanted.TAKE_BACK:
        return None
    if any(other.state in (State.RELEASING, State.TAKING_BACK) for other in case.seen.others):
        return Wait(case.now + SHOWN_AGAIN, "to be taken back; another version is being released or taken back")
    if row.state is State.RELEASED and _is_running(case.seen.plan):
        return conflicts.another_is_rolling_out(row)
    if _is_with_the_users(case) and not has_a_twin(row, case.seen.others):
        return TakeBack()
    return conflicts.nothing_to_take_back(row, case.seen.online) if row.state is State.RELEASED else None


def it_is_not_with_the_users_any_more(case: Case) -> Step | None:
    """It was called, or somebody else did something about it."""
    row, online, newer = case.row, case.seen.online, case.newer
    if _is_with_the_users(case):
        return None
    if is_gray(row) and is_online(row, online):
        return Become(State.RELEASED, "the gray release went to everybody before it was taken back")
    if newer and (newer.user_version, newer.user_desc) == (online.release_version, online.release_desc):
        return Become(State.SUPERSEDED, f"{online.release_version} went online since")
    return Become(State.TAKEN_BACK, "everybody has the version before again")


def it_is_not_shown_as_taken_back_yet(case: Case) -> Step | None:
    """WeChat may be at it."""
    return Wait(case.now + SHOWN_AGAIN, "taken back; WeChat does not show it yet") if case.is_quiet else None


def it_cannot_be_taken_back_again(case: Case) -> Step | None:
    """What was rolled back once more would be the version before, if WeChat shows late what it did."""
    is_sure = is_gray(case.row) or (case.row.mark and case.row.answer is None)
    return None if is_sure else conflicts.still_online(case.row)


def take_it_back_again(_: Case) -> Step | None:
    """It took no effect, or the call was lost."""
    return TakeBack()


def is_gray(row: Review) -> bool:
    """Return whether what is taken back, or to be, is a gray release."""
    return row.state is State.ROLLING_OUT or (row.state is State.TAKING_BACK and row.percent < ALL)


def _is_with_the_users(case: Case) -> bool:
    """Return whether some have it by a gray release, or all."""
    row, online = case.row, case.seen.online
    return _is_running(case.seen.plan) if is_gray(row) else is_code_of(row, online.release_version, online.release_desc)


def release(case: Case) -> Step | None:
    """Nothing speaks against it."""
    return Release(ALL if case.row.ordered else case.policy.on_success.percent)


def it_cannot_be_told_what_is_online(case: Case) -> Step | None:
    """A later review has the same version, and there is no mark."""
    is_unsure = is_online(case.row, case.seen.online) and has_a_twin(case.row, case.seen.others)
    return conflicts.cannot_tell(case.row, "what is online") if is_unsure else None


def another_is_online(case: Case) -> Step | None:
    """It came while we released, or WeChat calls ours released (85052) though it is not there."""
    row, online = case.row, case.seen.online
    if not online.release_time or is_code_of(row, online.release_version, online.release_desc):
        return None
    if case.now < (row.called_at or 0.0) + SHOWN_WITHIN:
        return None
    is_wrong = online.release_time > (row.former_release or 0) or row.answer == RELEASED_BEFORE
    return conflicts.other_online(row, online) if is_wrong else None


def the_release_is_not_shown_yet(case: Case) -> Step | None:
    """WeChat may be at it."""
    return Wait(case.now + SHOWN_AGAIN, "released; WeChat does not show it yet") if case.is_quiet else None


def the_release_did_not_take_effect(_: Case) -> Step | None:
    """Whether it is still wanted is decided anew."""
    return Become(State.APPROVED, "the release did not take effect")


def it_goes_on(case: Case) -> Step | None:
    """WeChat ends a plan that nobody ends by itself, on day 15, for everybody; and pushes nothing."""
    plan = case.seen.plan
    return Nothing(f"rolling out to {plan.gray_percentage} %") if plan and _is_running(plan) else None


def another_went_online_since(case: Case) -> Step | None:
    """A later release; if the plan was done, ours was with everybody before it."""
    online, plan = case.seen.online, case.seen.plan
    if online.release_time <= (case.row.former_release or 0):
        return None
    was_done = plan is not None and plan.status == OVER
    return Become(State.RELEASED if was_done else State.SUPERSEDED, f"{online.release_version} went online since")


def it_is_online_after_all(case: Case) -> Step | None:
    """WeChat showed late what it had released."""
    is_released = case.row.verdict == State.APPROVED.value and case.row.called_at is not None
    return it_is_online(case) if is_released else None


def it_is_over_and_not_shown_yet(case: Case) -> Step | None:
    """The plan is done, so everybody gets it."""
    plan = case.seen.plan
    return Nothing("rolled out; WeChat does not show it online yet") if plan and plan.status == OVER else None


def it_was_taken_back(_: Case) -> Step | None:
    """The plan is gone, and the version is not online."""
    return Become(State.TAKEN_BACK, "the gray release was taken back")
