from typing import Any

import pytest

from handlers.answers import Done, Skipped
from handlers.authorizers.authorize import authorize
from handlers.wechat.errors import Refused, TryLater
from service.events.message import Message
from service.simulator.authorization import api_query_auth
from service.simulator.faults import Fault
from service.store import mini_programs
from service.store.credentials import CredentialKind
from service.store.mini_programs import MiniProgram
from tests.conftest import APP, COMPONENT, Wechat
from tests.support.samples import told
from tests.support.transport import meanwhile

NEW = "wx0000000000000009"


def push(wechat: Wechat, info_type: str, code: str | None, **fields: Any) -> Message:
    """Let an authorization be kept, with its code as a secret."""
    secrets = {"AuthorizationCode": code} if code else {}
    return told(wechat, "", NEW, secrets, InfoType=info_type, AuthorizerAppid=NEW, **fields)


def known(wechat: Wechat) -> MiniProgram | None:
    """Give what is known of the mini program."""
    with wechat.engine.begin() as connection:
        return mini_programs.find(connection, NEW)


def refresh_token(wechat: Wechat) -> str | None:
    """Give the refresh token that is kept of the mini program."""
    with wechat.engine.begin() as connection:
        kept = wechat.credentials.read(connection, CredentialKind.REFRESH_TOKEN, NEW)
    return kept.value if kept else None


def test_an_authorization_is_exchanged_for_tokens_and_a_name(wechat: Wechat) -> None:
    """Afterwards the mini program's API can be called, it has a name, and the code is forgotten."""
    message = push(wechat, "authorized", wechat.world.authorize(NEW, "小书店"))
    assert authorize(wechat.context, message) == Done(f"小书店 ({NEW}) is authorized")
    app = known(wechat)
    assert app
    assert (app.authorized, app.nickname, app.user_name) == (True, "小书店", "gh_000000000009")
    assert app.permission_sets == "18"
    assert wechat.client.tokens.authorizer(NEW)
    assert wechat.called("api_authorizer_token") == 0
    with wechat.engine.begin() as connection:
        assert wechat.credentials.read(connection, CredentialKind.PUSH, message.id) is None


def test_a_crash_between_exchange_and_commit_is_survived(wechat: Wechat) -> None:
    """A code works once: what it was exchanged for is asked for again, and nothing was lost."""
    message = push(wechat, "authorized", wechat.world.authorize(NEW, "小书店"))
    wechat.simulator.api.faults.append(Fault("api_get_authorizer_info", times=3, errcode=-1))
    with pytest.raises(TryLater):
        authorize(wechat.context, message)
    assert not refresh_token(wechat)
    assert isinstance(authorize(wechat.context, message), Done)
    assert wechat.world.holder(wechat.client.tokens.authorizer(NEW)).appid == NEW


def test_a_merchant_who_authorizes_again_brings_the_tokens_to_use(wechat: Wechat) -> None:
    """Even if the answer to the exchange was lost: the former refresh token is not taken for the new one."""
    authorize(wechat.context, push(wechat, "authorized", wechat.world.authorize(NEW, "小书店")))
    wechat.now += 1
    code = wechat.world.authorize(NEW, "小书店")
    api_query_auth(wechat.world, COMPONENT, code)
    assert isinstance(authorize(wechat.context, push(wechat, "updateauthorized", code)), Done)
    assert refresh_token(wechat) == wechat.world.apps[NEW].refresh_token


def test_without_a_code_or_a_token_the_merchant_has_to_authorize_again(wechat: Wechat) -> None:
    """The code is too old, or there is none, and WeChat knows no token."""
    late = push(wechat, "updateauthorized", wechat.world.authorize(NEW, "x"))
    wechat.now += 601
    wechat.world.apps[NEW].refresh_token = ""
    for message in (late, push(wechat, "authorized", None)):
        with pytest.raises(Refused, match="has to authorize again"):
            authorize(wechat.context, message)


def test_an_older_word_that_comes_in_between_changes_nothing(wechat: Wechat) -> None:
    """`unauthorized` of before, reacted to while the newer authorization is being exchanged: the tokens stay."""
    newer = push(wechat, "authorized", wechat.world.authorize(NEW, "小书店"))
    older = push(wechat, "unauthorized", None, CreateTime=int(wechat.now) - 10)

    def the_older_is_reacted_to() -> None:
        assert isinstance(authorize(wechat.context, older), Done)

    context = meanwhile(wechat, "api_get_authorizer_info", the_older_is_reacted_to, after=True)
    assert isinstance(authorize(context, newer), Done)
    assert refresh_token(wechat)
    app = known(wechat)
    assert app
    assert app.authorized


def test_an_authorization_that_is_taken_back_leaves_no_token(wechat: Wechat) -> None:
    """The tokens are forgotten, the name is kept."""
    authorize(wechat.context, push(wechat, "authorized", wechat.world.authorize(NEW, "小书店")))
    wechat.now += 1
    answer = authorize(wechat.context, push(wechat, "unauthorized", None))
    assert isinstance(answer, Done)
    app = known(wechat)
    assert app
    assert (app.authorized, app.nickname) == (False, "小书店")
    assert not refresh_token(wechat)


def test_what_comes_late_changes_nothing(wechat: Wechat) -> None:
    """Taken back, then an older authorization arrives: it stays taken back."""
    authorize(wechat.context, push(wechat, "unauthorized", None))
    late = push(wechat, "authorized", wechat.world.authorize(NEW, "x"), CreateTime=int(wechat.now) - 10)
    assert isinstance(authorize(wechat.context, late), Skipped)
    assert not refresh_token(wechat)


def test_another_kind_of_message_is_skipped(wechat: Wechat) -> None:
    """What was put into the queue by mistake authorizes nobody."""
    assert isinstance(authorize(wechat.context, told(wechat, "weapp_audit_success", APP)), Skipped)


def test_a_code_that_grew_old_while_weaudit_was_away_still_lets_the_merchant_in(wechat: Wechat) -> None:
    """WeChat's list has the token."""
    message = push(wechat, "authorized", wechat.world.authorize(NEW, "小书店"))
    wechat.now += 4 * 3600
    wechat.give_ticket()
    assert authorize(wechat.context, message) == Done(f"小书店 ({NEW}) is authorized")
    assert refresh_token(wechat) == wechat.world.apps[NEW].refresh_token
