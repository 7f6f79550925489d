"""Tries that failed are kept for people, and forgotten with their push."""

import pytest

from handlers.reacting import Reacting
from handlers.reactions import REACTIONS
from handlers.wechat.errors import Refused, TryLater
from service.store import attempts, due, retention, tries
from service.store.attempts import Attempt
from tests.conftest import Wechat
from tests.support.samples import told

QUEUE = "weaudit.notify"


def tried(wechat: Wechat, *errors: Exception | None) -> str:
    """Let a reaction fail so often, or come to a good end; gives the push."""
    id = told(wechat, "weapp_audit_delay", Reason="x").id

    def fails(*_: object) -> object:
        if (error := errors[calls[0]]) is None:
            return REACTIONS[QUEUE](*_)  # type: ignore[arg-type]
        raise error

    for number, _ in enumerate(errors):
        calls = [number]
        with wechat.engine.begin() as connection:
            due.take(connection, now=wechat.now + 10_000 * (number + 1), limit=10)
            attempt = attempts.begin(connection, id, QUEUE, now=wechat.now)
        assert isinstance(attempt, Attempt)
        Reacting(wechat.context, {QUEUE: fails}).carry_out(attempt)  # type: ignore[dict-item]
    return id


@pytest.mark.parametrize("last", [None, Refused("x", "never")])
def test_each_try_that_failed_is_kept(wechat: Wechat, last: Exception | None) -> None:
    """In their order, with why; of one that came to a good end nothing is."""
    id = tried(wechat, TryLater("x", "the first"), TryLater("x", "the second"), last)
    with wechat.engine.begin() as connection:
        found = tries.of(connection, [id])[id, QUEUE]
    said = [
        ("retrying", "the first"),
        ("retrying", "the second"),
        *([("dead", "never; asking again would not help")] if last else []),
    ]
    assert [(each.state, each.note.removeprefix("x: ")) for each in found] == said


def test_they_are_forgotten_with_their_push(wechat: Wechat) -> None:
    """Not before."""
    id = tried(wechat, TryLater("x", "the first"), None)
    with wechat.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE pushes SET publish_at = NULL")
        assert retention.forget_handled(connection, before=0) == 0
        assert tries.of(connection, [id])
        assert retention.forget_handled(connection, before=wechat.now + 10) == 1
        assert not tries.of(connection, [id])
