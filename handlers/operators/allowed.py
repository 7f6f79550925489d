"""What a person may order just now of one mini program, or why not: (what is known of it) -> the version. Pure."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from handlers.notes.states import state_in
from handlers.reviews import wishes
from service.language import Language
from service.store.reviews import BEFORE_REVIEW, UNDER_WAY, Review, State, Wanted


class Action(StrEnum):
    """What a person can order."""

    RELEASE = "release"
    HOLD = "hold"
    WITHDRAW = "withdraw"
    RESUBMIT = "resubmit"
    TAKE_BACK = "take_back"
    PAUSE = "pause"
    RESUME = "resume"
    REVIVE = "revive"
    DISMISS = "dismiss"
    UNBLOCK = "unblock"


class Asked(NamedTuple):
    """What is known of the mini program that is asked about.

    `rows`: its versions, the newest first. `auditid`, `row`: of which review or version, if one was chosen. `dead`: how
    many of its reactions were given up.
    """

    appid: str
    authorized: bool
    rows: Sequence[Review] = ()
    auditid: int | None = None
    row: int | None = None
    paused: bool = False
    all_paused: bool = False
    dead: int = 0

    def newest(self, *states: State) -> Review | None:
        """Return the newest review that is meant, in one of some states if any are given."""
        rows = [row for row in self.rows if row.auditid is not None and self.auditid in (None, row.auditid)]
        found = [row for row in rows if not states or row.state in states]
        return max(found, key=lambda row: row.auditid or 0, default=None)


class NotNow(Exception):
    """Something cannot be ordered just now; says why, and what to do instead, in English and Chinese."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.chinese = chinese

    def says(self, language: Language) -> str:
        """Return the sentence."""
        return self.chinese if language == "zh" else str(self)


HOLDABLE = (*BEFORE_REVIEW, *UNDER_WAY, State.APPROVED)


def release(asked: Asked) -> Review | None:
    """Return the review to release: the newest, or None for whichever WeChat shows approved. Raises NotNow."""
    row = _of_an_authorizer(asked).newest()
    if row is None:
        if asked.auditid is not None:
            raise _no_review(asked)
        return None
    if row.wanted is Wanted.TAKE_BACK and row.state is State.RELEASED:
        return row
    if row.state is State.RELEASED:
        raise NotNow(f"{_named(row)} is online already", f"{_named_zh(row)}已在线上")
    if row.wanted is Wanted.WITHDRAW and row.called_at is not None:
        raise NotNow(f"{_named(row)} is being withdrawn just now", f"{_named_zh(row)}正在撤回")
    if row.state in (State.RELEASING, State.TAKING_BACK):
        raise NotNow(f"{_named(row)} is {_is(row)} just now", f"{_named_zh(row)}{_is_zh(row)}")
    if not wishes.is_releasable(row):
        raise NotNow(f"{_named(row)} cannot be released ({_is(row)})", f"{_named_zh(row)}无法发布（{_is_zh(row)}）")
    return row


def hold(asked: Asked) -> Review:
    """Return the version to hold: the one that was chosen, or the one that would be released first. Raises NotNow."""
    rows = [row for row in _of_an_authorizer(asked).rows if asked.row in (None, row.id)]
    holdable = [row for row in rows if row.state in HOLDABLE and row.wanted is Wanted.NOTHING]
    row = min(holdable, key=lambda row: -HOLDABLE.index(row.state), default=None)
    if row is None:
        found = next(iter(rows), None)
        if found is None:
            raise NotNow(f"weaudit knows no version of {asked.appid}", f"weaudit 没有 {asked.appid} 的版本记录")
        if found.state in HOLDABLE:
            is_held = found.wanted is Wanted.HOLD
            raise NotNow(
                f"{_named(found)} is {'held' if is_held else 'being withdrawn'} already, and is not released by itself",
                f"{_named_zh(found)}{'已暂缓发布' if is_held else '正在撤回'}，不会自动发布",
            )
        raise NotNow(
            f"there is nothing to hold: {_named(found)} ({_is(found)})",
            f"没有可暂缓的发布：{_named_zh(found)}（{_is_zh(found)}）",
        )
    return row


def withdraw(asked: Asked) -> Review:
    """Return the review to withdraw. Raises NotNow."""
    row = _of_an_authorizer(asked).newest(*UNDER_WAY)
    if row is None:
        newest = asked.newest()
        if newest is None:
            raise _no_review(asked)
        raise NotNow(
            f"no review is under way: {_named(newest)} ({_is(newest)})",
            f"没有正在进行的审核：{_named_zh(newest)}（{_is_zh(newest)}）",
        )
    if row.wanted is Wanted.WITHDRAW:
        raise NotNow(f"{_named(row)} is being withdrawn", f"{_named_zh(row)}正在撤回")
    return row


