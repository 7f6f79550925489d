"""What a person orders, written down: a row for the workers and a line of who ordered it. WeChat is not called here."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection

from handlers.causes import telling
from handlers.notes.reading import in_both_languages
from handlers.operators.allowed import OF_ONE, Action, Asked, NotNow
from handlers.reviews import wishes
from service.events.from_weaudit import (
    Ordered,
    Planned,
    ReleaseOrdered,
    ResubmissionOrdered,
    TakeBackOrdered,
    WithdrawalOrdered,
)
from service.events.message import build, decode_loosely, identity
from service.settings import Inbound
from service.store import attempts, causes, inbox, mini_programs, orders, reviews
from service.store.attempts import Chosen
from service.store.credentials import Credentials
from service.store.engine import database_time
from service.store.inbox import Entry
from service.store.orders import By
from service.store.reviews import BEFORE_REVIEW, NotAsExpected, Review, State, Wanted
from service.topology import SUBMIT

# What a worker carries out, and the message that takes it there.
MESSAGES: Mapping[Action, tuple[str, type[Ordered]]] = MappingProxyType(
    {
        Action.RELEASE: ("weaudit.release_ordered", ReleaseOrdered),
        Action.RESUBMIT: ("weaudit.resubmission_ordered", ResubmissionOrdered),
        Action.WITHDRAW: ("weaudit.withdrawal_ordered", WithdrawalOrdered),
        Action.TAKE_BACK: ("weaudit.take_back_ordered", TakeBackOrdered),
    }
)
# What each changes in the row of its version.
WISHES: Mapping[Action, Callable[[Review], Mapping[str, Any]]] = MappingProxyType(
    {
        Action.RELEASE: wishes.release,
        Action.HOLD: wishes.want(Wanted.HOLD),
        Action.WITHDRAW: wishes.want(Wanted.WITHDRAW),
        Action.RESUBMIT: wishes.resubmit,
        Action.TAKE_BACK: wishes.want(Wanted.TAKE_BACK),
    }
)


class Desk(NamedTuple):
    """Where orders are taken: an open transaction, whose platform it is, and who orders."""

    connection: Connection
    settings: Inbound
    by: By

    def keep(self, action: Action, appid: str, about: str) -> None:
        """Keep who ordered what."""
        orders.keep(self.connection, action.value, appid, about, self.by, now=database_time(self.connection))


def asked(connection: Connection, appid: str, auditid: int | None = None, row: int | None = None) -> Asked:
    """Gather what is known of a mini program."""
    known = mini_programs.find(connection, appid)
    rows = reviews.of(connection, appid)
    dead = attempts.count_chosen(connection, Chosen(appid=appid))
    pause = causes.pause_of(connection, appid)
    is_paused = pause is not None and pause.name == causes.paused(appid)
    all_paused = pause is not None and not is_paused
    authorized = bool(known and known.authorized)
    return Asked(appid, authorized, rows, auditid, row, is_paused, all_paused, dead)


def order(desk: Desk, action: Action, appid: str, auditid: int | None = None, row: int | None = None) -> Review | None:
    """Order something of a version, and return it; None if weaudit does not know it. Raises NotNow.

    `auditid`, `row`: of which review or version, if one was chosen. What is wanted is in the row when this is
    committed: whoever is about to call WeChat for it finds it changed. The message only makes a worker look.
    """
    now = database_time(desk.connection)
    chosen = OF_ONE[action](asked(desk.connection, appid, auditid, row))
    if chosen:
        try:
            wish = WISHES[action](chosen)
            reviews.write(desk.connection, chosen, now=now, same_wish=True, wished_at=now, **wish)
        except NotAsExpected:
            raise _went_on(chosen) from None
    if action in MESSAGES:
        kind, model = MESSAGES[action]
        which = {"auditid": chosen.auditid, "user_version": chosen.user_version} if chosen else {"auditid": auditid}
        _send(desk, appid, kind, model.model_validate({**which, "wished_at": now}), now)
    review = f" ({chosen.auditid})" if chosen and chosen.auditid else ""
    desk.keep(action, appid, f"{chosen.user_version}{review}" if chosen else "")
    return chosen


def pause(desk: Desk, appid: str, *, until: float | None, reason: str) -> None:
    """Submit and release nothing by policy: of one mini program, or of all if none is named. Raises NotNow."""
    if appid and mini_programs.find(desk.connection, appid) is None:
        raise NotNow(f"weaudit knows no mini program {appid}; weaudit apps", f"weaudit 没有小程序 {appid} 的记录")
    name = causes.paused(appid) if appid else causes.PAUSED_ALL
    now = database_time(desk.connection)
    causes.begin(desk.connection, name, now=now, reason=reason, until=until)
    desk.keep(Action.PAUSE, appid, reason)


def resume(desk: Desk, appid: str) -> int:
    """Go on with what was paused, and return how many reactions waited. Raises NotNow."""
    woken = _end(desk, causes.paused(appid) if appid else causes.PAUSED_ALL)
    if woken is None:
        whose = f"{appid} is not paused" if appid else "there is no pause of all mini programs"
        whose_zh = f"{appid} 没有暂停" if appid else "没有全局暂停"
        raise NotNow(
            f"{whose}; weaudit blocked lists those that there are", f"{whose_zh}；weaudit blocked 列出所有暂停"
        )
    desk.keep(Action.RESUME, appid, "")
    return woken


def unblock(desk: Desk, cause: str) -> int:
    """Take a cause for gone, and return how many reactions go on. Raises NotNow."""
    woken = _end(desk, cause)
    if woken is None:
        known = ", ".join(held.cause.name for held in causes.every(desk.connection))
        listed, listed_zh = (f"there are: {known}", f"现有：{known}") if known else ("nothing is blocked", "没有阻塞")
        raise NotNow(f"nothing is blocked on {cause}; {listed}", f"没有因 {cause} 而阻塞的任务；{listed_zh}")
    desk.keep(Action.UNBLOCK, "", cause)
    return woken


def revive(desk: Desk, which: Chosen) -> int:
    """Let dead reactions begin anew, and plans among them, and return how many. Raises NotNow if there are none."""
    now = database_time(desk.connection)
    for row in _planned(desk, which):
        if row.state is State.REFUSED:
            fresh = {"called_at": None, "answer": None, "refusals": 0, "note": "", "chinese": ""}
            _change(desk, row, now, {"state": State.PLANNED.value, **fresh})
    revived = attempts.revive(desk.connection, which, now=now)
    _keep_which(desk, Action.REVIVE, which, revived)
    return revived


def dismiss(desk: Desk, which: Chosen) -> int:
    """Let dead reactions be settled, and plans among them be over; return how many.

    Raises NotNow if there are none, or WeChat may have done what was asked last.
    """
    now = database_time(desk.connection)
    for row in _planned(desk, which):
        if row.state in BEFORE_REVIEW:
            _give_up(desk, row, now)
    dismissed = attempts.dismiss(desk.connection, which, now=now)
    _keep_which(desk, Action.DISMISS, which, dismissed)
    return dismissed


def _planned(desk: Desk, which: Chosen) -> Iterator[Review]:
    """Give the rows of the plans that are chosen."""
    for body in attempts.bodies_of(desk.connection, which, SUBMIT):
        data = decode_loosely(body)[0].data
        if isinstance(data, Planned) and (row := reviews.get(desk.connection, data.review)):
            yield row


def _give_up(desk: Desk, row: Review, now: float) -> None:
    """Let a plan be over: else the next look at its mini program would go on with it. Raises NotNow."""
    if row.called_at is not None and row.answer is None:
        raise NotNow(
            f"WeChat may have done what was asked last for {row.user_version} of {row.appid}: weaudit revive looks",
            f"{row.appid} 的 {row.user_version} 上次调用结果未知：请先用 weaudit revive 查看",
        )
    over = {"state": State.REFUSED.value, "note": f"{attempts.DISMISSED}{row.note}"}
    _change(desk, row, now, in_both_languages(over))


def _change(desk: Desk, row: Review, now: float, changes: Mapping[str, Any]) -> None:
    """Change the row of a plan. Raises NotNow."""
    try:
        reviews.write(desk.connection, row, now=now, same_wish=True, **changes)
    except NotAsExpected:
        raise _went_on(row) from None


def _went_on(row: Review) -> NotNow:
    return NotNow(f"{row.user_version} went on meanwhile; look again", f"{row.user_version} 状态已变化，请刷新后再试")


def _keep_which(desk: Desk, action: Action, which: Chosen, number: int) -> None:
    if not number:
        raise NotNow("nothing of that is dead any more", "没有符合条件的已放弃任务")
    about = [which.push_ids[0] if number == 1 and which.push_ids else str(number), which.queue, which.reason]
    desk.keep(action, which.appid, " ".join(filter(None, about)))


def _end(desk: Desk, cause: str) -> int | None:
    us, credentials = desk.settings.wechat_component_appid, Credentials(desk.settings.fernet_keys)
    now = database_time(desk.connection)
    return telling.end(desk.connection, credentials, us, cause, now=now, by="a person")


def _send(desk: Desk, appid: str, kind: str, order: Ordered, now: float) -> None:
    message = build(
        kind,
        appid,
        order,
        id=identity(appid, {"ordered": order.auditid, "type": kind, "at": now}),
        component_appid=desk.settings.wechat_component_appid,
        at=now,
    )
    inbox.add(desk.connection, [Entry(message)], Credentials(desk.settings.fernet_keys), now)
