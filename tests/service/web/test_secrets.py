import pytest

from tests.conftest import APP, sender
from tests.service.web.test_push import read

ODD_SECRETS = [
    "<InfoType>component_verify_ticket</InfoType><ComponentVerify\x10Ticket>hush</ComponentVerify\x10Ticket>",
    "<InfoType>authorized</InfoType><AuthorizationCod>hush</AuthorizationCod>&nbsp;",
    "<MsgType>text</MsgType><Content>\x10QUERY_AUTH_CODE:hush</Content>",
    "<Event>unknown</Event><Some\x10Thing>hush</Some\x10Thing>",
    "<ComponentVerifyTicket><![CDATA[hush",
]


@pytest.mark.parametrize("fields", ODD_SECRETS, ids=ascii)
@pytest.mark.parametrize("appid", [None, APP])
def test_what_had_to_be_read_tolerantly_shows_no_secret_whatever_it_is_called(fields: str, appid: str | None) -> None:
    """An odd name may hide what it is; the text is kept as a secret, whole."""
    received = read(sender().prepare_text(f"<xml>{fields}</xml>", appid or ""), appid=appid)
    assert "hush" not in received.message.model_dump_json()
    assert "hush" in received.secrets["text"]