def resubmit(asked: Asked) -> Review:
    """Return the rejected review to submit once more. Raises NotNow."""
    row = _of_an_authorizer(asked).newest()
    if row is None:
        raise _no_review(asked)
    if row.state is not State.REJECTED:
        raise NotNow(
            f"only what was rejected can be submitted again: {_named(row)} ({_is(row)})",
            f"只有审核未通过的版本才能重新提交：{_named_zh(row)}（{_is_zh(row)}）",
        )
    if row.again or any(other.previous_auditid == row.auditid for other in asked.rows):
        raise NotNow(f"{_named(row)} was submitted again, or is to be", f"{_named_zh(row)}已重新提交或正在重新提交")
    if not row.request:
        submit = f"weaudit submit --template ID --appid {asked.appid}"
        raise NotNow(
            f"weaudit did not submit {_named(row)}, so it does not know what to submit again; {submit}",
            f"{_named_zh(row)}不是由 weaudit 提交的，无法原样重新提交；{submit}",
        )
    return row


def take_back(asked: Asked) -> Review:
    """Return the version that users are to lose for the one before. Raises NotNow."""
    row = _of_an_authorizer(asked).newest(State.ROLLING_OUT, State.RELEASED, State.TAKING_BACK, State.RELEASING)
    if row is not None and row.state is State.RELEASING:
        raise NotNow(f"{_named(row)} is being released just now", f"{_named_zh(row)}正在发布，请稍后再试")
    if row is None:
        raise NotNow(
            f"weaudit knows no version of {asked.appid} that is online",
            f"weaudit 没有 {asked.appid} 已上线版本的记录",
        )
    if row.state is State.TAKING_BACK or row.wanted is Wanted.TAKE_BACK:
        raise NotNow(f"{_named(row)} is being taken back", f"{_named_zh(row)}正在回退")
    if row.state is State.RELEASED and row.former_release == 0:
        raise NotNow(
            f"nothing was online before {_named(row)}: WeChat has no version to go back to",
            f"{_named_zh(row)}是首个线上版本，没有可回退的版本",
        )
    return row


def pause(asked: Asked) -> None:
    """Look whether it is not paused yet. Raises NotNow."""
    if asked.paused:
        raise NotNow(f"{asked.appid} is paused already", f"{asked.appid} 已暂停")


def resume(asked: Asked) -> None:
    """Look whether it is paused. Raises NotNow."""
    if asked.all_paused and not asked.paused:
        raise NotNow("all mini programs are paused; that ends for all: weaudit resume --all", "已全局暂停，需全部恢复")
    if not asked.paused:
        raise NotNow(f"{asked.appid} is not paused", f"{asked.appid} 没有暂停")


def see_to_dead(asked: Asked) -> None:
    """Look whether anything of it was given up. Raises NotNow."""
    if not asked.dead:
        raise NotNow(f"nothing of {asked.appid} was given up", f"{asked.appid} 没有已放弃的任务")


# What can be ordered of one mini program, in the order in which people are shown it.
OF_ONE: Mapping[Action, Callable[[Asked], Review | None]] = MappingProxyType(
    {
        Action.RELEASE: release,
        Action.HOLD: hold,
        Action.WITHDRAW: withdraw,
        Action.RESUBMIT: resubmit,
        Action.TAKE_BACK: take_back,
        Action.PAUSE: pause,
        Action.RESUME: resume,
        Action.REVIVE: see_to_dead,
        Action.DISMISS: see_to_dead,
    }
)


def _of_an_authorizer(asked: Asked) -> Asked:
    if not asked.authorized:
        raise NotNow(
            f"{asked.appid} does not authorize the platform; weaudit apps lists those that do",
            f"{asked.appid} 未授权本平台；weaudit apps 列出已授权的小程序",
        )
    return asked


def _no_review(asked: Asked) -> NotNow:
    which, which_zh = (f"review {asked.auditid}", f"审核单 {asked.auditid} ") if asked.auditid else ("review", "审核")
    return NotNow(
        f"weaudit knows no {which} of {asked.appid}; weaudit submit begins one",
        f"weaudit 没有 {asked.appid} 的{which_zh}记录；weaudit submit 可提交审核",
    )


def _named(row: Review) -> str:
    return f"review {row.auditid} ({row.user_version})" if row.auditid else row.user_version


def _named_zh(row: Review) -> str:
    return f"审核单 {row.auditid}（{row.user_version}）" if row.auditid else row.user_version


def _is(row: Review) -> str:
    return state_in("en", row.state.value)


def _is_zh(row: Review) -> str:
    return state_in("zh", row.state.value)
