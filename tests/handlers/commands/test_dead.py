import json
from pathlib import Path

from sqlalchemy import Engine

from service.events.message import Message
from service.store.tables import attempts
from tests.conftest import APP
from tests.handlers.commands.test_pushes import RELEASE, ask, push

__all__ = ["push"]


def test_dead_tells_why_and_revive_begins_anew(tmp_path: Path, push: Message) -> None:
    """What is dead, and with --waiting what waits; what is meant must be said, and must be there."""
    (row,) = map(json.loads, ask(tmp_path, "dead", "--json").stdout.splitlines())
    assert [(each["queue"], each["note"]) for each in row["reactions"]] == [
        (RELEASE, "the IP is not on the list rid: 66f0")
    ]
    assert ask(tmp_path, "revive").exit_code == 2
    assert ask(tmp_path, "revive", "--queue", "weaudit.nothing").exit_code == 2
    revived = ask(tmp_path, "revive", push.id)
    assert (revived.exit_code, revived.stdout) == (0, "1 revived\n")
    nothing = ask(tmp_path, "revive", "--all")
    assert (nothing.exit_code, nothing.stderr) == (1, "nothing of that is dead\n")
    assert ask(tmp_path, "revive", push.id, "--waiting").stdout == "1 revived\n"
    assert "waiting since" in ask(tmp_path, "pushes").stdout
    dead = ask(tmp_path, "dead")
    assert (dead.exit_code, dead.output) == (0, "")


def test_dead_groups_by_why_and_names_the_next_command(tmp_path: Path, push: Message) -> None:
    """And --check lets cron know."""
    told = ask(tmp_path, "dead").stdout
    assert told.startswith("the IP is not on the list")
    assert "1 reaction, the oldest since 2026-11-20 12:00:00 +0800" in told
    named = f"{push.id} --queue {RELEASE}"
    assert f"then: weaudit revive {named}; or, if that is settled: weaudit dismiss {named}" in told
    assert ask(tmp_path, "dead", "--check").exit_code == 1
    assert ask(tmp_path, "revive", "--reason", "not on the list", "--yes").stdout == "1 revived\n"
    assert ask(tmp_path, "dead", "--check").exit_code == 0


def test_what_a_person_settled_is_dismissed_and_listed_no_more(tmp_path: Path, push: Message) -> None:
    """So that an alert ends; what it died of is still told."""
    assert ask(tmp_path, "dismiss").exit_code == 2
    assert ask(tmp_path, "dismiss", "--all", "--appid", APP, "--yes").exit_code == 2
    unsure = ask(tmp_path, "dismiss", "--all")
    assert (unsure.exit_code, "1 reaction will be listed no more" in unsure.stderr) == (2, True)
    dismissed = ask(tmp_path, "dismiss", push.id, "7f")
    assert (dismissed.stdout, dismissed.stderr) == ("1 dismissed\n", "nothing of 7f is dead\n")
    assert ask(tmp_path, "dead", "--check").output == ""
    again = ask(tmp_path, "dismiss", push.id)
    assert (again.exit_code, again.stderr) == (1, "nothing of that is dead\n")
    told = ask(tmp_path, "pushes").stdout
    assert "    weaudit.release: skipped since " in told
    assert "        dismissed by a person: the IP is not on the list rid: 66f0" in told
    assert "    weaudit.notify: retrying since " in told
    assert ask(tmp_path, "revive", "--all", "--yes").exit_code == 1
    assert ask(tmp_path, "revive", push.id).stdout == "1 revived\n"


def test_of_a_push_with_several_no_more_is_dismissed_than_was_meant(
    tmp_path: Path, push: Message, store: Engine
) -> None:
    """Of a push with several reactions a person is asked, and the command that is named names the queue."""
    with store.begin() as connection:
        connection.execute(attempts.update().values(state="dead"))
    told = ask(tmp_path, "dead").stdout
    assert f"weaudit dismiss {push.id} --queue weaudit.notify" in told
    unsure = ask(tmp_path, "dismiss", push.id, "7f")
    assert (unsure.exit_code, "2 reactions will be listed no more" in unsure.stderr) == (2, True)
    assert ask(tmp_path, "dismiss", push.id, "--queue", RELEASE).stdout == "1 dismissed\n"


def test_what_is_dead_of_a_mini_program_is_dismissed(tmp_path: Path, push: Message) -> None:
    """Of that one alone."""
    assert push
    assert ask(tmp_path, "dismiss", "--appid", "wx0000000000000009", "--yes").exit_code == 1
    assert ask(tmp_path, "dismiss", "--appid", APP, "--yes").stdout == "1 dismissed\n"


def test_all_and_some_do_not_go_together(tmp_path: Path, push: Message) -> None:
    """It cannot be known which of them was meant."""
    assert push
    assert ask(tmp_path, "revive", "--all", "--appid", APP, "--yes").exit_code == 2


def test_many_are_not_revived_without_a_word(tmp_path: Path, push: Message) -> None:
    """Where nobody can be asked, the command says what to add."""
    assert push
    asked = ask(tmp_path, "revive", "--appid", APP)
    assert (asked.exit_code, "add --yes" in asked.stderr) == (2, True)
    assert ask(tmp_path, "revive", "--appid", APP, "--yes").stdout == "1 revived\n"
