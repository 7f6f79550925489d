from collections.abc import Callable
from itertools import pairwise

import pytest
from sqlalchemy import select

from handlers.answers import Done, Wait
from handlers.causes.watch import REMIND_AFTER, TELL_AFTER, CauseWatch
from handlers.reacting import Reacting
from handlers.wechat.errors import (
    NeedsHuman,
    NotAuthorized,
    OverQuota,
    Refused,
    TicketMissing,
    WeChatError,
    WrongSecret,
)
from service.events.from_weaudit import Blocked, Unblocked
from service.store import attempts, causes, due
from service.store.causes import WAKE_RATE, Held
from service.store.credentials import CredentialKind
from service.store.engine import reading
from service.store.tables import attempts as ledger
from tests.conftest import APP, COMPONENT, Wechat
from tests.handlers.test_reacting import QUEUE, answering, failing, outcomes
from tests.support.samples import told

WHITELIST = NeedsHuman("api_component_token", "ip", code=61004, text="requestIP: 203.0.113.7 rid: 1-2-3")


def block(wechat: Wechat, error: WeChatError, appid: str = APP, number: int = 1) -> None:
    """Let a release be blocked."""
    message = told(wechat, "weapp_audit_success", appid=appid, SuccTime=number)
    with wechat.engine.begin() as connection:
        attempt = attempts.begin(connection, message.id, QUEUE, now=wechat.now)
    assert attempt
    Reacting(wechat.context, {QUEUE: failing(error)}).carry_out(attempt)


def blocked(wechat: Wechat) -> list[Held]:
    """Give what is waited for."""
    with reading(wechat.engine) as connection:
        return list(causes.every(connection))


def states(wechat: Wechat) -> list[tuple[str, float, str]]:
    """Give the release reactions: state, when due, what they wait for."""
    columns = (ledger.c.state, ledger.c.due_at, ledger.c.waits_for)
    with reading(wechat.engine) as connection:
        rows = connection.execute(select(*columns).where(ledger.c.queue == QUEUE).order_by(ledger.c.due_at))
        return [tuple(row) for row in rows]


def look(wechat: Wechat, after: float = 0.0, *, first: bool = False) -> None:
    """Let the clock look at causes, so many seconds later."""
    wechat.now += after
    CauseWatch(is_first=first)(wechat.context)


def test_a_cause_is_told_of_once_with_what_it_holds_up_and_what_to_do(wechat: Wechat) -> None:
    """Then once a day, while it lasts; each reaction that it blocks says nothing of its own."""
    for number in range(3):
        block(wechat, WHITELIST, f"wx{number:016}")
    look(wechat)
    assert outcomes(wechat) == []
    for _ in range(3):
        look(wechat, TELL_AFTER)
    (message,) = outcomes(wechat)
    assert isinstance(message.data, Blocked)
    assert (message.type, message.subject) == ("weaudit.blocked", COMPONENT)
    assert (message.data.cause, message.data.holds_up, message.data.mini_programs) == ("ip_whitelist", 3, 3)
    assert "203.0.113.7" in message.data.what
    assert "203.0.113.7" in message.data.what_chinese
    assert "open.weixin.qq.com" in message.data.act
    look(wechat, REMIND_AFTER)
    assert [each.data.reminder for each in outcomes(wechat) if isinstance(each.data, Blocked)] == [False, True]


def test_a_missing_permission_set_is_named(wechat: Wechat) -> None:
    """So that the person who ticks it knows which."""
    block(wechat, NeedsHuman("release", "no set", code=61007))
    look(wechat, TELL_AFTER)
    (message,) = outcomes(wechat)
    assert isinstance(message.data, Blocked)
    assert (message.subject, message.data.cause) == (APP, f"permission:{APP}:18")
    assert "18" in message.data.what
    assert "小程序开发与数据分析" in message.data.what_chinese


def ticket(wechat: Wechat) -> None:
    """Let WeChat push a ticket."""
    wechat.give_ticket()


def token(wechat: Wechat) -> None:
    """Let a token for the platform be fetched."""
    wechat.context.wechat.tokens.component()


def authorized(wechat: Wechat) -> None:
    """Let the merchant authorize."""
    with wechat.engine.begin() as connection:
        wechat.credentials.keep(connection, CredentialKind.REFRESH_TOKEN, APP, "x", issued_at=wechat.now)


def midnight(wechat: Wechat) -> None:
    """Let it be tomorrow."""
    wechat.now += 86_400.0


def used_up(at: float) -> OverQuota:
    """Make the error for a limit that is reset at a time."""
    error = OverQuota("release", "the daily limit is used up", code=45009)
    error.again_at = at
    return error


