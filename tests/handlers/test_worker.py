import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from kombu import Producer, Queue
from sqlalchemy import event, select

from handlers import retry
from handlers.answers import Answer, Done, Skipped, Wait
from handlers.context import Context, Reaction
from handlers.wechat.errors import NeedsHuman, OverQuota, TryLater
from handlers.worker import Worker
from service import topology
from service.events.from_weaudit import GaveUp, PutOff
from service.events.message import Message, decode, encode
from service.queue import connection as broker
from service.queue.relay import Relay
from service.store.attempts import Attempt, begin
from service.store.engine import reading
from service.store.tables import attempts, pushes
from tests.conftest import Wechat
from tests.support.live import running
from tests.support.samples import told
from tests.support.servers import eventually

QUEUE = "weaudit.release"
MEMORY = "memory://"


def answering(answer: Answer) -> Reaction:
    """Make a reaction that always answers the same."""
    return lambda _context, _message: answer


def failing(error: Exception) -> Reaction:
    """Make a reaction that always fails."""

    def react(_context: Context, _message: Message) -> Answer:
        raise error

    return react


def begun(wechat: Wechat, message: Message) -> Attempt:
    """Begin the release reaction to a message."""
    with wechat.engine.begin() as connection:
        connection.execute(attempts.update().where(attempts.c.queue == QUEUE).values(state="waiting"))
        attempt = begin(connection, message.id, QUEUE, now=wechat.now)
    assert attempt
    return attempt


def carry_out(wechat: Wechat, reaction: Reaction, message: Message | None = None) -> tuple[str, str, int, float]:
    """React once; gives how the ledger has it: state, note, tries, due."""
    attempt = begun(wechat, message or told(wechat, "weapp_audit_success"))
    Worker(wechat.context, MEMORY, {QUEUE: reaction}).carry_out(attempt)
    return ledger(wechat)


def ledger(wechat: Wechat) -> tuple[str, str, int, float]:
    """Give how the ledger has the release reaction."""
    columns = (attempts.c.state, attempts.c.note, attempts.c.tries, attempts.c.due_at)
    with reading(wechat.engine) as connection:
        state, note, tries, due_at = connection.execute(select(*columns).where(attempts.c.queue == QUEUE)).one()
        return state, note, tries, due_at


def outcomes(wechat: Wechat) -> list[Message]:
    """Give the messages that tell what we did."""
    with reading(wechat.engine) as connection:
        bodies = connection.execute(select(pushes.c.body).where(pushes.c.type.startswith("weaudit."))).scalars()
        return [decode(body) for body in bodies]


def test_what_was_done_says_what(wechat: Wechat) -> None:
    """What a version came to is told by its row; the ledger has the note."""
    assert carry_out(wechat, answering(Done("released")))[:3] == ("done", "released", 1)
    assert outcomes(wechat) == []


def test_a_commit_that_fails_leaves_nothing_half(wechat: Wechat) -> None:
    """If its outcome cannot be written, the reaction has not ended."""

    def breaks_the_ledger(_context: Context, _message: Message) -> Answer:
        event.listen(wechat.engine, "before_cursor_execute", fail)
        raise NeedsHuman("release", "x")

    def fail(*told: object) -> None:
        if "INSERT INTO pushes" in str(told[2]):
            raise KeyError("x")

    with pytest.raises(KeyError):
        carry_out(wechat, breaks_the_ledger)
    event.remove(wechat.engine, "before_cursor_execute", fail)
    assert ledger(wechat)[0] == "running"
    assert outcomes(wechat) == []


def test_what_was_skipped_says_why(wechat: Wechat) -> None:
    """Nothing is told to subscribers."""
    assert carry_out(wechat, answering(Skipped("hold")))[:3] == ("skipped", "hold", 1)
    assert outcomes(wechat) == []


