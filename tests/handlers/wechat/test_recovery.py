import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from handlers.wechat.errors import NotAuthorized, TryLater
from service.simulator.faults import Fault
from service.store import mini_programs
from service.store.credentials import CredentialKind
from service.store.mini_programs import MiniProgram
from tests.conftest import APP, COMPONENT, Wechat
from tests.handlers.wechat.test_tokens import adopt, refresh_token


def keep_refresh_token(wechat: Wechat, value: str | None) -> None:
    """Let this refresh token be known, or none."""
    with wechat.engine.begin() as connection:
        wechat.credentials.forget(connection, CredentialKind.REFRESH_TOKEN, APP)
        if value:
            wechat.credentials.keep(connection, CredentialKind.REFRESH_TOKEN, APP, value, issued_at=wechat.now)


@pytest.mark.parametrize("kept", ["a former one", None])
def test_a_refresh_token_that_is_lost_is_found_in_wechats_list(wechat: Wechat, kept: str | None) -> None:
    """One that WeChat refuses (61023), or none at all: merchants may have authorized before weaudit came."""
    for number in range(500):
        wechat.world.authorize(f"wxanother{number}", "another")
    wechat.world.apps[APP] = wechat.world.apps.pop(APP)
    keep_refresh_token(wechat, kept)
    assert wechat.world.holder(wechat.client.tokens.authorizer(APP)).appid == APP
    assert wechat.called("api_get_authorizer_list") == 2
    assert refresh_token(wechat) == wechat.world.apps[APP].refresh_token


def test_a_refresh_token_that_wechat_lists_and_refuses_is_tried_once_more(wechat: Wechat) -> None:
    """Then the merchant has to authorize again, and nobody asks for it every second."""
    wechat.simulator.api.expect(Fault("api_authorizer_token", times=9, errcode=61023))
    for _ in range(2):
        with pytest.raises(NotAuthorized, match=APP):
            wechat.client.tokens.authorizer(APP)
    assert wechat.called("api_get_authorizer_list") == 1
    wechat.now += 300
    with pytest.raises(NotAuthorized):
        wechat.client.tokens.authorizer(APP)
    assert wechat.called("api_get_authorizer_list") == 2


def test_a_listed_refresh_token_that_is_refused_too_is_no_loop(wechat: Wechat) -> None:
    """One exchange with each of the two, no third, and what WeChat said is told."""
    keep_refresh_token(wechat, "a former one")
    wechat.simulator.api.expect(Fault("api_authorizer_token", times=9, errcode=61023))
    with pytest.raises(NotAuthorized, match="61023") as error:
        wechat.client.tokens.authorizer(APP)
    assert (error.value.code, bool(error.value.rid)) == (61023, True)
    assert wechat.called("api_authorizer_token") == 2


def test_a_refusal_that_passes_is_mended_at_once(wechat: Wechat) -> None:
    """The refresh token is the listed one, and WeChat takes it the second time."""
    wechat.simulator.api.expect(Fault("api_authorizer_token", errcode=61023))
    assert wechat.client.tokens.authorizer(APP)


def test_of_twenty_threads_one_hears_that_it_fails(wechat: Wechat) -> None:
    """Who waited for a renewal that failed does not ask WeChat for the same again."""
    wechat.simulator.api.expect(Fault("api_component_token", times=99, errcode=45009, delay=0.3))
    barrier = threading.Barrier(20)

    def fetch(_: int) -> bool:
        barrier.wait()
        with pytest.raises(TryLater, match="45009"):
            wechat.client.tokens.component()
        return True

    with ThreadPoolExecutor(20) as threads:
        assert all(threads.map(fetch, range(20)))
    assert wechat.called("api_component_token") == 1
    with pytest.raises(TryLater):
        wechat.client.tokens.component()
    assert wechat.called("api_component_token") == 2, "who comes later asks anew"


def test_a_token_of_a_machine_whose_clock_is_ahead_is_replaced(wechat: Wechat) -> None:
    """What was just fetched counts, though it seems older."""
    with wechat.engine.begin() as connection:
        wechat.credentials.keep(
            connection,
            CredentialKind.COMPONENT_TOKEN,
            COMPONENT,
            "t",
            issued_at=wechat.now + 300,
            expires_at=wechat.now + 1,
        )
    fetched = wechat.client.tokens.component()
    assert wechat.client.tokens.component() == fetched
    assert wechat.called("api_component_token") == 1


def test_an_authorization_without_a_refresh_token_keeps_the_former(wechat: Wechat) -> None:
    """Accounts without permission for the API bring none."""
    former = refresh_token(wechat)
    adopt(wechat, "")
    assert refresh_token(wechat) == former


def test_an_authorization_that_was_taken_back_is_known_from_then_on(wechat: Wechat) -> None:
    """WeChat says 61003: the tokens are forgotten, the mini program is marked, and a late push still counts."""
    with wechat.engine.begin() as connection:
        mini_programs.keep(connection, MiniProgram(APP, True, "一杯茶", "", "", changed_at=5.0))
    wechat.world.unauthorize(APP)
    with pytest.raises(NotAuthorized, match=APP):
        wechat.client.tokens.authorizer(APP)
    assert refresh_token(wechat) is None
    with wechat.engine.begin() as connection:
        known = mini_programs.find(connection, APP)
        assert known
        assert (known.authorized, known.changed_at) == (False, 5.0)
