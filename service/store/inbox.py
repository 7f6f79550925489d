"""What was told, kept once each, together with one row for each reaction that it calls for; many in one commit."""

import asyncio
import json
import queue
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine, false, update
from sqlalchemy.exc import OperationalError

from service import topology
from service.bell import pushes_kept
from service.events.from_wechat import Unrecognised
from service.events.message import Message, encode
from service.store import mini_programs
from service.store.bulk import insert_all, insert_new
from service.store.credentials import CredentialKind, Credentials
from service.store.engine import AWAY, Replaced, database_time, upsert, writing_durably
from service.store.patience import PATIENCE, within
from service.store.tables import attempts, probes, pushes

log = structlog.get_logger(__name__)

# Pushes of up to 1 MiB each wait for a commit in memory; one more is refused and WeChat sends it again.
MOST_WAITING = 256
MOST_IN_ONE_COMMIT = 500
# In seconds: so long a commit shows that the next one will do, too.
FRESH = 2.0
# What is kept in one commit keeps its order by this, in seconds.
NEXT = 1e-6
TICKET_LIFE = 12 * 3600
TICKET_FIELD = "ComponentVerifyTicket"
NO_SECRETS: Mapping[str, str] = MappingProxyType({})


class Overloaded(Exception):
    """As many pushes as may are waiting for their commit."""


class Entry(NamedTuple):
    """A message and the secrets that came with it."""

    message: Message
    secrets: Mapping[str, str] = NO_SECRETS


def write_probe(connection: Connection, name: str, *, now: float) -> None:
    """Write something that nobody needs, and ask for what writing a push needs."""
    connection.execute(update(pushes).where(false()).values(note=""))
    row = upsert(connection.dialect.name, probes).values(name=name, written_at=now)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"written_at": now}))


def add(connection: Connection, entries: Iterable[Entry], credentials: Credentials, now: float) -> set[str]:
    """Keep what is new among the entries, with its reactions and its secrets; return the ids that were new."""
    by_id = {entry.message.id: _addressed(connection, entry) for entry in entries}
    if not by_id:
        return set()
    rows = [
        {
            "id": message.id,
            "type": message.type,
            "appid": message.subject,
            "routing_key": message.routing_key,
            "body": encode(message),
            "received_at": now + place * NEXT,
            "publish_at": now + place * NEXT,
        }
        for place, (message, _) in enumerate(by_id.values())
    ]
    # All processes lock in one order: two that keep the same pushes must not wait for each other.
    rows.sort(key=itemgetter("id"))
    new = insert_new(connection, pushes, rows)
    rank = {row["id"]: row["received_at"] for row in rows}
    reactions = [
        {
            "push_id": id,
            "queue": name,
            "state": "waiting",
            "tries": 0,
            "due_at": rank[id],
            "note": "",
            "changed_at": now,
        }
        for id in sorted(new)
        for name in _called_for_by(by_id[id].message)
    ]
    if reactions:
        insert_all(connection, attempts, reactions)
    for id in sorted(new):
        _keep_secrets(connection, by_id[id], credentials, now)
    return new


def _called_for_by(message: Message) -> tuple[str, ...]:
    """Name the queues of the reactions to a message; what may have been a verdict makes WeChat be asked."""
    if isinstance(message.data, Unrecognised) and message.data.may_be_a_verdict:
        return (topology.RELEASE,)
    return topology.called_for_by(message.type)


def _addressed(connection: Connection, entry: Entry) -> Entry:
    """Find the mini program of what came to the authorization URL by its user_name, if it is known.

    Both of WeChat's settings may have been given the one address, and then no path says which mini program it is.
    """
    message = entry.message
    us, user_name = message.source.rpartition("/")[2], getattr(message.data, "to_user_name", "")
    if message.subject != us or not user_name or not isinstance(user_name, str):
        return entry
    appid = mini_programs.named(connection, user_name)
    log.warning("push.at_the_wrong_address", type=message.type, appid=appid, set_to="…/callback/message/$APPID$")
    return entry._replace(message=message.model_copy(update={"subject": appid})) if appid else entry


def _keep_secrets(connection: Connection, entry: Entry, credentials: Credentials, now: float) -> None:
    message, secrets = entry
    told_at = getattr(message.data, "create_time", None) or now
    if ticket := secrets.get(TICKET_FIELD):
        owner = message.source.rpartition("/")[2]
        expires_at = told_at + TICKET_LIFE
        credentials.keep(connection, CredentialKind.TICKET, owner, ticket, issued_at=told_at, expires_at=expires_at)
    elif secrets:
        credentials.keep(connection, CredentialKind.PUSH, message.id, json.dumps(dict(secrets)), issued_at=now)


class _Waiting(NamedTuple):
    entry: Entry
    answer: asyncio.Future[bool]
    loop: asyncio.AbstractEventLoop


class _Probe(NamedTuple):
    """A write of our own that shows whether pushes could be kept just now."""

    written: Future[None]