def test_a_wait_for_a_limit_is_told(wechat: Wechat) -> None:
    """As a limit that WeChat names in an error is."""
    until = wechat.now + 86_400
    carry_out(wechat, answering(Wait(until, "0 reviews are left this month", "额度", until)))
    (outcome,) = outcomes(wechat)
    assert isinstance(outcome.data, PutOff)
    assert (outcome.data.until, outcome.data.chinese) == (int(until), "额度")


def test_waiting_has_a_time_and_is_no_try(wechat: Wechat) -> None:
    """A window that is closed does not use up the tries."""
    until = wechat.now + 3600
    assert carry_out(wechat, answering(Wait(until, "window"))) == ("retrying", "window", 0, until)


def test_a_passing_error_is_tried_again_later(wechat: Wechat) -> None:
    """The ledger has the time of the next try and the error."""
    state, note, tries, due_at = carry_out(wechat, failing(TryLater("release", "busy", code=-1, text="system error")))
    assert (state, tries) == ("retrying", 1)
    assert "-1 system error" in note
    assert wechat.now < due_at <= wechat.now + 7.5


def test_what_a_person_must_do_is_dead_and_told(wechat: Wechat) -> None:
    """The dead letter and its message have the reason and WeChat's code."""
    error = NeedsHuman("release", "our IP address is not on the whitelist", code=61004, text="x rid: 1-2-3")
    state, note, *_ = carry_out(wechat, failing(error))
    assert state == "dead"
    assert "whitelist" in note
    (outcome,) = outcomes(wechat)
    assert isinstance(outcome.data, GaveUp)
    assert (outcome.data.queue, outcome.data.errcode, outcome.data.tries) == (QUEUE, 61004, 1)
    assert "rid: 1-2-3" in outcome.data.reason


@pytest.mark.parametrize(("seconds", "told_of"), [(60.0, 0), (86_400.0, 1)])
def test_a_used_up_limit_that_keeps_a_reaction_waiting_is_told(wechat: Wechat, seconds: float, told_of: int) -> None:
    """People should know that a release hangs until midnight, or a resubmission until next month; not of a minute."""
    error = OverQuota("release", "the daily limit is used up", code=45009)
    error.not_before(wechat.now + seconds, ZoneInfo("Asia/Shanghai"))
    assert carry_out(wechat, failing(error))[0] == "retrying"
    assert len(outcomes(wechat)) == told_of
    for outcome in outcomes(wechat):
        assert isinstance(outcome.data, PutOff)
        assert (outcome.data.queue, outcome.data.until) == (QUEUE, int(wechat.now + seconds))


def test_a_bug_in_a_reaction_kills_neither_worker_nor_message(wechat: Wechat) -> None:
    """It is tried again like any other failure."""
    state, note, *_ = carry_out(wechat, failing(ZeroDivisionError("oops")))
    assert (state, note) == ("retrying", "ZeroDivisionError: oops")


def test_a_stored_message_that_cannot_be_read_is_dead_and_told(wechat: Wechat) -> None:
    """A version that reads a kind differently does not loop over what a former one has kept."""
    message = told(wechat, "weapp_audit_fail", Reason="x")
    with wechat.engine.begin() as connection:
        connection.execute(attempts.update().values(queue=QUEUE).where(attempts.c.queue == "weaudit.resubmit"))
        body = encode(message).replace('"reason":"x"', '"reason":{}')
        connection.execute(pushes.update().values(body=body))
    state, note, *_ = carry_out(wechat, failing(AssertionError("it ran")), message)
    assert state == "dead"
    assert "cannot read the stored message: " in note
    assert [outcome.type for outcome in outcomes(wechat)] == ["weaudit.gave_up"]


def test_a_message_that_kills_its_workers_reaches_the_dead_letters(wechat: Wechat) -> None:
    """Tries are counted before the reaction, and the one too many does not run it."""
    message = told(wechat, "weapp_audit_success")
    with wechat.engine.begin() as connection:
        connection.execute(attempts.update().values(tries=retry.MOST_TRIES))
    state, note, *_ = carry_out(wechat, failing(AssertionError("it ran")), message)
    assert state == "dead"
    assert "kill its worker" in note


