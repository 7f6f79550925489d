from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event, select

from handlers import retry
from handlers.answers import Answer, Done, Skipped, Wait
from handlers.context import Context, Reaction
from handlers.reacting import Reacting
from handlers.wechat.errors import NeedsHuman, OverQuota, Refused, TryLater
from service.events.from_weaudit import GaveUp, PutOff
from service.events.message import Message, decode, encode
from service.store.attempts import Attempt, begin
from service.store.credentials import Credentials
from service.store.engine import reading
from service.store.tables import attempts, pushes
from tests.conftest import Wechat, outbound
from tests.support.samples import told

QUEUE = "weaudit.release"


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
    Reacting(wechat.context, {QUEUE: reaction}).carry_out(attempt)
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
    carry_out(wechat, answering(Wait(until, "0 reviews are left this month", until)))
    (outcome,) = outcomes(wechat)
    assert isinstance(outcome.data, PutOff)
    assert (outcome.data.until, outcome.data.chinese) == (int(until), "本月剩余提审额度 0 次")


def test_what_settings_may_change_is_looked_at_again_within_the_hour(wechat: Wechat) -> None:
    """A window that opens tomorrow may be none by then; the limits of a month are WeChat's."""
    tomorrow = wechat.now + 86_400
    assert carry_out(wechat, answering(Wait(tomorrow, "window")))[3] == wechat.now + 3600
    assert carry_out(wechat, answering(Wait(tomorrow, "0 reviews are left this month", tomorrow)))[3] == tomorrow


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


def test_what_no_change_outside_can_mend_is_dead_and_told(wechat: Wechat) -> None:
    """The dead letter and its message have the reason and WeChat's code."""
    error = Refused("release", "there is no approved review", code=85019, text="x rid: 1-2-3")
    state, note, *_ = carry_out(wechat, failing(error))
    assert state == "dead"
    assert "no approved review" in note
    (outcome,) = outcomes(wechat)
    assert isinstance(outcome.data, GaveUp)
    assert (outcome.data.queue, outcome.data.errcode, outcome.data.tries) == (QUEUE, 85019, 1)
    assert "rid: 1-2-3" in outcome.data.reason


def test_a_limit_of_a_minute_is_told_to_nobody(wechat: Wechat) -> None:
    """The reaction is tried again when it is over."""
    error = OverQuota("release", "too often", code=45009)
    error.not_before(wechat.now + 60.0, ZoneInfo("Asia/Shanghai"))
    assert carry_out(wechat, failing(error))[0] == "retrying"
    assert outcomes(wechat) == []


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


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_text_that_a_database_cannot_keep_is_kept_as_far_as_it_can(engine: Engine, credentials: Credentials) -> None:
    """A NUL, or half an emoji, in what WeChat said does not keep a reaction from ending."""
    wechat = Wechat(engine, credentials, outbound())
    assert carry_out(wechat, answering(Skipped("a\0b \ud83d c")))[:2] == ("skipped", "a\ufffdb \ufffd c")


def test_what_no_database_takes_ends_a_reaction_at_once_in_plain_words(wechat: Wechat) -> None:
    """It would be the same at the next try."""
    error = UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed")
    state, note, tries, _ = carry_out(wechat, failing(error))
    assert (state, tries) == ("dead", 1)
    assert note == "the database does not take what was to be written: UnicodeEncodeError"
