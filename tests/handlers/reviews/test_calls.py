from collections.abc import Callable
from functools import partial

import pytest

from handlers.reviews.calls import LOOK_IS_GOOD_FOR
from handlers.reviews.react import submit
from handlers.wechat.endpoint import CALL_WITHIN
from handlers.wechat.errors import TryLater
from service.store.leases import LEASE
from service.store.reviews import State
from tests.conftest import Wechat
from tests.support.looking import did, state
from tests.support.samples import planned
from tests.support.transport import FaultyTransport, over, pass_time


def test_nothing_is_called_if_the_look_grew_old_while_the_intent_was_written(
    make_wechat: Callable[..., Wechat],
) -> None:
    """Somebody may have submitted meanwhile: WeChat takes long to say how many reviews are left."""
    wechat = make_wechat(quota_reserve=1)
    slow = FaultyTransport(wechat)
    for _ in range(9):
        slow.at("queryquota", partial(pass_time, wechat, LOOK_IS_GOOD_FOR + 0.5))
    plan = planned(wechat)
    with pytest.raises(TryLater, match="too slowly"):
        submit(over(wechat, slow), plan)
    assert (state(wechat), did(wechat).count("submit_audit")) == (State.COMMITTED, 0)
    submit(wechat.context, plan)
    assert (state(wechat), did(wechat).count("submit_audit")) == (State.IN_REVIEW, 1)


def test_a_call_has_left_before_its_lease_can_be_anothers() -> None:
    """The intent, written after the look, moved the lease on."""
    assert LOOK_IS_GOOD_FOR + CALL_WITHIN < LEASE
