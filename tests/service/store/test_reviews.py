import pytest

from service.store import reviews
from service.store.reviews import NotAsExpected, State
from tests.conftest import Wechat
from tests.support.samples import planned, rows


def test_a_row_that_somebody_moved_on_is_not_changed(wechat: Wechat) -> None:
    """Whoever read it in its former state decided from what is not so any more."""
    planned(wechat)
    (read,) = rows(wechat)
    with wechat.engine.begin() as connection:
        reviews.write(connection, read, now=wechat.now, state=State.SUPERSEDED.value)
    with wechat.engine.begin() as connection, pytest.raises(NotAsExpected):
        reviews.write(connection, read, now=wechat.now, state=State.COMMITTING.value)
    assert rows(wechat)[0].state is State.SUPERSEDED