SHOWN: list[tuple[Callable[[Wechat], WeChatError], Callable[[Wechat], None]]] = [
    (lambda _: TicketMissing("api_component_token", "none"), ticket),
    (lambda _: WHITELIST, token),
    (lambda _: WrongSecret("api_component_token", "wrong", code=40001), token),
    (lambda _: NotAuthorized("api_authorizer_token", "not authorized"), authorized),
    (lambda _: NeedsHuman("release", "no set", code=48001), authorized),
    (lambda wechat: used_up(wechat.now + 3600.0), midnight),
]


@pytest.mark.parametrize(
    ("error", "shows"), SHOWN, ids=["ticket", "ip", "secret", "authorization", "permission", "quota"]
)
def test_what_shows_the_end_of_a_cause_lets_all_go_on_and_people_know(
    wechat: Wechat, error: Callable[[Wechat], WeChatError], shows: Callable[[Wechat], None]
) -> None:
    """Without a try, and without a person."""
    with wechat.engine.begin() as connection:
        for kind in CredentialKind:
            wechat.credentials.forget(connection, kind, COMPONENT)
    if error(wechat).code in (61004, 40001):
        wechat.give_ticket()
    block(wechat, error(wechat))
    look(wechat, TELL_AFTER)
    assert [state for state, *_ in states(wechat)] == ["blocked"]
    wechat.now += 1.0
    shows(wechat)
    look(wechat)
    assert [(state, waits_for) for state, _, waits_for in states(wechat)] == [("retrying", "")]
    assert blocked(wechat) == []
    data = [message.data for message in outcomes(wechat) if isinstance(message.data, Unblocked)]
    assert [(each.goes_on, each.by) for each in data] == [(1, "WeChat")]


def test_where_nothing_shows_the_end_one_reaction_tries_ever_less_often(wechat: Wechat) -> None:
    """After a minute, at least every hour; the others are left alone, however many there are."""
    for number in range(5):
        block(wechat, Refused("release", "unknown", code=99999), f"wx{number:016}")
    tries = []
    for _ in range(4000):
        look(wechat, 10.0)
        if trying := [at for state, at, _ in states(wechat) if state == "retrying"]:
            (at,) = trying
            tries.append(at)
            _try(wechat, failing(Refused("release", "unknown", code=99999)))
            assert [state for state, *_ in states(wechat)] == ["blocked"] * 5
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[0] <= 70.0
    assert pauses == sorted(pauses)
    assert 3600.0 <= pauses[-1] <= 3620.0


def _try(wechat: Wechat, reaction: Callable[..., object]) -> None:
    """Carry out what is due, as a worker does."""
    with wechat.engine.begin() as connection:
        begun = [
            attempts.begin(connection, each.push_id, QUEUE, now=wechat.now)
            for each in due.take(connection, now=wechat.now, limit=1000)
            if each.queue == QUEUE
        ]
    for attempt in filter(None, begun):
        Reacting(wechat.context, {QUEUE: reaction}).carry_out(attempt)  # type: ignore[dict-item]


def test_a_try_that_succeeds_lets_the_others_go_on_spread(wechat: Wechat) -> None:
    """Not all at once: so many a second."""
    for number in range(250):
        block(wechat, Refused("release", "unknown", code=99999), f"wx{number:016}")
    look(wechat, 60.0)
    _try(wechat, answering(Done("released")))
    pauses = [at - wechat.now for state, at, _ in states(wechat) if state == "retrying"]
    assert len(pauses) == 249
    assert sorted(pauses) == pytest.approx([rank / WAKE_RATE for rank in range(249)], abs=1e-3)
    assert blocked(wechat) == []


def test_a_try_that_says_nothing_about_the_cause_leaves_it(wechat: Wechat) -> None:
    """Such as one that found somebody else at the mini program."""
    block(wechat, Refused("release", "unknown", code=99999))
    look(wechat, 60.0)
    _try(wechat, answering(Wait(wechat.now + 1, "somebody else is at this mini program")))
    assert [held.cause.name for held in blocked(wechat)] == ["unknown:99999"]
    wechat.now += 2
    _try(wechat, answering(Done("released")))
    assert blocked(wechat) == []


def test_a_start_tries_all_causes_at_once(wechat: Wechat) -> None:
    """The process may have been started with a corrected secret."""
    block(wechat, WrongSecret("api_component_token", "wrong", code=40001))
    with wechat.engine.begin() as connection:
        wechat.credentials.forget(connection, CredentialKind.COMPONENT_TOKEN, COMPONENT)
    look(wechat, first=True)
    assert [state for state, *_ in states(wechat)] == ["retrying"]


def test_a_cause_that_holds_up_nothing_any_more_ends_in_silence(wechat: Wechat) -> None:
    """Such as when what waited for it was revived or deleted by hand."""
    block(wechat, Refused("release", "unknown", code=99999))
    with wechat.engine.begin() as connection:
        connection.execute(ledger.update().values(state="done", waits_for=""))
    look(wechat, TELL_AFTER)
    assert (blocked(wechat), outcomes(wechat)) == ([], [])
