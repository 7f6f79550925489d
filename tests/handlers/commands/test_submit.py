import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.commands.watch import NOBODY_AFTER, line
from service.events.test_accounts import TEST_ACCOUNTS
from service.simulator.faults import Fault
from service.store import mini_programs, reviews
from service.store.connecting import connect
from service.store.due import REPUBLISH_AFTER
from service.store.engine import reading
from service.store.mini_programs import OFFICIAL_ACCOUNT, MiniProgram
from service.store.reviews import State
from service.store.tables import attempts, pushes
from service.store.tables import reviews as reviews_table
from tests.conftest import APP, environment, migrated
from tests.support.commands import run
from tests.support.live_weaudit import Live, live
from tests.support.servers import eventually

OTHER, UNKNOWN = "wx0000000000000002", "wx0000000000000003"
GIVEN = ("--template", "1", "--version", "1.0", "--description", "x")
WEAUDIT = Path(sys.executable).with_name("weaudit")


@pytest.fixture
def weaudit(tmp_path: Path) -> Iterator[Live]:
    """Run everything, with two mini programs."""
    with live(f"sqlite:///{tmp_path}/x.db", "memory://", on_audit_success="hold") as weaudit:
        for appid in (APP, OTHER):
            weaudit.authorize(appid)
        yield weaudit


def with_tables(folder: Path) -> str:
    """Make a database as a process of weaudit does."""
    url = f"sqlite:///{folder}/x.db"
    migrated(url).dispose()
    return url


def settings(weaudit: Live) -> dict[str, str]:
    """Give the settings of a command beside it."""
    ours = weaudit.context.settings
    return {"database_url": ours.database_url, "wechat_api_base": ours.wechat_api_base}


def test_all_are_submitted_and_told_and_not_twice(weaudit: Live, tmp_path: Path) -> None:
    """A line each, with review and name; run again it says that they were, and --status shows them once more."""
    first = run("submit", *GIVEN, "--all", folder=tmp_path, **settings(weaudit))
    assert first.exit_code == 0, first.output
    # What runs beside it in this process may log a line before the command sends logs to stderr.
    told = first.stdout.partition("mini program")[2].splitlines()[1:]
    assert [each.split()[:2] for each in told] == [[APP, "in_review"], [OTHER, "in_review"]]
    assert all("review 40000000" in each and "一杯茶" in each for each in told)
    second = run("submit", *GIVEN, "--all", "--json", folder=tmp_path, **settings(weaudit))
    before = [json.loads(each) for each in second.stdout.splitlines() if each.startswith("{")]
    assert (second.exit_code, [(each["state"], each["before"]) for each in before]) == (0, [("in_review", True)] * 2)
    status = run("submit", "--status", "--json", folder=tmp_path, **settings(weaudit))
    assert [json.loads(each)["appid"] for each in status.stdout.splitlines()] == [APP, OTHER]
    assert weaudit.calls("submit_audit") == 2


def test_one_that_wechat_refuses_is_told_with_its_code(weaudit: Live, tmp_path: Path) -> None:
    """And the command fails; the other is submitted."""
    weaudit.wechat.world.apps[APP].traits.banned = True
    weaudit.wechat.world.apps[APP].granted_apis.clear()
    ended = run("submit", *GIVEN, "--template", "77", "--appid", APP, "--json", folder=tmp_path, **settings(weaudit))
    (told,) = map(json.loads, ended.stdout.splitlines())
    assert (ended.exit_code, told["state"], told["errcode"]) == (1, "refused", 85014)
    assert "85014" in told["why"]


