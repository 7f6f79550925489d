"""For each cause: a release that it blocks, people who are told once, its end, and the release without a person."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from sqlalchemy import select

from handlers.causes.watch import CauseWatch
from handlers.commands.call import carry_out, understand
from handlers.reacting import Reacting
from handlers.reactions import REACTIONS
from service.events.from_weaudit import Blocked, GaveUp, Unblocked
from service.simulator.faults import Fault
from service.store import attempts, causes, due
from service.store.credentials import CredentialKind
from service.store.engine import reading
from service.store.tables import attempts as ledger
from tests.conftest import APP, COMPONENT, Wechat
from tests.handlers.test_reacting import outcomes
from tests.support.samples import decided, told

MANY = 10**6
STEP = 5.0


class Ends(NamedTuple):
    """A cause: how it begins and ends at WeChat or here, and within how many seconds all goes on then."""

    cause: str
    begin: Callable[[Wechat], object]
    mend: Callable[[Wechat], object]
    within: float


def refuses(code: int, endpoint: str = "release") -> Callable[[Wechat], object]:
    """Let WeChat answer a code."""
    return lambda wechat: wechat.simulator.api.faults.append(Fault(endpoint, times=MANY, errcode=code))


def takes(wechat: Wechat) -> None:
    """Let WeChat refuse nothing any more."""
    wechat.simulator.api.faults.clear()


def forget_tokens(wechat: Wechat) -> None:
    """Let all tokens end."""
    wechat.world.expire_tokens()
    with wechat.engine.begin() as connection:
        for kind, owner in ((CredentialKind.COMPONENT_TOKEN, COMPONENT), (CredentialKind.AUTHORIZER_TOKEN, APP)):
            wechat.credentials.forget(connection, kind, owner)


def lose_the_ticket(wechat: Wechat) -> None:
    """Let there be no ticket, and no token of one."""
    forget_tokens(wechat)
    with wechat.engine.begin() as connection:
        wechat.credentials.forget(connection, CredentialKind.TICKET, COMPONENT)


def wrong_secret(wechat: Wechat) -> None:
    """Let somebody type the secret wrong."""
    forget_tokens(wechat)
    refuses(40125, "api_component_token")(wechat)


def authorize_again(wechat: Wechat) -> None:
    """Let the merchant authorize the platform."""
    takes(wechat)
    code = wechat.world.authorize(APP, "again")
    message = told(
        wechat,
        "updateauthorized",
        COMPONENT,
        {"AuthorizationCode": code},
        InfoType="updateauthorized",
        AuthorizerAppid=APP,
    )
    assert message.type == "wechat.updateauthorized"


def clear_quota(wechat: Wechat) -> None:
    """Let a person type weaudit call clear_quota."""
    takes(wechat)
    assert not carry_out(wechat.context, understand("clear_quota", APP)).refused


ENDS = [
    Ends("ip_whitelist", refuses(61004, ""), takes, 65.0),
    Ends("ip_whitelist", refuses(40164, ""), takes, 65.0),
    Ends("app_secret", wrong_secret, takes, 305.0),
    Ends("ticket", lose_the_ticket, Wechat.give_ticket, 10.0),
    Ends(f"authorization:{APP}", lambda wechat: wechat.world.unauthorize(APP), authorize_again, 10.0),
    Ends(f"authorization:{APP}", refuses(61023, ""), authorize_again, 10.0),
    Ends(f"permission:{APP}:18", refuses(61007), authorize_again, 10.0),
    Ends(f"permission:{APP}:18", refuses(48001), authorize_again, 10.0),
    Ends(f"permission:{APP}:18", refuses(61017), takes, 605.0),
    Ends(f"banned:{APP}", refuses(50002), takes, 605.0),
    Ends("platform_settings", refuses(61028, ""), takes, 605.0),
    Ends("platform_banned", refuses(86008, ""), takes, 605.0),
    Ends("unknown:99999", refuses(99999, ""), takes, 605.0),
    Ends(f"quota:{APP}:release", refuses(45009), clear_quota, 10.0),
]


def go_on(wechat: Wechat, *, seconds: float, step: float = STEP) -> None:
    """Let time pass, the clock look, and workers do what is due."""
    until = wechat.now + seconds
    watch = CauseWatch(is_first=False)
    while wechat.now < until:
        wechat.now += step
        watch(wechat.context)
        work(wechat)


def work(wechat: Wechat) -> None:
    """Carry out what is due, but for what is told to people."""
    with wechat.engine.begin() as connection:
        taken = due.take(connection, now=wechat.now, limit=100)
        begun = [attempts.begin(connection, each.push_id, each.queue, now=wechat.now) for each in taken]
    for attempt in filter(None, begun):
        if attempt.queue != "weaudit.notify":
            Reacting(wechat.context, REACTIONS).carry_out(attempt)


def reaction(wechat: Wechat) -> tuple[str, str]:
    """Give how the release stands: its state, and what it waits for."""
    with reading(wechat.engine) as connection:
        columns = select(ledger.c.state, ledger.c.waits_for)
        state, waits_for = connection.execute(columns.where(ledger.c.queue == "weaudit.release")).one()
    return state, waits_for


@pytest.mark.parametrize("ends", ENDS, ids=lambda ends: ends.cause)
def test_a_cause_that_ends_lets_the_release_go_on_without_a_person(wechat: Wechat, ends: Ends) -> None:
    """Twenty minutes later; people were told when it began and when it was over, and of nothing else."""
    decided(wechat, "approve")
    wechat.now += 1
    told(wechat, "weapp_audit_success", SuccTime=int(wechat.now))
    ends.begin(wechat)
    go_on(wechat, seconds=1200.0, step=30.0)
    assert reaction(wechat) in {("blocked", ends.cause), ("retrying", ends.cause)}
    with reading(wechat.engine) as connection:
        assert [held.cause.name for held in causes.every(connection)] == [ends.cause]
    ends.mend(wechat)
    go_on(wechat, seconds=ends.within)
    assert reaction(wechat)[0] == "done"
    assert wechat.world.apps[APP].releases == 1
    kinds = [type(message.data) for message in outcomes(wechat)]
    assert [kinds.count(kind) for kind in (Blocked, Unblocked, GaveUp)] == [1, 1, 0]


def test_an_approval_that_overtakes_its_authorization_waits_for_it(wechat: Wechat) -> None:
    """The push that brings the tokens lies open in the inbox, or comes a little later."""
    decided(wechat, "approve")
    wechat.world.unauthorize(APP)
    with wechat.engine.begin() as connection:
        wechat.context.wechat.tokens.forget(connection, APP)
    told(wechat, "weapp_audit_success", SuccTime=int(wechat.now))
    go_on(wechat, seconds=STEP)
    assert reaction(wechat) == ("blocked", f"authorization:{APP}")
    authorize_again(wechat)
    go_on(wechat, seconds=2 * STEP)
    assert wechat.world.apps[APP].releases == 1


def test_a_day_without_wechat_leaves_nothing_dead(wechat: Wechat) -> None:
    """The tries are at most an hour and a half apart, and when it is back all goes on."""
    decided(wechat, "approve")
    told(wechat, "weapp_audit_success", SuccTime=int(wechat.now))
    wechat.simulator.api.faults.append(Fault("", times=MANY, answer="502"))
    for _ in range(24 * 6):
        wechat.now += 600.0
        wechat.give_ticket()
        work(wechat)
        assert reaction(wechat)[0] == "retrying"
    takes(wechat)
    for _ in range(9):
        wechat.now += 600.0
        work(wechat)
    assert wechat.world.apps[APP].releases == 1
