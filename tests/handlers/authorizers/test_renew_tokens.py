import pytest

from handlers.answers import Done
from handlers.authorizers.renew_tokens import TicketWatch, renew_tokens
from handlers.notifications.notify import notify
from service.events.from_weaudit import TicketsStopped
from service.events.message import Message, decode
from service.simulator.faults import Fault
from service.store import mini_programs
from service.store.credentials import CredentialKind
from service.store.engine import reading
from service.store.mini_programs import MiniProgram
from service.store.tables import pushes
from tests.conftest import APP, COMPONENT, Wechat

OTHER = "wx0000000000000002"


def authorized(wechat: Wechat, *appids: str) -> None:
    """Let mini programs authorize the platform."""
    with wechat.engine.begin() as connection:
        for appid in appids:
            mini_programs.keep(connection, MiniProgram(appid, True, "", "", "", changed_at=1.0))
    for appid in appids:
        wechat.authorize(appid)


def test_tokens_are_fetched_before_they_run_out(wechat: Wechat) -> None:
    """Ten minutes before the end of two hours there are new ones; before that, nothing is asked."""
    authorized(wechat, APP, OTHER)
    for minutes, fetched in ((0, 1), (109, 1), (2, 2)):
        wechat.now += minutes * 60
        renew_tokens(wechat.context)
        called = (wechat.called("api_component_token"), wechat.called("api_authorizer_token"))
        assert called == (fetched, 2 * fetched)


def test_one_that_wechat_refuses_stops_no_other(wechat: Wechat) -> None:
    """An authorization that was taken back is noticed here, too."""
    authorized(wechat, APP, OTHER)
    wechat.world.unauthorize(APP)
    renew_tokens(wechat.context)
    assert wechat.called("api_authorizer_token") == 2
    with reading(wechat.engine) as connection:
        assert [app.appid for app in mini_programs.every(connection) if app.authorized] == [OTHER]
        assert wechat.credentials.read(connection, CredentialKind.AUTHORIZER_TOKEN, OTHER)


def test_a_limit_of_one_stops_no_other(wechat: Wechat) -> None:
    """Limits are counted for each mini program."""
    authorized(wechat, APP, OTHER)
    wechat.simulator.api.expect(Fault("api_authorizer_token", errcode=45009))
    renew_tokens(wechat.context)
    with reading(wechat.engine) as connection:
        fetched = [
            wechat.credentials.read(connection, CredentialKind.AUTHORIZER_TOKEN, appid) for appid in (APP, OTHER)
        ]
    assert sum(token is not None for token in fetched) == 1


def forget_ticket(wechat: Wechat) -> None:
    """Let no ticket ever have come."""
    with wechat.engine.begin() as connection:
        wechat.credentials.forget(connection, CredentialKind.TICKET, COMPONENT)


def test_without_a_ticket_nothing_is_asked(wechat: Wechat) -> None:
    """That is a warning, not an error."""
    forget_ticket(wechat)
    renew_tokens(wechat.context)
    assert wechat.simulator.api.calls == []


def told(wechat: Wechat) -> list[Message]:
    """Give what was told about tickets."""
    with reading(wechat.engine) as connection:
        rows = connection.execute(pushes.select().where(pushes.c.type == "weaudit.tickets_stopped"))
        return [decode(row.body) for row in rows]


@pytest.mark.parametrize("ever", [True, False])
def test_tickets_that_stop_for_half_an_hour_are_asked_for_and_told_once(
    wechat: Wechat,
    ever: bool,  # noqa: FBT001
) -> None:
    """WeChat is asked again and again, people are told once, by however many clocks."""
    if not ever:
        forget_ticket(wechat)
    wechat.http.post("/_simulator/stop_tickets")
    watch = TicketWatch()
    watch(wechat.context)
    wechat.now += 1799
    watch(wechat.context)
    assert told(wechat) == []
    wechat.now += 1
    for _ in range(2):
        watch(wechat.context)
    assert wechat.world.pushes_tickets
    assert wechat.called("api_start_push_ticket") == 2
    (message,) = told(wechat)
    assert isinstance(message.data, TicketsStopped)
    assert (message.subject, message.data.newest is not None, message.data.problem) == (COMPONENT, ever, "")
    wechat.give_ticket()
    watch(wechat.context)
    wechat.now += 1800
    watch(wechat.context)
    assert len(told(wechat)) == 2, "another time is another message"


def test_after_a_night_without_weaudit_tickets_have_half_an_hour_to_come(wechat: Wechat) -> None:
    """None could reach it; nobody is alarmed before the next are due."""
    wechat.now += 40_000
    watch = TicketWatch()
    watch(wechat.context)
    assert told(wechat) == []
    wechat.now += 1800
    watch(wechat.context)
    assert len(told(wechat)) == 1


def test_what_keeps_wechat_from_starting_again_is_told(wechat: Wechat) -> None:
    """A wrong secret, an address that is not on the list."""
    wechat.simulator.api.expect(Fault("api_start_push_ticket", times=9, errcode=61004))
    watch = TicketWatch()
    watch(wechat.context)
    wechat.now += 1800
    watch(wechat.context)
    (message,) = told(wechat)
    assert isinstance(message.data, TicketsStopped)
    assert "61004" in message.data.problem
    assert not isinstance(notify(wechat.context, message), Done), "NOTIFY_URLS is not set"