def test_who_lost_its_lease_writes_nothing(wechat: Wechat) -> None:
    """Another worker has taken it up: neither the end nor an outcome is written."""

    def slow(_context: Context, _message: Message) -> Answer:
        with wechat.engine.begin() as connection:
            connection.execute(attempts.update().values(fence=2))
        return Done("late")

    assert carry_out(wechat, slow)[:2] == ("running", "")
    assert outcomes(wechat) == []


def test_a_message_of_another_version_on_the_queue_is_begun_and_not_parked(wechat: Wechat) -> None:
    """The copy on the queue names the reaction; what cannot be read in it is decided by the ledger."""
    message = told(wechat, "weapp_audit_success", SuccTime=1)
    body = encode(message).replace('"succ_time":1', '"succ_time":"soon"')
    with wechat.engine.begin() as connection:
        connection.execute(pushes.update().values(body=body))
    with working(wechat, failing(AssertionError("it ran"))):
        eventually(lambda: ledger(wechat)[0] == "dead", "the end of the reaction")


@contextmanager
def working(wechat: Wechat, reaction: Reaction) -> Iterator[Worker]:
    """Run relay and worker on the queue in memory."""
    worker = Worker(wechat.context, MEMORY, {QUEUE: reaction})
    relay = Relay(wechat.engine, MEMORY)
    with running({"relay": relay.run, "worker": partial(worker.run, grace=2.0)}):
        yield worker


def test_a_long_reaction_keeps_its_lease(wechat: Wechat) -> None:
    """While its worker lives, a reaction longer than the lease is not taken up by another."""
    entered, release, runs = threading.Event(), threading.Event(), []

    def slow(_context: Context, _message: Message) -> Answer:
        runs.append(1)
        entered.set()
        release.wait(10)
        return Skipped("slow")

    told(wechat, "weapp_audit_success")
    with working(wechat, slow):
        assert entered.wait(10)
        first = ledger(wechat)[3]
        for _ in range(4):
            wechat.now += 10
            wechat.heartbeat.beat()
        assert ledger(wechat)[3] == first + 40
        release.set()
        eventually(lambda: ledger(wechat)[0] == "skipped", "the end of the reaction")
    assert runs == [1]


def test_a_message_repeated_by_the_queue_is_done_once(wechat: Wechat) -> None:
    """The same delivery many times over: one reaction."""
    runs: list[str] = []

    def react(_context: Context, message: Message) -> Answer:
        runs.append(message.id)
        return Skipped("once")

    message = told(wechat, "weapp_audit_success")
    with broker.connection(MEMORY) as connection:
        producer = Producer(broker.ready(connection).default_channel)
        for _ in range(5):
            producer.publish(encode(message).encode(), routing_key=QUEUE, content_type="x/y")
    with working(wechat, react):
        eventually(lambda: ledger(wechat)[0] == "skipped", "the end of the reaction")
        eventually(lambda: waiting(QUEUE) == 0, "an empty queue")
    assert runs == [message.id]


def waiting(queue: str) -> int:
    """Count the messages in a queue in memory."""
    with broker.connection(MEMORY) as connection:
        return int(Queue(queue)(broker.ready(connection).default_channel).queue_declare(passive=True).message_count)


@pytest.mark.parametrize("junk", [b"\xff\xfe", b"not json", b"{}"])
def test_what_no_reaction_can_read_is_parked(wechat: Wechat, junk: bytes) -> None:
    """Junk does not vanish and does not stop the queue."""
    with broker.connection(MEMORY) as connection:
        channel = broker.ready(connection).default_channel
        Queue(topology.PARKED)(channel).purge()
        Producer(channel).publish(junk, routing_key=QUEUE, content_type="x/y", content_encoding="binary")
        told(wechat, "weapp_audit_success")
        with working(wechat, answering(Skipped("next"))):
            eventually(lambda: ledger(wechat)[0] == "skipped", "the reaction after the junk")
        parked = Queue(topology.PARKED)(channel).get()
    assert parked
    assert bytes(parked.body) == junk
