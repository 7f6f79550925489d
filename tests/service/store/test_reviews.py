from collections.abc import Callable
from typing import Any

import pytest

from handlers.reviews import wishes
from service.store import reviews
from service.store.reviews import NotAsExpected, Review, State, Wanted
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


SAID = {
    "hold": wishes.want(Wanted.HOLD),
    "take it back": wishes.want(Wanted.TAKE_BACK),
    "submit it once more": wishes.resubmit,
    "release": wishes.release,
}


@pytest.mark.parametrize("wish", SAID.values(), ids=SAID)
def test_who_writes_is_told_what_a_person_said_meanwhile(wechat: Wechat, wish: Callable[[Review], Any]) -> None:
    """What is written and what is told is the row as it is then."""
    planned(wechat)
    (read,) = rows(wechat)
    with wechat.engine.begin() as connection:
        reviews.write(connection, read, now=wechat.now, wished_at=wechat.now, **wish(read))
        told = reviews.write(
            connection, read, now=wechat.now + 1, state=State.COMMITTING.value, called_at=7.0, answer=0
        )
    assert told == rows(wechat)[0]
    assert told.wished_at == wechat.now
    assert told.changed_at == wechat.now + 1
