import itertools

import pytest

from handlers.reviews.observed import Look
from handlers.reviews.react import release
from handlers.wechat.errors import TryLater
from service.store.heartbeat import Heartbeat
from service.store.reviews import State
from tests.conftest import Wechat
from tests.support.looking import did, state
from tests.support.samples import decided, told


def released(wechat: Wechat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that nothing was called, that the row says so, and that it is released when all is well again."""
    with pytest.raises(TryLater):
        release(wechat.context, told(wechat, "weapp_audit_success"))
    assert (state(wechat), did(wechat).count("release")) == (State.APPROVED, 0)
    monkeypatch.undo()
    release(wechat.context, told(wechat, "weapp_audit_success"))
    assert (state(wechat), did(wechat).count("release")) == (State.RELEASED, 1)


def test_nothing_is_called_while_the_lease_may_be_anothers(wechat: Wechat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last good heartbeat began too long ago for a call of ten seconds."""
    decided(wechat, "approve")
    monkeypatch.setattr(Heartbeat, "age", lambda *_: 4.5)
    released(wechat, monkeypatch)


def test_nothing_is_called_if_the_look_grew_old_while_the_intent_was_written(
    wechat: Wechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may have released meanwhile."""
    decided(wechat, "approve")
    ages = itertools.cycle([0.0, 2.5])
    monkeypatch.setattr(Look, "age", property(lambda _: next(ages)))
    released(wechat, monkeypatch)
