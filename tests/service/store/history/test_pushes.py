from sqlalchemy import Engine

from service.store import attempts, inbox
from service.store.attempts import AttemptState
from service.store.credentials import Credentials
from service.store.history import pushes as history
from service.store.history.pushes import ReactionStatus, Wanted
from service.store.inbox import Entry
from tests.service.store.test_inbox import message

QUEUE = "weaudit.release"


def test_a_push_is_listed_with_what_was_done_about_it(engine: Engine, credentials: Credentials) -> None:
    """Each reaction with its state, its note, and when it is due again."""
    push = message()
    with engine.begin() as connection:
        inbox.add(connection, [Entry(push)], credentials, 1.0)
        attempt = attempts.begin(connection, push.id, QUEUE, now=2.0)
        assert attempt
        attempts.finish(connection, attempt, AttemptState.RETRYING, "the window opens at ten", now=3.0, due_at=10.0)
        (entry,) = history.newest(connection)
        assert (entry.id, entry.type, entry.appid, entry.received_at) == (push.id, push.type, push.subject, 1.0)
        release = next(reaction for reaction in entry.reactions if reaction.queue == QUEUE)
        assert release == ReactionStatus(QUEUE, "retrying", 1, "the window opens at ten", 3.0, 10.0)
        assert entry.as_row()["reactions"]
        assert history.newest(connection, Wanted(appid="another")) == []


def test_of_dead_reactions_only_they_are_listed(engine: Engine, credentials: Credentials) -> None:
    """The others of the same push need nobody."""
    push = message()
    with engine.begin() as connection:
        inbox.add(connection, [Entry(push)], credentials, 1.0)
        assert history.dead(connection) == []
        attempt = attempts.begin(connection, push.id, QUEUE, now=2.0)
        assert attempt
        attempts.finish(connection, attempt, AttemptState.DEAD, "the IP is not on the list", now=3.0)
        (entry,) = history.dead(connection)
        assert [(reaction.queue, reaction.note) for reaction in entry.reactions] == [
            (QUEUE, "the IP is not on the list")
        ]
