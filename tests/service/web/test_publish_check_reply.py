import xmltodict
from starlette.testclient import TestClient

from crypto.envelope import aes_key, unseal
from crypto.signature import verify
from service.events.test_accounts import TEST_ACCOUNTS
from service.simulator import events
from service.simulator.sender import Sealed
from tests.conftest import APP, COMPONENT, KEY, TOKEN, sender

TESTER, USER_NAME = "wxd101a85aa106f53e", "gh_8dad206e9538"
CUSTOMER = "o-a-customer"


def written(content: str, appid: str = TESTER, user_name: str = USER_NAME) -> Sealed:
    """Seal what a customer wrote."""
    return sender().prepare(events.text(user_name, 1_700_000_000, CUSTOMER, content), appid)


def post(client: TestClient, push: Sealed) -> str:
    """Send it; gives the body of the answer."""
    answer = client.post(push.path, params=dict(push.query), content=push.body)
    assert answer.status_code == 200
    return answer.text


def test_the_text_of_a_test_account_is_answered_with_a_sealed_reply(client: TestClient) -> None:
    """Signed with our token, sealed with the key that opened the question, from the account to its customer."""
    push = written("TESTCOMPONENT_MSG_TYPE_TEXT")
    envelope = xmltodict.parse(post(client, push))["xml"]
    verify(envelope["MsgSignature"], TOKEN, envelope["TimeStamp"], envelope["Nonce"], envelope["Encrypt"])
    assert envelope["Nonce"] == push.query["nonce"]
    content, _ = unseal(envelope["Encrypt"], [aes_key(KEY)], COMPONENT)
    reply = xmltodict.parse(content)["xml"]
    assert (reply["ToUserName"], reply["FromUserName"], reply["MsgType"]) == (CUSTOMER, USER_NAME, "text")
    assert reply["Content"] == "TESTCOMPONENT_MSG_TYPE_TEXT_callback"
    assert abs(int(reply["CreateTime"]) - int(push.query["timestamp"])) < 60


def test_an_authorization_code_is_answered_with_nothing(client: TestClient) -> None:
    """The code goes back through the API."""
    assert post(client, written("QUERY_AUTH_CODE:queryauthcode@@@x")) == ""


def test_everything_else_is_answered_success(client: TestClient) -> None:
    """Other texts of the test accounts, and the same words from anybody else."""
    assert post(client, written("hello")) == "success"
    assert post(client, written("TESTCOMPONENT_MSG_TYPE_TEXT", APP, "gh_other")) == "success"
    assert post(client, written("TESTCOMPONENT_MSG_TYPE_TEXT", TESTER, "gh_other")) == "success"
    assert post(client, written("QUERY_AUTH_CODE:x", APP, "gh_other")) == "success"


def test_all_ten_accounts_are_known() -> None:
    """Five official accounts and five mini programs."""
    assert len(TEST_ACCOUNTS) == len(set(TEST_ACCOUNTS.values())) == 10
