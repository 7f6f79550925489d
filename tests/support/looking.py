from handlers.reviews.driver import look_at
from handlers.reviews.visit import Visit
from service.store.reviews import State
from tests.conftest import APP, Wechat
from tests.support.samples import (
    rows,
)

CHANGES = ("commit", "submit_audit", "release", "grayrelease")


def state(wechat: Wechat) -> State:
    """Give the state of the newest row."""
    return rows(wechat)[0].state


def did(wechat: Wechat) -> list[str]:
    """Name the calls that changed something, in their order, with the code of those that were refused."""
    calls = [call for call in wechat.simulator.api.calls if call.endpoint in CHANGES]
    return [call.endpoint + (f" {call.errcode}" if call.errcode else "") for call in calls]


def look(wechat: Wechat) -> Visit:
    """Look at the mini program of the tests."""
    return look_at(wechat.context, APP)