def test_who_stops_watching_stops_nothing_else(weaudit: Live, tmp_path: Path) -> None:
    """Ctrl-C is answered with what goes on and how to see it again; the workers submit."""
    weaudit.wechat.world.limits.privacy_check = 3_600
    command = [str(WEAUDIT), "submit", *GIVEN, "--all"]
    started = subprocess.Popen(
        command, env=environment(**settings(weaudit)), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    eventually(lambda: weaudit.calls("commit") == 2, "the commits")
    started.send_signal(signal.SIGINT)
    out, told = started.communicate(timeout=30)
    assert b"The workers go on; weaudit submit --status shows it again." in told
    assert len(re.findall(r"^wx\d+  committ", out.decode(), re.MULTILINE)) == 2
    assert started.returncode == 0


def test_a_command_that_is_killed_leaves_its_plans_to_the_workers(weaudit: Live, tmp_path: Path) -> None:
    """Kill -9, or a laptop that is closed."""
    command = [str(WEAUDIT), "submit", *GIVEN, "--all"]
    started = subprocess.Popen(command, env=environment(**settings(weaudit)), cwd=tmp_path, stderr=subprocess.DEVNULL)
    eventually(lambda: weaudit.kept("weaudit.planned") == 2, "the plans")
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    eventually(lambda: weaudit.calls("submit_audit") == 2, "the reviews")


@pytest.mark.parametrize("is_published", [False, True])
def test_it_says_which_process_to_start_if_nothing_takes_the_plans_up(tmp_path: Path, *, is_published: bool) -> None:
    """After ten seconds; what is planned stays planned."""
    url = with_tables(tmp_path)
    detached = run("submit", *GIVEN, "--appid", APP, "--detach", folder=tmp_path, database_url=url)
    assert detached.exit_code == 0
    engine = connect(url)
    with engine.begin() as connection:
        earlier = attempts.c.changed_at - NOBODY_AFTER
        due_at = attempts.c.due_at + REPUBLISH_AFTER if is_published else earlier
        connection.execute(attempts.update().values(changed_at=earlier, due_at=due_at))
    engine.dispose()
    ended = run("submit", "--status", folder=tmp_path, database_url=url)
    assert ended.exit_code == 1
    assert f"`weaudit {'worker' if is_published else 'relay'}`" in ended.stderr


def test_a_plan_that_a_person_dismissed_is_over(tmp_path: Path) -> None:
    """And may be planned anew; it is told in the language of whoever watches, and for programs in English."""
    url = with_tables(tmp_path)
    assert run("submit", *GIVEN, "--appid", APP, "--detach", folder=tmp_path, database_url=url).exit_code == 0
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(attempts.update().values(state="dead", note="its row is gone"))
        connection.execute(reviews_table.update().values(note="its row is gone"))
    engine.dispose()
    chinese = partial(run, folder=tmp_path, database_url=url, weaudit_language="zh")
    given_up = chinese("submit", "--status").stdout
    assert "小程序              状态         版本、审核单或原因" in given_up
    assert "版本记录已不存在；重新处理：weaudit revive" in given_up
    assert f"{APP}  待上传       1.0; " in given_up
    assert chinese("dismiss", "--all", "--yes").exit_code == 0
    assert "已由人工放弃：版本记录已不存在" in chinese("submit", "--status").stdout
    ended = chinese("submit", "--status", "--json")
    (told,) = map(json.loads, ended.stdout.splitlines())
    assert (ended.exit_code, told["state"], told["why"]) == (1, "refused", "dismissed by a person: its row is gone")
    again = chinese("submit", *GIVEN, "--appid", APP, "--detach", "--json")
    (told,) = map(json.loads, again.stdout.splitlines())
    assert (again.exit_code, told["state"], told["before"]) == (0, "planned", False)


def test_a_plan_that_wechat_refused_is_begun_anew_when_it_is_revived(weaudit: Live, tmp_path: Path) -> None:
    """What was to blame, such as a template, may have been mended."""
    weaudit.wechat.api.expect(Fault("commit", errcode=85014))
    refused = run("submit", *GIVEN, "--appid", APP, "--json", folder=tmp_path, **settings(weaudit))
    assert json.loads(refused.stdout)["state"] == "refused"
    eventually(lambda: run("revive", "--all", "--yes", folder=tmp_path, **settings(weaudit)).exit_code == 0, "revival")
    ended = run("submit", "--status", "--json", folder=tmp_path, **settings(weaudit))
    assert (ended.exit_code, json.loads(ended.stdout)["state"]) == (0, "in_review")


def test_a_plan_whose_last_call_may_have_worked_is_not_dismissed(tmp_path: Path) -> None:
    """It may be under review: weaudit has to look first."""
    url = with_tables(tmp_path)
    assert run("submit", *GIVEN, "--appid", APP, "--detach", folder=tmp_path, database_url=url).exit_code == 0
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(attempts.update().values(state="dead"))
        connection.execute(reviews_table.update().values(state="submitting", called_at=5.0))
    engine.dispose()
    refused = run("dismiss", "--all", "--yes", folder=tmp_path, database_url=url)
    assert (refused.exit_code, "WeChat may have done what was asked last" in refused.stderr) == (1, True)
    assert run("dead", "--check", folder=tmp_path, database_url=url).exit_code == 1


def test_a_plan_that_is_blocked_ends_the_watch_with_why_and_what_to_do(weaudit: Live, tmp_path: Path) -> None:
    """Such as of a mini program that does not authorize the platform; --status tells it again."""
    for arguments in (("submit", *GIVEN, "--appid", UNKNOWN), ("submit", "--status")):
        ended = run(*arguments, "--json", folder=tmp_path, **settings(weaudit))
        (told,) = map(json.loads, ended.stdout.splitlines())
        assert (ended.exit_code, told["state"], told["given_up"]) == (1, "planned", False)
        assert told["blocked_on"] == f"authorization:{UNKNOWN}"
        assert "weaudit blocked" in told["why"]


def test_what_is_no_appid_is_refused(tmp_path: Path) -> None:
    """Its plan would wait for an authorization that nobody can give."""
    refused = run(
        "submit", *GIVEN, "--appid", APP, "--appid", "WX1", folder=tmp_path, database_url=with_tables(tmp_path)
    )
    assert (refused.exit_code, refused.stderr) == (2, "WX1: no appid, which is wx and sixteen letters or digits\n")


def test_what_was_planned_before_and_is_under_review_says_how_to_withdraw_it() -> None:
    """--again would not submit it: WeChat takes one at a time."""
    fields = {"appid": APP, "state": State.IN_REVIEW, "version": "1.0", "auditid": 7, "before": True, "why": ""}
    fields |= {"given_up": False, "blocked_on": ""}
    assert f"weaudit undo {APP}" in line(fields)
    assert "on its way" in line({**fields, "state": State.PLANNED})
    assert "--again" in line({**fields, "state": State.RELEASED})


def test_official_accounts_and_test_accounts_are_left_out_and_counted(weaudit: Live, tmp_path: Path) -> None:
    """With why; and it is said if WeChat lists more than weaudit knows."""
    with weaudit.context.engine.begin() as connection:
        for appid, account in (("wxofficial", OFFICIAL_ACCOUNT), (next(iter(TEST_ACCOUNTS)), "")):
            mini_programs.keep(connection, MiniProgram(appid, True, "", "", "", changed_at=1.0, account=account))
    # The clock learns them again a while after its first try came before the ticket.
    learning = partial(weaudit.context.heartbeat.try_to_take, "job: learn authorizers", longest_rest=0.0)
    eventually(learning, "that nobody learns them meanwhile")
    for number in range(3):
        weaudit.wechat.world.authorize(f"wxmore{number}", "x")
    ended = run("submit", *GIVEN, "--all", "--detach", "--json", folder=tmp_path, **settings(weaudit))
    assert "2 left out: official accounts, which have no code, and WeChat's own test accounts" in ended.stderr
    assert "WeChat lists 1 more than weaudit knows" in ended.stderr
    assert {json.loads(each)["appid"] for each in ended.stdout.splitlines()} == {APP, OTHER}


WRONG = [
    ((), "which mini programs?"),
    (("--appid", APP, "--all"), "not both"),
    (("--appid", APP, "--status"), "--status shows the newest plan"),
    (("--appid", APP, "--ext-json", "[]"), "--ext-json is a JSON object"),
    (("--appid", APP, "--ext-json", "{"), "--ext-json is no JSON"),
    (("--appid", APP, "--ext-json", "@nowhere"), "nowhere cannot be read"),
    (("--appid", APP, "--audit", '{"feedback_info": 7}'), "--audit does not fit submit_audit"),
    (("--appid", APP, "--audit", "[]"), "--audit is a JSON object"),
    (("--appid", APP, "--audit", "{"), "--audit is no JSON"),
    (("--appid", APP, "--version", "x" * 65), "user_version"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_what_cannot_be_meant_is_refused_before_anything_is_planned(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    """With what it should look like, and status 2."""
    ended = run("submit", *GIVEN, *arguments, folder=tmp_path, database_url=with_tables(tmp_path))
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert told in ended.stderr


def test_which_template_must_be_said(tmp_path: Path) -> None:
    """Or --status, where something was planned."""
    url = with_tables(tmp_path)
    ended = run("submit", "--appid", APP, folder=tmp_path, database_url=url)
    assert (ended.exit_code, "which template?" in ended.stderr) == (2, True)
    ended = run("submit", "--status", folder=tmp_path, database_url=url)
    assert (ended.exit_code, "nothing was planned yet" in ended.stderr) == (1, True)


def test_a_line_says_what_happened() -> None:
    """For people; the columns are those of the head."""
    known = {"appid": APP, "state": "in_review", "version": "1.0", "auditid": 7, "round": 1, "before": False, "why": ""}
    assert line(known, "茶") == f"{APP}  in_review    1.0; review 7  茶"
    again = {**known, "state": "rejected", "before": True}
    assert line(again) == f"{APP}  rejected     1.0; review 7; submitted before; --again submits it once more"


def test_a_person_releases_what_is_held(weaudit: Live, tmp_path: Path) -> None:
    """`weaudit release APPID`: a worker does it, and the order is there for subscribers, too."""
    weaudit.submit()
    weaudit.approve()
    eventually(lambda: weaudit.reactions("weaudit.release"), "the approval")
    eventually(lambda: weaudit.reactions("weaudit.release")[0][0] == "done", "the decision to hold")
    ordered = run("release", APP, folder=tmp_path, **settings(weaudit))
    assert ordered.exit_code == 0
    assert ordered.stdout.startswith("ordered: review 400000001 (1.0) is released")
    eventually(lambda: weaudit.calls("release") == 1, "the release")
    eventually(lambda: weaudit.kept("weaudit.released") == 1, "the outcome")
    again = run("release", APP, folder=tmp_path, **settings(weaudit))
    assert (again.exit_code, "is online already" in again.stderr) == (1, True)


def test_what_cannot_be_released_is_said_at_once(weaudit: Live, tmp_path: Path) -> None:
    """And nothing is ordered."""
    weaudit.submit()
    weaudit.wechat.decide(APP, "reject")
    eventually(lambda: weaudit.reactions("weaudit.resubmit"), "the rejection")

    def is_known() -> bool:
        with reading(weaudit.context.engine) as connection:
            return reviews.of(connection, APP)[0].state is State.REJECTED

    eventually(is_known, "the verdict")
    refused = run("release", APP, folder=tmp_path, **settings(weaudit))
    assert (refused.exit_code, "cannot be released (rejected)" in refused.stderr) == (1, True)
    with reading(weaudit.context.engine) as connection:
        assert not connection.execute(select(pushes.c.id).where(pushes.c.type == "weaudit.release_ordered")).all()
