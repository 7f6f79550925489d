import httpx2
import pytest

from handlers.wechat.endpoint import Endpoint, NoParameters, Reply
from handlers.wechat.endpoints import audit, code, online
from handlers.wechat.errors import TryLater, Unreachable
from handlers.wechat.transport import Transport
from tests.handlers.wechat.test_transport import transport


def busy_then_well(refusals: list[httpx2.Response | Exception]) -> tuple[Transport, list[httpx2.Request]]:
    """Answer with each refusal once, and then well; gives the way there and what was sent."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        if len(seen) > len(refusals):
            return httpx2.Response(200, json={"errcode": 0, "errmsg": "ok"})
        refusal = refusals[len(seen) - 1]
        if isinstance(refusal, Exception):
            raise refusal
        return refusal

    return transport(answer), seen


BUSY = httpx2.Response(200, json={"errcode": -1, "errmsg": "system error"})
HTML = httpx2.Response(502, text="<html>502 Bad Gateway</html>")
NOT_SENT, LOST = httpx2.ConnectError("x"), httpx2.ReadTimeout("x")
HARMLESS = [
    (code.get_page, [BUSY, BUSY]),
    (code.get_page, [LOST, HTML]),
    (code.get_page, [NOT_SENT, LOST]),
    (code.getversioninfo, [LOST, LOST]),
    (online.release, [BUSY, BUSY]),
    (online.release, [NOT_SENT, BUSY]),
    (audit.undocodeaudit, [NOT_SENT]),
]


@pytest.mark.parametrize(("endpoint", "refusals"), HARMLESS)
def test_what_did_no_harm_is_sent_again(
    endpoint: Endpoint[NoParameters, Reply], refusals: list[httpx2.Response | Exception]
) -> None:
    """Reading may be repeated; what changes something, if WeChat said that it did not, or never heard of it."""
    way, seen = busy_then_well(refusals)
    way.send(endpoint, NoParameters(), {})
    assert len(seen) == len(refusals) + 1


@pytest.mark.parametrize("lost", [LOST, HTML, httpx2.RemoteProtocolError("x"), httpx2.WriteError("x")], ids=repr)
@pytest.mark.parametrize(
    "endpoint", [online.release, online.revertgrayrelease, audit.undocodeaudit], ids=lambda endpoint: endpoint.name
)
def test_what_may_have_happened_is_not_sent_twice(
    endpoint: Endpoint[NoParameters, Reply], lost: httpx2.Response | Exception
) -> None:
    """Not even by a GET: some of WeChat's change something."""
    way, seen = busy_then_well([lost])
    with pytest.raises(Unreachable) as error:
        way.send(endpoint, NoParameters(), {})
    assert (len(seen), error.value.sent) == (1, True)


def test_a_refusal_is_not_sent_again() -> None:
    """Only being busy passes so soon."""
    way, seen = busy_then_well([httpx2.Response(200, json={"errcode": 85020, "errmsg": "status not allowed"})])
    with pytest.raises(TryLater, match="85020"):
        way.send(online.release, NoParameters(), {})
    assert len(seen) == 1


def test_it_gives_up_after_three_tries() -> None:
    """And says what the last one said."""
    way, seen = busy_then_well([BUSY] * 9)
    with pytest.raises(TryLater, match="busy"):
        way.send(code.get_page, NoParameters(), {})
    assert len(seen) == 3
