from typing import Any

import pytest

from handlers.authorize import authorize
from handlers.context import Done, Skipped
from handlers.wechat.errors import NeedsHuman, Refused
from service import apps
from service.apps import App
from service.credentials import Kind
from service.messages import Message
from service.simulator.api import Fault
from tests.conftest import APP, Wechat
from tests.handlers.samples import told

NEW = "wx0000000000000009"


def push(wechat: Wechat, info_type: str, code: str | None, **fields: Any) -> Message:
    """Let an authorization be kept, with its code as a secret."""
    secrets = {"AuthorizationCode": code} if code else {}
    return told(wechat, "", NEW, secrets, InfoType=info_type, AuthorizerAppid=NEW, **fields)


def known(wechat: Wechat) -> App | None:
    """Give what is known of the mini program."""
    with wechat.engine.begin() as connection:
        return apps.find(connection, NEW)


def test_an_authorization_is_exchanged_for_tokens_and_a_name(wechat: Wechat) -> None:
    """Afterwards the mini program's API can be called, it has a name, and the code is forgotten."""
    message = push(wechat, "authorized", wechat.world.authorize(NEW, "小书店"))
    assert authorize(wechat.context, message) == Done(f"小书店 ({NEW}) is authorized")
    app = known(wechat)
    assert app
    assert (app.authorized, app.nickname, app.user_name) == (True, "小书店", "gh_000000000009")
    assert wechat.client.tokens.authorizer(NEW)
    assert wechat.called("api_authorizer_token") == 0
    with wechat.engine.begin() as connection:
        assert wechat.credentials.read(connection, Kind.PUSH, message.id) is None


def test_a_crash_after_the_exchange_is_survived(wechat: Wechat) -> None:
    """A code works once: when it is gone and the tokens are there, the rest is done."""
    message = push(wechat, "authorized", wechat.world.authorize(NEW, "小书店"))
    wechat.simulator.api.faults.append(Fault("api_get_authorizer_info", errcode=-1))
    with pytest.raises(Exception, match="-1"):
        authorize(wechat.context, message)
    assert isinstance(authorize(wechat.context, message), Done)
    assert wechat.called("api_query_auth") == 1


def test_a_code_that_was_used_is_no_matter_if_the_tokens_are_there(wechat: Wechat) -> None:
    """Exchanged, written down, but not noted as such: WeChat refuses the code, and all is well."""
    code = wechat.world.authorize(NEW, "小书店")
    assert isinstance(authorize(wechat.context, push(wechat, "authorized", code)), Done)
    wechat.now += 1
    assert isinstance(authorize(wechat.context, push(wechat, "updateauthorized", code)), Done)


def test_a_code_that_does_not_work_needs_the_merchant(wechat: Wechat) -> None:
    """Without tokens, an unknown code is an error that says so, and an expired one too; none at all as well."""
    wechat.world.authorize(NEW, "x")
    with pytest.raises(Refused, match="61009"):
        authorize(wechat.context, push(wechat, "authorized", "made up"))
    late = push(wechat, "updateauthorized", wechat.world.authorize(NEW, "x"))
    wechat.now += 601
    with pytest.raises(NeedsHuman, match="61010"):
        authorize(wechat.context, late)
    with pytest.raises(Refused, match="came without a code"):
        authorize(wechat.context, push(wechat, "authorized", None))


def test_an_authorization_that_is_taken_back_leaves_no_token(wechat: Wechat) -> None:
    """The tokens are forgotten, the name is kept."""
    authorize(wechat.context, push(wechat, "authorized", wechat.world.authorize(NEW, "小书店")))
    wechat.now += 1
    answer = authorize(wechat.context, push(wechat, "unauthorized", None))
    assert isinstance(answer, Done)
    app = known(wechat)
    assert app
    assert (app.authorized, app.nickname) == (False, "小书店")
    assert not wechat.client.tokens.holds(NEW)


def test_what_comes_late_changes_nothing(wechat: Wechat) -> None:
    """Taken back, then an older authorization arrives: it stays taken back."""
    authorize(wechat.context, push(wechat, "unauthorized", None))
    late = push(wechat, "authorized", wechat.world.authorize(NEW, "x"), CreateTime=int(wechat.now) - 10)
    assert isinstance(authorize(wechat.context, late), Skipped)
    assert not wechat.client.tokens.holds(NEW)


def test_another_kind_of_message_is_skipped(wechat: Wechat) -> None:
    """What was put into the queue by mistake authorizes nobody."""
    assert isinstance(authorize(wechat.context, told(wechat, "weapp_audit_success", APP)), Skipped)
