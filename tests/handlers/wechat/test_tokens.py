import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from handlers.wechat.client import Client
from handlers.wechat.endpoint import NoParameters
from handlers.wechat.endpoints import code
from handlers.wechat.endpoints.authorization import AuthorizationInfo
from handlers.wechat.errors import NeedsHuman, NotAuthorized, StaleToken, TicketMissing, TryLater
from handlers.wechat.tokens import Tokens
from handlers.wechat.transport import Transport, http_client
from service.simulator import code as wechat_code
from service.simulator.app import create_app
from service.simulator.faults import Fault
from service.store.credentials import CredentialKind, Credentials
from service.store.leases import LEASE
from tests.conftest import APP, COMPONENT, SECRET, Wechat, migrated, outbound, values
from tests.support.live import serving
from tests.support.transport import FaultyTransport


def test_a_ticket_becomes_a_token_and_a_token_a_mini_programs(wechat: Wechat) -> None:
    """Ticket, component token, authorizer token; and then none of them is fetched again."""
    token = wechat.client.tokens.authorizer(APP)
    assert wechat.world.holder(token).appid == APP
    assert wechat.client.tokens.authorizer(APP) == token
    assert (wechat.called("api_component_token"), wechat.called("api_authorizer_token")) == (1, 1)


def test_a_token_is_renewed_ten_minutes_before_its_end(wechat: Wechat) -> None:
    """At 1 h 49 min it is still good, at 1 h 51 min there is another."""
    token = wechat.client.tokens.component()
    wechat.now += 109 * 60
    assert wechat.client.tokens.component() == token
    wechat.now += 2 * 60
    assert wechat.client.tokens.component() != token


def test_a_stale_token_is_replaced_once_and_the_call_made_again(wechat: Wechat) -> None:
    """Somebody else fetched a token with our secret: the next call finds out, and mends it."""
    wechat.client.tokens.authorizer(APP)
    wechat.world.expire_tokens()
    app = wechat.world.apps[APP]
    wechat_code.commit(wechat.world, app, template_id=1, ext_json="{}", user_version="1", user_desc="x")
    assert wechat.client.call(code.get_page, NoParameters(), APP).page_list
    assert wechat.called("get_page") == 2


def test_a_token_that_stays_stale_is_an_error_and_no_loop(wechat: Wechat) -> None:
    """Once more, and never a third time."""
    wechat.simulator.api.faults.append(Fault("get_page", times=10, errcode=40001))
    with pytest.raises(StaleToken):
        wechat.client.call(code.get_page, NoParameters(), APP)
    assert wechat.called("get_page") == 2


def test_who_comes_with_a_stale_token_gets_the_one_that_was_fetched_meanwhile(wechat: Wechat) -> None:
    """Of two who found the same token stale, one fetches."""
    old = wechat.client.tokens.component()
    new = wechat.client.tokens.component(stale=old)
    assert wechat.client.tokens.component(stale=old) == new
    assert wechat.called("api_component_token") == 2


@pytest.mark.parametrize("age", [None, 43_201])
def test_without_a_ticket_there_is_no_token(wechat: Wechat, age: float | None) -> None:
    """None yet, or one of more than twelve hours: the error says what to look at."""
    if age is None:
        with wechat.engine.begin() as connection:
            wechat.credentials.forget(connection, CredentialKind.TICKET, COMPONENT)
    else:
        wechat.now += age
    with pytest.raises(TicketMissing, match="/callback/authorization"):
        wechat.client.tokens.component()
    wechat.give_ticket()
    assert wechat.client.tokens.component()


def test_a_wrong_secret_needs_a_person(wechat: Wechat) -> None:
    """40001 from this endpoint is about the secret, and is not tried again."""
    wechat.simulator.api.faults.append(Fault("api_component_token", errcode=40001))
    with pytest.raises(NeedsHuman, match="WECHAT_COMPONENT_SECRET"):
        wechat.client.tokens.component()


def test_a_failure_gives_the_right_to_renew_back(wechat: Wechat) -> None:
    """WeChat was busy; the next one need not wait for anybody."""
    wechat.simulator.api.faults.append(Fault("api_component_token", times=3, errcode=-1))
    with pytest.raises(TryLater):
        wechat.client.tokens.component()
    assert wechat.client.tokens.component()


def test_a_mini_program_that_has_not_authorized_needs_its_merchant(wechat: Wechat) -> None:
    """The error names it."""
    with pytest.raises(NotAuthorized, match="wxunknown"):
        wechat.client.tokens.authorizer("wxunknown")


def adopt(wechat: Wechat, refresh_token: str) -> None:
    """Keep what a code was exchanged for."""
    info = AuthorizationInfo(
        authorizer_appid=APP,
        authorizer_access_token="t",
        expires_in=7200,
        authorizer_refresh_token=refresh_token,
    )
    with wechat.engine.begin() as connection:
        wechat.client.tokens.adopt(connection, info, wechat.now)


def refresh_token(wechat: Wechat) -> str | None:
    """Give the refresh token that is kept."""
    with wechat.engine.begin() as connection:
        kept = wechat.credentials.read(connection, CredentialKind.REFRESH_TOKEN, APP)
    return kept.value if kept else None


