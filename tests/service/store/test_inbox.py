import asyncio
import json
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, StaticPool, create_engine, func, select, text
from sqlalchemy.exc import OperationalError

from service.events.message import Message, build, decode, identity, recognise
from service.store import inbox
from service.store.connecting import connect
from service.store.credentials import CredentialKind, Credentials
from service.store.engine import Replaced, writing_durably
from service.store.inbox import Entry, Inbox, Overloaded
from service.store.migrating import migrate
from service.store.tables import attempts, pushes
from tests.conftest import APP, COMPONENT, FERNET


def message(number: int = 1, event: str = "weapp_audit_success", **fields: object) -> Message:
    """Build the message of a push."""
    told = {"Event": event, "CreateTime": number, **fields}
    kind, data = recognise(told)
    return build(kind, APP, data, id=identity(APP, told), component_appid=COMPONENT, at=number)


def kept(engine: Engine) -> tuple[int, int]:
    """Count pushes and reactions."""
    with engine.begin() as connection:
        return (
            connection.execute(select(func.count()).select_from(pushes)).scalar_one(),
            connection.execute(select(func.count()).select_from(attempts)).scalar_one(),
        )


async def store_all(engine: Engine, entries: Sequence[Entry]) -> list[bool | BaseException]:
    """Store entries, all at once, through one inbox."""
    opened = Inbox(engine, Credentials([FERNET]))
    try:
        return await asyncio.gather(*(opened.store(entry) for entry in entries), return_exceptions=True)
    finally:
        opened.close()


def test_a_push_is_kept_with_one_row_for_each_reaction(engine: Engine, credentials: Credentials) -> None:
    """An approval calls for release and notify, and is due for publishing at once."""
    with engine.begin() as connection:
        assert inbox.add(connection, [Entry(message())], credentials, 100.0) == {message().id}
        rows = connection.execute(select(attempts).order_by(attempts.c.queue)).all()
        push = connection.execute(select(pushes)).one()
    assert [(row.push_id, row.queue, row.state, row.tries) for row in rows] == [
        (message().id, "weaudit.notify", "waiting", 0),
        (message().id, "weaudit.release", "waiting", 0),
    ]
    assert (push.routing_key, push.publish_at) == (message().routing_key, 100.0)
    assert decode(push.body) == message()


def test_the_same_push_five_times_at_once_is_one_row(engine: Engine) -> None:
    """Of repetitions in one commit one is new; later ones are not."""
    answers = asyncio.run(store_all(engine, [Entry(message())] * 5))
    assert answers.count(True) == 1
    assert answers.count(False) == 4
    assert asyncio.run(store_all(engine, [Entry(message())])) == [False]
    assert kept(engine) == (1, 2)


def test_a_repetition_does_not_begin_its_reactions_again(engine: Engine, credentials: Credentials) -> None:
    """What was done stays done."""
    with engine.begin() as connection:
        inbox.add(connection, [Entry(message())], credentials, 1.0)
        connection.execute(attempts.update().values(state="done"))
        assert inbox.add(connection, [Entry(message()), Entry(message(2))], credentials, 2.0) == {message(2).id}
        states = connection.execute(select(attempts.c.state).where(attempts.c.push_id == message().id)).scalars()
        assert set(states) == {"done"}


def test_many_pushes_at_once_are_all_kept(engine: Engine) -> None:
    """As many as may wait are committed together."""
    entries = [Entry(message(number)) for number in range(inbox.MOST_WAITING)]
    assert asyncio.run(store_all(engine, entries)) == [True] * len(entries)
    assert kept(engine) == (len(entries), 2 * len(entries))


def test_more_than_may_wait_are_refused(engine: Engine) -> None:
    """While the database does not move, memory is bounded: one push too many is refused, the others are kept later."""

    async def overload() -> list[bool | BaseException]:
        opened = Inbox(engine, Credentials([FERNET]))
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE pushes IN ACCESS EXCLUSIVE MODE"))
            waiting = [
                asyncio.ensure_future(opened.store(Entry(message(n)))) for n in range(2 * inbox.MOST_WAITING + 50)
            ]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        opened.close()
        return answers

    answers = asyncio.run(overload())
    refused = [answer for answer in answers if isinstance(answer, Overloaded)]
    # The writer may have taken one batch before the first refusal.
    assert len(refused) >= 50
    assert kept(engine)[0] == len(answers) - len(refused) >= inbox.MOST_WAITING


def test_one_push_that_the_database_refuses_does_not_take_the_others_along(engine: Engine) -> None:
    """In a batch with one that cannot be stored, only that one fails."""
    bad = message(0).model_copy(update={"type": None})
    answers = asyncio.run(store_all(engine, [Entry(message(1)), Entry(bad), Entry(message(2))]))
    assert [answers[0], answers[2]] == [True, True]
    assert isinstance(answers[1], Exception)


