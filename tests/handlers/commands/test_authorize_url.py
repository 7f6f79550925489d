from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from handlers.commands.authorize_url import authorize_url, make_url
from handlers.commands.exit_status import CommandFailed, WrongUsage
from service.simulator.faults import Fault
from service.web.app import create_app
from tests.conftest import COMPONENT, Wechat, inbound


@pytest.mark.parametrize("phone", [False, True])
def test_the_link_leads_to_wechat_and_back(wechat: Wechat, phone: bool) -> None:  # noqa: FBT001
    """With a fresh code, for mini programs; of phones without a code to scan."""
    url, seconds = make_url(wechat.context, "https://your.host/authorized?a=1", phone=phone)
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    assert parts.netloc == "mp.weixin.qq.com"
    assert (query["component_appid"], query["redirect_uri"]) == ([COMPONENT], ["https://your.host/authorized?a=1"])
    assert query["pre_auth_code"][0].startswith("preauthcode@@@")
    assert (query["auth_type"], seconds) == (["2"], 600)
    assert ("no_scan" in query, parts.fragment) == (phone, "wechat_redirect" if phone else "")


def test_what_keeps_it_from_being_made_is_told(wechat: Wechat) -> None:
    """WeChat's reason, or what is wrong with the redirect."""
    wechat.simulator.api.expect(Fault("api_create_preauthcode", errcode=61004))
    with pytest.raises(CommandFailed, match="61004"):
        make_url(wechat.context, "https://your.host/authorized", phone=False)
    with pytest.raises(WrongUsage, match="--redirect is an address"):
        authorize_url("your.host", phone=False)


def test_the_page_says_that_it_worked(wechat: Wechat) -> None:
    """In Chinese and English; it repeats nothing of its address, and leaves it nowhere."""
    with TestClient(create_app(inbound(), wechat.engine, wechat.credentials)) as client:
        answer = client.get("/authorized?auth_code=hush&expires_in=600")
        assert client.get("/authorized").status_code == 400
    assert answer.status_code == 200
    assert "授权成功" in answer.text
    assert "has authorized" in answer.text
    assert "hush" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