class Inbox:
    """The way in for pushes: one thread commits all that wait, so that many pushes cost one flush of the disk."""

    def __init__(self, engine: Engine, credentials: Credentials) -> None:
        """Start the thread that commits; `close` ends it."""
        self._engine = engine
        self._credentials = credentials
        self._name = socket.gethostname()[:64]
        self._waiting: queue.Queue[_Waiting | _Probe | None] = queue.Queue(MOST_WAITING)
        self._committed_at = -FRESH
        self._failed: Exception | None = None
        self._failed_at = 0.0
        self._thread = threading.Thread(target=self._commit_what_waits, name="inbox", daemon=True)
        self._thread.start()

    async def store(self, entry: Entry) -> bool:
        """Keep an entry and return when that is committed: True if it is new, False if it was kept before.

        Raises Overloaded, and the database's errors.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()
        try:
            self._waiting.put_nowait(_Waiting(entry, answer, loop))
        except queue.Full:
            raise Overloaded(f"{MOST_WAITING} pushes wait for their commit") from None
        return await answer

    def prove(self) -> None:
        """Return if pushes can be kept: one just was and none was not, or a write of our own goes the same way.

        Raises Overloaded, and the database's errors.
        """
        now = time.monotonic()
        if self._failed and now - self._failed_at < FRESH:
            raise self._failed
        if now - self._committed_at < FRESH:
            return
        probe = _Probe(Future())
        try:
            self._waiting.put_nowait(probe)
        except queue.Full:
            raise Overloaded(f"{MOST_WAITING} pushes wait for their commit") from None
        probe.written.result()

    def close(self, timeout: float = 1.0) -> None:
        """Commit what waits and end the thread; gives up after twice `timeout` seconds."""
        try:
            self._waiting.put(None, timeout=timeout)
        except queue.Full:
            return
        self._thread.join(timeout)

    def _commit_what_waits(self) -> None:
        closing = False
        while not closing:
            batch: list[_Waiting] = []
            probes: list[_Probe] = []
            item = self._waiting.get()
            while item is not None:
                if isinstance(item, _Probe):
                    probes.append(item)
                else:
                    batch.append(item)
                if len(batch) == MOST_IN_ONE_COMMIT:
                    break
                try:
                    item = self._waiting.get_nowait()
                except queue.Empty:
                    break
            closing = item is None
            if batch:
                self._commit(batch)
            if probes:
                self._write_probe(probes)

    def _write_probe(self, probes: list[_Probe]) -> None:
        try:
            with within(PATIENCE), writing_durably(self._engine) as connection:
                write_probe(connection, self._name, now=database_time(connection))
        except Exception as error:  # noqa: BLE001 it is raised where it is waited for
            for probe in probes:
                probe.written.set_exception(error)
            return
        self._committed_at = time.monotonic()
        for probe in probes:
            probe.written.set_result(None)

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            with within(PATIENCE):
                new = self._write(batch)
        except Exception as error:  # noqa: BLE001 whatever it is, the thread lives on and WeChat sends again
            if len(batch) > 1 and not isinstance(error, (*AWAY, Replaced)):
                for waiting in batch:
                    self._commit([waiting])
                return
            self._committed_at, self._failed, self._failed_at = -FRESH, error, time.monotonic()
            log.error("inbox.failed", pushes=len(batch), error=str(error))  # noqa: TRY400 the trace tells ops nothing
            _answer([(waiting, error) for waiting in batch])
            return
        self._committed_at, self._failed = time.monotonic(), None
        answers: list[tuple[_Waiting, bool | Exception]] = []
        for waiting in batch:
            id = waiting.entry.message.id
            answers.append((waiting, id in new))
            new.discard(id)
        _answer(answers)
        if any(is_new for _, is_new in answers):
            pushes_kept.ring()

    def _write(self, batch: list[_Waiting], *, again: bool = True) -> set[str]:
        """Write what waits; over another connection once more, if the one from the pool turns out to be broken."""
        try:
            with writing_durably(self._engine) as connection:
                entries = (waiting.entry for waiting in batch)
                return add(connection, entries, self._credentials, database_time(connection))
        except OperationalError as error:
            if not again or not error.connection_invalidated:
                raise
            return self._write(batch, again=False)


def _answer(answers: list[tuple[_Waiting, bool | Exception]]) -> None:
    """Wake all who wait with one call per loop, and so one write to its wake-up pipe."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[tuple[_Waiting, bool | Exception]]] = defaultdict(list)
    for waiting, outcome in answers:
        by_loop[waiting.loop].append((waiting, outcome))
    for loop, its_answers in by_loop.items():
        with suppress(RuntimeError):  # a loop that is closed waits for nothing
            loop.call_soon_threadsafe(_wake, its_answers)


def _wake(answers: list[tuple[_Waiting, bool | Exception]]) -> None:
    for waiting, outcome in answers:
        if waiting.answer.done():
            continue
        if isinstance(outcome, Exception):
            waiting.answer.set_exception(outcome)
        else:
            waiting.answer.set_result(outcome)
