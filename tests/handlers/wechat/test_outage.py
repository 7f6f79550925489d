from dataclasses import replace

import httpx2
import pytest
from sqlalchemy import select

from handlers.reacting import Reacting
from handlers.wechat.client import Client
from handlers.wechat.endpoint import NoParameters
from handlers.wechat.endpoints.code import get_page
from handlers.wechat.errors import TryLater, Unreachable, WeChatError
from handlers.wechat.outage import FEWEST, SHORTEST, WECHAT, Outage
from handlers.wechat.transport import Transport
from service.simulator import code
from service.simulator.faults import Fault
from service.store import attempts
from service.store.engine import reading
from service.store.tables import attempts as table
from tests.conftest import APP, Wechat
from tests.handlers.test_reacting import QUEUE, begun, failing
from tests.handlers.wechat.test_transport import transport
from tests.support.samples import told


class Watched:
    """An outage whose end is counted, at a time of the test's."""

    def __init__(self) -> None:
        self.now, self.ends = 0.0, 0
        self.outage = Outage(self._ended, lambda: self.now)

    def _ended(self) -> None:
        self.ends += 1


def test_the_first_answer_after_a_while_without_any_ends_an_outage_once() -> None:
    """The second answer says nothing new."""
    watched = Watched()
    for _ in range(FEWEST):
        watched.outage.not_answered()
        watched.now += SHORTEST
    watched.outage.answered()
    watched.outage.answered()
    assert watched.ends == 1


def test_one_call_that_was_not_answered_while_nobody_else_asked_is_no_outage() -> None:
    """It says something about a mini program and nothing about WeChat."""
    watched = Watched()
    watched.outage.not_answered()
    watched.now = 60.0
    watched.outage.answered()
    assert watched.ends == 0


def test_one_whose_calls_hang_among_others_is_no_outage() -> None:
    """The others are answered all the time."""
    watched = Watched()
    for second in range(100):
        watched.now = float(second)
        (watched.outage.answered if second % 5 else watched.outage.not_answered)()
    assert watched.ends == 0


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        (Fault("get_page", answer="502"), 1),
        (Fault("get_page", answer="html"), 1),
        (Fault("get_page", errcode=-1), 1),
        (Fault("get_page", errcode=48001), 0),
    ],
)
def test_what_wechat_does_not_serve_is_an_outage_and_what_it_refuses_is_not(
    wechat: Wechat, fault: Fault, ends: int
) -> None:
    """A gateway's page and "system busy" are; a permission that is missing is an answer."""
    watched = Watched()
    way = Transport(wechat.http, clock=lambda: wechat.now, pause=0.0, outage=watched.outage)
    client = Client(way, wechat.client.tokens, wechat.heartbeat, patience=0.0)
    code.commit(wechat.world, wechat.world.apps[APP], template_id=1, ext_json="{}", user_version="1", user_desc="x")
    client.call(get_page, NoParameters(), APP)
    wechat.simulator.api.faults.append(replace(fault, times=9))
    for _ in range(3):
        with pytest.raises(WeChatError):
            client.call(get_page, NoParameters(), APP)
    wechat.simulator.api.faults.clear()
    watched.now = SHORTEST
    client.call(get_page, NoParameters(), APP)
    assert watched.ends == ends


@pytest.mark.parametrize(
    ("error", "woken"),
    [
        (Unreachable("release", "WeChat did not answer", sent=True), 1),
        (TryLater("release", "busy", code=-1), 1),
        (TryLater("release", "too often", code=45011), 0),
    ],
)
def test_its_end_wakes_what_waits_for_wechat_and_nothing_else(wechat: Wechat, error: Exception, woken: int) -> None:
    """However far off its next try was."""
    attempt = begun(wechat, told(wechat, "weapp_audit_success"))
    Reacting(wechat.context, {QUEUE: failing(error)}).carry_out(attempt)
    with wechat.engine.begin() as connection:
        assert attempts.wake(connection, WECHAT, now=wechat.now) == woken
    with reading(wechat.engine) as connection:
        due_at = connection.execute(select(table.c.due_at).where(table.c.queue == QUEUE)).scalar_one()
    assert (due_at <= wechat.now) is bool(woken)


@pytest.mark.parametrize(("status", "tries"), [(200, 1), (502, 3)])
def test_a_page_in_good_order_is_not_asked_for_again_at_once(status: int, tries: int) -> None:
    """It would come again; a gateway's error may have passed by then."""
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(status, content="<html>sign in</html>")

    with pytest.raises(Unreachable):
        transport(answer).send(get_page, NoParameters(), {"access_token": "T"})
    assert len(asked) == tries