def test_tokens_that_a_code_brought_are_used(wechat: Wechat) -> None:
    """Nothing is fetched that is already there."""
    adopt(wechat, "r")
    assert wechat.client.tokens.authorizer(APP) == "t"
    assert wechat.called("api_authorizer_token") == 0


def test_a_renewal_under_way_does_not_undo_a_new_authorization(wechat: Wechat) -> None:
    """The merchant authorizes again while the former refresh token is in use: the newer one stays."""
    former = refresh_token(wechat)
    way = FaultyTransport(wechat)

    def the_merchant_authorizes() -> None:
        wechat.now += 1
        adopt(wechat, "the newer one")
        wechat.now += 1

    way.at("api_authorizer_token", the_merchant_authorizes, after=True)
    tokens = Tokens(
        wechat.engine,
        wechat.heartbeat,
        wechat.credentials,
        way,
        component_appid=COMPONENT,
        component_secret=SECRET,
        clock=lambda: wechat.now,
    )
    tokens.authorizer(APP)
    assert former != refresh_token(wechat) == "the newer one"


def test_a_token_that_is_still_good_outlives_a_renewal_that_failed(wechat: Wechat) -> None:
    """Nine minutes before its end, with the limit of the endpoint used up, it is used on."""
    token = wechat.client.tokens.component()
    wechat.now += 111 * 60
    wechat.simulator.api.faults.append(Fault("api_component_token", times=2, errcode=45009))
    for _ in range(9):
        assert wechat.client.tokens.component() == token
    assert wechat.called("api_component_token") == 2, "not each call asks for what was just refused"
    wechat.now += 10 * 60
    with pytest.raises(TryLater, match="45009"):
        wechat.client.tokens.component()


def test_the_newest_refresh_token_is_kept(wechat: Wechat) -> None:
    """The one that comes with a token is the one to use next."""
    wechat.client.tokens.authorizer(APP)
    with wechat.engine.begin() as connection:
        kept = wechat.credentials.read(connection, CredentialKind.REFRESH_TOKEN, APP)
    assert kept
    assert kept.value == wechat.world.apps[APP].refresh_token


def test_of_twenty_threads_one_fetches(engine: Engine, credentials: Credentials) -> None:
    """All get the same token, for one request, over a real socket; on SQLite and PostgreSQL."""
    wechat = Wechat(engine, credentials, outbound())
    wechat.give_ticket()
    wechat.authorize()
    wechat.simulator.api.faults.append(Fault("api_component_token", delay=0.2))
    barrier = threading.Barrier(20)

    def fetch(_: int) -> str:
        barrier.wait()
        return wechat.client.tokens.authorizer(APP)

    with ThreadPoolExecutor(20) as threads:
        assert len(set(threads.map(fetch, range(20)))) == 1
    assert (wechat.called("api_component_token"), wechat.called("api_authorizer_token")) == (1, 1)


def test_of_twenty_threads_in_four_processes_one_fetches(database_url: str, credentials: Credentials) -> None:
    """Processes share tokens through the database: one request for all, on SQLite and PostgreSQL."""
    engine = migrated(database_url)
    wechat = Wechat(engine, credentials, outbound())
    wechat.give_ticket()
    wechat.authorize()
    for endpoint in ("api_component_token", "api_authorizer_token"):
        wechat.simulator.api.expect(Fault(endpoint, delay=0.3))
    with serving(create_app(wechat.simulator)) as url:
        settings = json.dumps(values(database_url=database_url, wechat_api_base=url))
        command = [sys.executable, "-m", "tests.support.fetching", APP, "5", settings]
        started = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        for process in started:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        fetched = [process.communicate(timeout=30)[0].splitlines()[-1] for process in started]
    engine.dispose()
    assert len(set(fetched)) == 1
    assert len(json.loads(fetched[0])) == 1
    assert (wechat.called("api_component_token"), wechat.called("api_authorizer_token")) == (1, 1)


def test_an_older_ticket_never_replaces_a_newer_one(wechat: Wechat) -> None:
    """Pushes may overtake each other."""
    with wechat.engine.begin() as connection:
        late = wechat.now - 600
        wechat.credentials.keep(
            connection, CredentialKind.TICKET, COMPONENT, "old", issued_at=late, expires_at=late + 43_200
        )
    assert wechat.client.tokens.component()


def test_who_died_while_fetching_is_not_waited_for_for_ever(wechat: Wechat) -> None:
    """After its time another may fetch; a token that is still good is used meanwhile."""
    token = wechat.client.tokens.component()
    wechat.now += 6700
    assert wechat.heartbeat.try_to_take(f"component_access_token of {COMPONENT}")
    wechat.now += LEASE - 1
    assert wechat.client.tokens.component() == token
    wechat.now += 600
    assert wechat.client.tokens.component() != token


def test_the_client_works_over_a_real_socket(make_wechat: Callable[..., Wechat]) -> None:
    """The simulator as a server, the client as it is in production."""
    wechat = make_wechat()
    with serving(create_app(wechat.simulator)) as url, http_client(url) as http:
        transport = Transport(http)
        tokens = Tokens(
            wechat.engine,
            wechat.heartbeat,
            wechat.credentials,
            transport,
            component_appid=COMPONENT,
            component_secret=SECRET,
        )
        assert (
            Client(transport, tokens, wechat.heartbeat)
            .call(code.get_category, NoParameters(), APP)
            .category_list[0]
            .first_id
            == 220
        )
