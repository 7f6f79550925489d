import json
from pathlib import Path

import pytest

from handlers.answers import Answer
from handlers.causes.watch import CauseWatch
from handlers.context import Context
from handlers.reacting import Reacting
from handlers.reactions import REACTIONS
from handlers.reviews.driver import look_at
from handlers.reviews.react import resubmit
from service.events.message import Message
from service.store import attempts, causes, due, mini_programs
from service.store.attempts import AttemptState
from service.store.engine import reading
from service.store.mini_programs import MiniProgram
from tests.conftest import APP, Wechat
from tests.support.commands import run
from tests.support.looking import did, look
from tests.support.samples import decided, messages, planned, told
from tests.support.transport import meanwhile

QUEUE = "weaudit.release"


def ask(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command on the store."""
    ended = run(*arguments, folder=folder, database_url="sqlite:///store.db")
    return ended.exit_code, ended.output


def react(wechat: Wechat, id: str) -> None:
    """Let a worker take a reaction up."""
    with wechat.engine.begin() as connection:
        attempt = attempts.begin(connection, id, QUEUE, now=wechat.now)
    assert attempt
    Reacting(wechat.context, REACTIONS).carry_out(attempt)


def publish(wechat: Wechat) -> list[str]:
    """Let a relay publish what is due; gives the ids."""
    with wechat.engine.begin() as connection:
        return [each.push_id for each in due.take(connection, now=wechat.now + 10, limit=10) if each.queue == QUEUE]


@pytest.fixture
def approved(wechat: Wechat) -> str:
    """Give the id of the push of an approval, in a mini program that people know."""
    with wechat.engine.begin() as connection:
        mini_programs.keep(connection, MiniProgram(APP, True, "一杯茶", "gh_1", "", changed_at=1.0))
    decided(wechat, "approve")
    return told(wechat, "weapp_audit_success", SuccTime=1).id


@pytest.mark.parametrize("whose", [APP, "--all"])
def test_what_is_paused_waits_and_goes_on(tmp_path: Path, wechat: Wechat, approved: str, whose: str) -> None:
    """Nothing is called meanwhile; the reaction is blocked and not dead, and `resume` lets it go on at once."""
    assert ask(tmp_path, "pause", whose, "--reason", "the shop moves")[0] == 0
    react(wechat, approved)
    assert did(wechat) == ["commit", "submit_audit"]
    assert "paused by a person: the shop moves" in ask(tmp_path, "why", APP)[1]
    (listed,) = map(json.loads, ask(tmp_path, "blocked", "--json")[1].splitlines())
    assert (listed["name"].partition(":")[0], listed["reactions"]) == ("paused", 1)
    assert ask(tmp_path, "resume", whose)[1].endswith("1 reaction waited\n")
    assert publish(wechat) == [approved]
    react(wechat, approved)
    assert did(wechat)[-1] == "release"


def test_a_pause_without_a_reason_says_so(tmp_path: Path, wechat: Wechat, approved: str) -> None:
    """And leaves no sentence open."""
    ask(tmp_path, "pause", APP)
    react(wechat, approved)
    told = ask(tmp_path, "why", APP)[1]
    assert "paused by a person: no reason was given" in told
    assert "weaudit: paused\n" in told


def test_a_pause_that_ended_while_it_was_seen_keeps_nothing(tmp_path: Path, wechat: Wechat, approved: str) -> None:
    """Else the reaction would wait for a word that was said already."""
    ask(tmp_path, "pause", APP)
    with wechat.engine.begin() as connection:
        attempt = attempts.begin(connection, approved, QUEUE, now=wechat.now)
    assert attempt

    def resumed_meanwhile(context: Context, message: Message) -> Answer:
        try:
            return REACTIONS[QUEUE](context, message)
        finally:
            ask(tmp_path, "resume", APP)

    Reacting(wechat.context, {QUEUE: resumed_meanwhile}).carry_out(attempt)
    assert publish(wechat) == [approved]


def test_the_new_round_that_a_person_ordered_is_submitted(tmp_path: Path, wechat: Wechat, approved: str) -> None:
    """`weaudit resubmit` submits what is paused, as it was, whatever RESUBMIT_TEMPLATE says."""
    assert approved
    decided(wechat, "reject", "2.0", "1:x<br>")
    look(wechat)
    ask(tmp_path, "pause", APP)
    assert ask(tmp_path, "resubmit", APP)[0] == 0
    (order,) = messages(wechat, "weaudit.resubmission_ordered")
    resubmit(wechat.context, order)
    assert did(wechat)[-1] == "submit_audit"
    assert len({audit.code.user_version for audit in wechat.world.apps[APP].audits if audit.auditid > 400000001}) == 1


def test_who_meets_a_pause_does_not_end_what_blocked_it(tmp_path: Path, wechat: Wechat, approved: str) -> None:
    """WeChat was not asked, so that nobody knows whether that is gone."""
    with wechat.engine.begin() as connection:
        attempt = attempts.begin(connection, approved, QUEUE, now=wechat.now)
        assert attempt
        name = "platform_settings"
        attempts.finish(connection, attempt, AttemptState.BLOCKED, "x", now=wechat.now, waits_for=name)
        causes.begin(connection, "platform_settings", now=wechat.now, reason="x")
        causes.probe(connection, "platform_settings", now=wechat.now, again_at=wechat.now + 60)
    ask(tmp_path, "pause", APP)
    assert publish(wechat) == [approved]
    react(wechat, approved)
    with reading(wechat.engine) as connection:
        assert causes.is_there(connection, "platform_settings")
    assert messages(wechat, "weaudit.unblocked") == []


def test_a_pause_that_comes_between_look_and_call_counts(tmp_path: Path, wechat: Wechat, approved: str) -> None:
    """What a person said last is asked again before each call that changes something."""
    assert approved
    look_at(meanwhile(wechat, "getversioninfo", lambda: ask(tmp_path, "pause", APP), after=True), APP)
    assert did(wechat) == ["commit", "submit_audit"]


def test_why_knows_of_a_pause_that_nothing_met_yet(tmp_path: Path, wechat: Wechat, approved: str) -> None:
    """Also before a reaction is blocked on it."""
    assert approved
    planned(wechat, "3.0")
    ask(tmp_path, "pause", "--all", "--reason", "holiday")
    assert "planned and paused by a person: holiday" in ask(tmp_path, "why", APP)[1]


def test_a_pause_ends_at_its_time_unless_it_was_prolonged(wechat: Wechat, approved: str) -> None:
    """By itself, and nothing has to wait for it."""
    assert approved
    name = causes.paused(APP)
    watch = CauseWatch()
    with wechat.engine.begin() as connection:
        causes.begin(connection, name, now=wechat.now, reason="x", until=wechat.now + 60)
    watch(wechat.context)
    wechat.now += 61
    with wechat.engine.begin() as connection:
        causes.begin(connection, name, now=wechat.now, reason="x", until=wechat.now + 60)
    watch(wechat.context)
    with reading(wechat.engine) as connection:
        assert causes.pause_of(connection, APP)
    wechat.now += 61
    watch(wechat.context)
    with reading(wechat.engine) as connection:
        assert causes.pause_of(connection, APP) is None


def test_a_persons_word_counts_more(tmp_path: Path, wechat: Wechat, approved: str) -> None:
    """`weaudit release` releases what is paused."""
    ask(tmp_path, "pause", APP)
    react(wechat, approved)
    assert ask(tmp_path, "release", APP)[0] == 0
    with reading(wechat.engine) as connection:
        assert causes.pause_of(connection, APP)
    (order,) = [id for id in publish(wechat) if id != approved]
    react(wechat, order)
    assert did(wechat)[-1] == "release"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["pause"], 2),
        (["pause", APP, "--all"], 2),
        (["pause", "wx9"], 1),
        (["pause", APP, "--until", "soon"], 2),
        (["pause", APP, "--until", "2020-01-01"], 2),
        (["resume", APP], 1),
        (["pause", APP, "--until", "2h"], 0),
    ],
)
def test_whom_and_until_when_is_said(tmp_path: Path, approved: str, arguments: list[str], status: int) -> None:
    """In words that the command understands."""
    assert approved
    assert ask(tmp_path, *arguments)[0] == status
