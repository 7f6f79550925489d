"""What happened to one mini program: what was told of it, called for it, and ordered, in the order of time."""

from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection, select, union_all

from service import topology
from service.events.message import KINDS
from service.store import calls, orders
from service.store.attempts import AttemptState
from service.store.history.pushes import PushHistory, ReactionStatus, with_reactions
from service.store.tables import BLOCKED, DEAD, RETRYING, attempts, pushes

# What people do in a mini program, which are most pushes, is not of its life.
OF_ITS_LIFE = sorted(
    {kind for kind in KINDS if kind.startswith("weaudit.")}
    | {kind for kinds in topology.REACTIONS.values() for kind in kinds if kind != "wechat.text"}
)
LOOKS = (topology.RELEASE, "weaudit.resubmit", "weaudit.submit")
STOPPED = (AttemptState.BLOCKED.value, AttemptState.DEAD.value, AttemptState.RETRYING.value)


class Told(NamedTuple):
    """A push, or a message of weaudit's, at its time."""

    at: float
    push: PushHistory


class Called(NamedTuple):
    """A call that changed something, or was to, at its time."""

    at: float
    call: calls.Call


class Ordered(NamedTuple):
    """What a person ordered, at its time."""

    at: float
    order: orders.Order


Event = Told | Called | Ordered


class Stopped(NamedTuple):
    """A reaction that does not go on by itself at once, and the push that called for it."""

    push: PushHistory
    reaction: ReactionStatus


def timeline(connection: Connection, appid: str, *, limit: int = 20) -> Sequence[Event]:
    """List the newest that happened to a mini program, the oldest first."""
    chosen = select(pushes).where(pushes.c.appid == appid, pushes.c.type.in_(OF_ITS_LIFE))
    rows = connection.execute(chosen.order_by(pushes.c.seq.desc()).limit(limit)).all()
    oldest_first = reversed(with_reactions(connection, rows))
    told: list[Event] = [Told(push.received_at or 0.0, push) for push in oldest_first]
    called = [Called(call.called_at, call) for call in reversed(calls.of(connection, appid, limit=limit))]
    by_people = reversed(orders.newest(connection, appid=appid, limit=limit))
    ordered = [Ordered(order.ordered_at, order) for order in by_people]
    return sorted([*told, *called, *ordered], key=attrgetter("at"))[-limit:]


def stopped(connection: Connection, appids: Collection[str]) -> Sequence[Stopped]:
    """List the reactions that look at mini programs, and are blocked, dead, or tried later."""
    looking = attempts.c.queue.in_(LOOKS)
    # Each by its index: few are stopped of all that there were.
    ids = union_all(*(select(attempts.c.push_id).where(state, looking) for state in (BLOCKED, DEAD, RETRYING)))
    chosen = select(pushes).where(pushes.c.id.in_(ids), pushes.c.appid.in_(appids))
    rows = connection.execute(chosen.order_by(pushes.c.seq)).all()
    return [
        Stopped(push, reaction)
        for push in with_reactions(connection, rows)
        for reaction in push.reactions
        if reaction.state in STOPPED and reaction.queue in LOOKS
    ]
