from sqlalchemy import Engine, func, select

from service.store import attempts, inbox, retention
from service.store.attempts import AttemptState
from service.store.credentials import Credentials
from service.store.inbox import Entry
from service.store.tables import attempts as ledger
from service.store.tables import credentials as secrets
from service.store.tables import pushes
from tests.service.store.test_inbox import message

STATES = [
    AttemptState.WAITING,
    AttemptState.RUNNING,
    AttemptState.RETRYING,
    AttemptState.DONE,
    AttemptState.SKIPPED,
    AttemptState.DEAD,
]


def test_only_what_is_old_handled_and_published_is_forgotten(engine: Engine, credentials: Credentials) -> None:
    """With the push go its reactions and its secrets; what is open or dead stays, however old."""
    with engine.begin() as connection:
        for number, state in enumerate(STATES):
            inbox.add(connection, [Entry(message(number), {"AuthorizationCode": "x"})], credentials, 10.0)
            is_this = ledger.c.push_id == message(number).id
            connection.execute(ledger.update().where(is_this).values(state=state.value))
        inbox.add(connection, [Entry(message(90, "text"))], credentials, 10.0)
        inbox.add(connection, [Entry(message(91, "text"))], credentials, 99.0)
        connection.execute(pushes.update().where(pushes.c.id != message(90, "text").id).values(publish_at=None))

        assert retention.forget_handled(connection, before=50.0) == 2
        assert retention.forget_handled(connection, before=50.0) == 0

        left = set(connection.execute(select(pushes.c.id)).scalars())
        open_or_dead = {
            message(n).id for n, s in enumerate(STATES) if s not in (AttemptState.DONE, AttemptState.SKIPPED)
        }
        assert left == {*open_or_dead, message(90, "text").id, message(91, "text").id}
        assert set(connection.execute(select(ledger.c.push_id)).scalars()) == open_or_dead
        assert connection.execute(select(func.count()).select_from(secrets)).scalar() == len(open_or_dead)
        counted = attempts.count(connection)
        assert sum(counted.values()) == 2 * len(open_or_dead), "its release and its notification"


def test_a_thousand_are_forgotten_at_a_time(engine: Engine, credentials: Credentials) -> None:
    """One commit stays short."""
    with engine.begin() as connection:
        inbox.add(connection, [Entry(message(n, "text")) for n in range(5)], credentials, 10.0)
        connection.execute(pushes.update().values(publish_at=None))
        assert retention.forget_handled(connection, before=50.0, limit=3) == 3
        assert retention.forget_handled(connection, before=50.0, limit=3) == 2
