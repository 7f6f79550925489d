import pytest

from handlers.answers import Done, Skipped
from handlers.authorizers.publish_check import publish_check
from handlers.wechat.errors import TryLater
from service.events.message import Message
from service.simulator.faults import Fault
from tests.conftest import APP, Wechat
from tests.support.samples import told

TESTER, USER_NAME = "wxd101a85aa106f53e", "gh_8dad206e9538"


def written(wechat: Wechat, content: str, appid: str = TESTER, user_name: str = USER_NAME) -> Message:
    """Let a text be kept as a push: an authorization code in it is a secret."""
    fields = {"MsgType": "text", "ToUserName": user_name, "FromUserName": "o-a-customer", "MsgId": "1"}
    if content.startswith("QUERY_AUTH_CODE:"):
        return told(wechat, "text", appid, {"Content": content}, **fields)
    return told(wechat, "text", appid, None, Content=content, **fields)


def test_the_code_of_a_test_account_goes_back_through_the_api(wechat: Wechat) -> None:
    """Exchanged for the account's token, and sent with it to the customer who wrote it."""
    code = wechat.world.authorize(TESTER, "test")
    answer = publish_check(wechat.context, written(wechat, f"QUERY_AUTH_CODE:{code}"))
    assert isinstance(answer, Done)
    assert wechat.world.apps[TESTER].sent == [{"touser": "o-a-customer", "content": f"{code}_from_api"}]


def test_a_crash_after_the_exchange_is_survived(wechat: Wechat) -> None:
    """The code is used up; its token is there."""
    code = wechat.world.authorize(TESTER, "test")
    message = written(wechat, f"QUERY_AUTH_CODE:{code}")
    wechat.simulator.api.expect(Fault("custom/send", times=3, errcode=-1))
    with pytest.raises(TryLater):
        publish_check(wechat.context, message)
    assert isinstance(publish_check(wechat.context, message), Done)
    assert len(wechat.world.apps[TESTER].sent) == 1


def test_other_messages_are_skipped(wechat: Wechat) -> None:
    """Those of customers, and those that the answer was enough for."""
    for message in (
        written(wechat, "TESTCOMPONENT_MSG_TYPE_TEXT"),
        written(wechat, "QUERY_AUTH_CODE:x", APP, "gh_other"),
        written(wechat, "hello", APP, "gh_other"),
        told(wechat, "weapp_audit_success"),
    ):
        assert isinstance(publish_check(wechat.context, message), Skipped)
    assert wechat.simulator.api.calls == []