def test_the_ticket_goes_to_the_credentials_and_the_newest_stays(engine: Engine, credentials: Credentials) -> None:
    """A ticket is kept encrypted for twelve hours from its own time; an older one that comes late changes nothing."""
    with engine.begin() as connection:
        for number, ticket in ((200, "new"), (100, "old")):
            told = message(number, "component_verify_ticket")
            entry = Entry(told, {"ComponentVerifyTicket": ticket})
            inbox.add(connection, [entry], credentials, 1000.0)
        assert credentials.read(connection, CredentialKind.TICKET, COMPONENT) == ("new", 200.0, 200.0 + 12 * 3600)
        assert "new" not in str(connection.execute(text("SELECT sealed FROM credentials")).all())


def test_other_secrets_are_kept_under_the_push(engine: Engine, credentials: Credentials) -> None:
    """An authorization code waits, encrypted, for the reaction that exchanges it."""
    with engine.begin() as connection:
        inbox.add(connection, [Entry(message(), {"AuthorizationCode": "c"})], credentials, 1.0)
        secret = credentials.read(connection, CredentialKind.PUSH, message().id)
    assert secret
    assert json.loads(secret.value) == {"AuthorizationCode": "c"}


@hypothesis_settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), max_size=9), max_size=6))
def test_however_pushes_are_batched_each_is_kept_once(batches: list[list[int]]) -> None:
    """Any order of repetitions in any commits ends in one row for each push, and each is called new once."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    migrate(engine)
    credentials = Credentials([FERNET])
    told_new: list[str] = []
    for batch in batches:
        with engine.begin() as connection:
            told_new += inbox.add(connection, [Entry(message(n)) for n in batch], credentials, time.time())
    assert sorted(told_new) == sorted({message(n).id for batch in batches for n in batch})
    assert kept(engine)[0] == len(told_new)
    engine.dispose()


def test_closing_commits_what_waits(engine: Engine) -> None:
    """What was taken is kept, although nobody waits for it any more."""

    async def leave() -> None:
        opened = Inbox(engine, Credentials([FERNET]))
        waiting = [asyncio.ensure_future(opened.store(Entry(message(number)))) for number in range(100)]
        await asyncio.sleep(0)
        opened.close(timeout=10)
        for answer in waiting:
            answer.cancel()

    asyncio.run(leave())
    assert kept(engine)[0] == 100


def test_two_processes_that_keep_the_same_pushes_do_not_stop_each_other(engine: Engine) -> None:
    """Repetitions in any order, from two sides at once: each is kept once, and none fails."""
    entries = [Entry(message(number)) for number in range(100)]

    def keep(order: int) -> list[bool | BaseException]:
        return asyncio.run(store_all(engine, entries[::order]))

    for _ in range(5):
        with engine.begin() as connection:
            connection.execute(attempts.delete())
            connection.execute(pushes.delete())
        with ThreadPoolExecutor(2) as threads:
            answers = [answer for side in threads.map(keep, (1, -1)) for answer in side]
        assert answers.count(True) == len(entries)
        assert answers.count(False) == len(entries)


def test_what_is_kept_is_in_the_file_that_has_the_name_of_the_database(tmp_path: Path, store: Engine) -> None:
    """Whoever replaces it while it is open, as with a backup, loses no push that was answered."""
    opened = Inbox(store, Credentials([FERNET]))

    async def tell(*numbers: int) -> list[bool | BaseException]:
        entries = [Entry(message(number)) for number in numbers]
        return await asyncio.gather(*(opened.store(entry) for entry in entries), return_exceptions=True)

    assert asyncio.run(tell(1)) == [True]
    file = tmp_path / "store.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM INTO ?", [str(tmp_path / "backup.db")])
    held = store.connect()
    (tmp_path / "backup.db").replace(file)
    (tmp_path / "store.db-wal").unlink(missing_ok=True)
    (tmp_path / "store.db-shm").unlink(missing_ok=True)
    told = asyncio.run(tell(2, 3))
    again = asyncio.run(tell(2, 3))
    held.close()
    opened.close()
    in_the_file = connect(f"sqlite:///{file}")
    # What was answered is there; what was not is sent again, and then it is.
    assert all(isinstance(answer, bool) for answer in again)
    assert kept(in_the_file)[0] == 3
    assert [isinstance(answer, Exception) for answer in told] in ([False, False], [True, True])
    in_the_file.dispose()


def test_a_file_that_is_gone_is_not_made_anew_and_goes_on_when_it_is_back(tmp_path: Path, store: Engine) -> None:
    """An empty one in its place would answer nothing, and look like ours."""
    file, aside = tmp_path / "store.db", tmp_path / "aside.db"
    with store.begin() as connection:
        inbox.add(connection, [Entry(message(1))], Credentials([FERNET]), 1.0)
    store.dispose()
    file.rename(aside)
    with pytest.raises(OperationalError, match="is gone: put it back"), store.begin():
        pass
    assert not file.exists()
    aside.rename(file)
    assert kept(store)[0] == 1


def test_a_file_that_is_replaced_in_the_middle_of_a_commit_is_noticed_before_the_answer(
    tmp_path: Path, store: Engine
) -> None:
    """What was written is in a file that nobody finds any more."""
    (tmp_path / "other.db").write_bytes(b"")
    with pytest.raises(Replaced), writing_durably(store) as connection:  # noqa: PT012 it is raised where the block ends
        inbox.add(connection, [Entry(message())], Credentials([FERNET]), 1.0)
        (tmp_path / "other.db").replace(tmp_path / "store.db")
