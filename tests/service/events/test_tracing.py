import json

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from handlers.reacting import Reacting
from handlers.reactions import REACTIONS
from service.events import tracing
from service.events.message import decode
from service.store import attempts
from service.store.engine import reading
from service.store.history import pushes as history
from tests.conftest import APP, Wechat
from tests.service.web.test_app import GOOD, post
from tests.support.samples import decided, messages, told

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_what_a_push_leads_to_bears_its_trace(wechat: Wechat) -> None:
    """From the push to the release, over ledger and worker."""
    decided(wechat, "approve")
    with tracing.within(TRACE):
        push = told(wechat, "weapp_audit_success", SuccTime=1)
    with wechat.engine.begin() as connection:
        attempt = attempts.begin(connection, push.id, "weaudit.release", now=wechat.now)
    assert attempt
    Reacting(wechat.context, REACTIONS).carry_out(attempt)
    (released,) = messages(wechat, "weaudit.released")
    assert (released.subject, released.traceparent) == (APP, TRACE)


@pytest.mark.parametrize("given", [TRACE, "nonsense", f"00-{'0' * 32}-{'0' * 16}-01", ""])
def test_a_trace_that_comes_with_a_push_goes_on(client: TestClient, store: Engine, given: str) -> None:
    """One that is none is not taken over: then the message begins one of its own."""
    client.headers["traceparent"] = given
    assert post(client, GOOD).text == "success"
    with reading(store) as connection:
        (push,) = history.newest(connection)
    own = f"00-{push.id}-{push.id[:16]}-01"
    assert decode(push.body).traceparent == (TRACE if given == TRACE else own)
    assert json.loads(push.body)["id"] == push.id
