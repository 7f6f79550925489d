"""Orders of a person, for the specifications of what becomes of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from handlers.answers import Answer
from handlers.context import Context
from handlers.operators import orders
from handlers.operators.allowed import Action
from handlers.operators.orders import Desk
from handlers.reviews.react import release
from service.events.message import Message
from service.simulator import online
from service.store import mini_programs
from service.store.mini_programs import MiniProgram
from service.store.orders import By
from service.store.reviews import State
from tests.conftest import APP, Wechat
from tests.support.looking import look, state
from tests.support.samples import decided, messages

US = By("zhang", "10.0.0.7")


@contextmanager
def desk(wechat: Wechat) -> Iterator[Desk]:
    """Open a transaction for orders about a mini program whose merchant authorized the platform."""
    with wechat.engine.begin() as connection:
        mini_programs.keep(connection, MiniProgram(APP, True, "一杯茶", "gh_1", "", changed_at=1.0))
        yield Desk(connection, wechat.settings, US)


def ordered(wechat: Wechat, action: Action, context: Context | None = None) -> Answer:
    """Order something, and let a worker carry it out."""
    with desk(wechat) as ours:
        orders.order(ours, action, APP)
    (message,) = messages(wechat, orders.MESSAGES[action][0])[-1:]
    return release(context or wechat.context, message)


def calls(wechat: Wechat, endpoint: str) -> int:
    """Count the calls of an endpoint."""
    return sum(call.endpoint == endpoint for call in wechat.simulator.api.calls)


def released(wechat: Wechat, *versions: str) -> None:
    """Let versions be online, one after the other."""
    for version in versions:
        wechat.now += 60
        decided(wechat, "approve", version)
        look(wechat)
        assert state(wechat) is State.RELEASED


def say(wechat: Wechat, action: Action, **which: int) -> None:
    """Let a person say something of a version."""
    with desk(wechat) as ours:
        orders.order(ours, action, APP, **which)


def order(wechat: Wechat, action: Action) -> Message:
    """Order something; gives the message that takes it to a worker."""
    say(wechat, action)
    return messages(wechat, orders.MESSAGES[action][0])[-1]


def gray(make_wechat: Callable[..., Wechat], **unknowns: Any) -> Wechat:
    """Make a WeChat in which version 2.0 is rolling out to 10 percent, and 1.0 is online."""
    wechat = make_wechat(on_audit_success="gray:10")
    vars(wechat.world.unknowns).update(unknowns)
    decided(wechat, "approve", "1.0")
    online.release(wechat.world, wechat.world.apps[APP])
    look(wechat)
    wechat.now += 60
    decided(wechat, "approve", "2.0")
    look(wechat)
    assert state(wechat) is State.ROLLING_OUT
    return wechat
