import json
from collections.abc import Callable
from pathlib import Path

import pytest

from handlers.reviews.driver import look_at
from handlers.reviews.react import release, resubmit
from handlers.reviews.visit import Hint
from service.simulator.faults import Fault
from service.store import attempts, causes, mini_programs
from service.store.attempts import AttemptState
from service.store.mini_programs import MiniProgram
from tests.conftest import APP, Wechat
from tests.support.commands import run
from tests.support.looking import look
from tests.support.samples import decided, messages, planned, submitted, submitted_elsewhere, told

MakeWechat = Callable[..., Wechat]
CLOSED = {"release_window": "Mon 00:00-00:01"}
BOTH = {
    "released": ("is online for everybody", "已全量发布"),
    "held": ("weaudit release", "人工发布：ON_AUDIT_SUCCESS=hold"),
    "window": ("RELEASE_WINDOW, which opens 20", "发布时间窗"),
    "rejected": ("it is not submitted again by itself: ON_AUDIT_FAIL=hold", "不会自动重新提交"),
    "privacy": ("WeChat checks the privacy interfaces", "隐私接口"),
    "blocked": ("permission set 18", "缺少权限集 18"),
    "dead": ("weaudit revive", "weaudit 已放弃"),
    "overtaken": ("was overtaken", "已被取代"),
}


def _released(wechat: Wechat) -> None:
    decided(wechat, "approve")
    look(wechat)


def _approved(wechat: Wechat) -> None:
    decided(wechat, "approve")
    look(wechat)


def _rejected(wechat: Wechat) -> None:
    decided(wechat, "reject", reason="1:内容不符合规则:<br>(1):无运营内容<br>")
    look(wechat)


def _privacy(wechat: Wechat) -> None:
    wechat.world.limits.privacy_check = 600
    planned(wechat)
    look(wechat)


def _stopped(wechat: Wechat, state: AttemptState, note: str, waits_for: str = "") -> None:
    decided(wechat, "approve")
    message = told(wechat, "weapp_audit_success", SuccTime=1)
    with wechat.engine.begin() as connection:
        attempt = attempts.begin(connection, message.id, "weaudit.release", now=wechat.now)
        assert attempt
        attempts.finish(connection, attempt, state, note, now=wechat.now, waits_for=waits_for)
        if waits_for:
            causes.begin(connection, waits_for, now=wechat.now, reason=note, errcode=61007, endpoint="release")


def _blocked(wechat: Wechat) -> None:
    _stopped(wechat, AttemptState.BLOCKED, "release: 61007", f"permission:{APP}:18")


def _dead(wechat: Wechat) -> None:
    _stopped(wechat, AttemptState.DEAD, "release: refused; asking again would not help")


def _overtaken(wechat: Wechat) -> None:
    decided(wechat, "approve")
    submitted_elsewhere(wechat, "9.9")
    wechat.world.apps[APP].decide("approve", "", at=wechat.now)
    look(wechat)


STORIES: dict[str, tuple[Callable[[Wechat], None], dict[str, str]]] = {
    "released": (_released, {}),
    "held": (_approved, {"on_audit_success": "hold"}),
    "window": (_approved, CLOSED),
    "rejected": (_rejected, {}),
    "privacy": (_privacy, {}),
    "blocked": (_blocked, {}),
    "dead": (_dead, {}),
    "overtaken": (_overtaken, {}),
}


def ask(folder: Path, *arguments: str, **settings: str) -> str:
    """Ask why."""
    ended = run("why", *arguments, folder=folder, database_url="sqlite:///store.db", **settings)
    assert ended.exit_code == 0, ended.output
    return ended.stdout


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("story", STORIES)
def test_it_tells_why(tmp_path: Path, make_wechat: MakeWechat, story: str, language: str) -> None:
    """In a sentence that says what is waited for, and what a person can do."""
    tell, settings = STORIES[story]
    wechat = make_wechat(**settings)
    tell(wechat)
    which = APP
    if story == "overtaken":
        which = str(min(int(audit.auditid) for audit in wechat.world.apps[APP].audits))
    assert BOTH[story][language == "zh"] in ask(tmp_path, which, weaudit_language=language, **settings)


def test_what_happened_is_told_in_order(tmp_path: Path, wechat: Wechat) -> None:
    """What was planned, called and told, with WeChat's code of what was refused."""
    wechat.simulator.api.faults.append(Fault("release", errcode=85019))
    auditid = decided(wechat, "approve")
    message = told(wechat, "weapp_audit_success", SuccTime=1)
    release(wechat.context, message)
    wechat.now += 61
    release(wechat.context, message)
    lines = ask(tmp_path, str(auditid)).splitlines()
    happened = [line.partition("  ")[2] for line in lines if line[:2] == "20"]
    calls = [line for line in happened if line.startswith("called")]
    made = [line.partition(":")[0].removeprefix("called ") for line in calls]
    assert made == ["commit", "submit_audit", "release", "release"]
    assert "85019" in calls[2]
    assert happened[0].startswith("weaudit.planned")
    # Both of one moment, by the clock of the test.
    assert sorted(line.partition("  ")[0] for line in happened[-2:]) == ["called release: ok", "weaudit.released"]
    row = json.loads(ask(tmp_path, message.id, "--json"))
    assert (row["appid"], row["where"], row["auditid"]) == (APP, "released", auditid)


def test_a_person_says_submit_again(tmp_path: Path, wechat: Wechat) -> None:
    """Whatever policy says, and once."""
    _rejected(wechat)
    wechat.now += 1
    with wechat.engine.begin() as connection:
        mini_programs.keep(connection, MiniProgram(APP, True, "", "", "", changed_at=1.0))
    ordered = run("resubmit", APP, folder=tmp_path, database_url="sqlite:///store.db")
    assert (ordered.exit_code, "submitted once more" in ordered.stdout) == (0, True)
    (order,) = messages(wechat, "weaudit.resubmission_ordered")
    resubmit(wechat.context, order)
    resubmit(wechat.context, order)
    assert len(wechat.world.apps[APP].audits) == 2
    again = run("resubmit", APP, folder=tmp_path, database_url="sqlite:///store.db")
    assert (again.exit_code, "only what was rejected" in again.stderr) == (1, True)


def test_a_release_that_was_ordered_is_no_order_to_submit_again(wechat: Wechat) -> None:
    """WeChat rejected what a person wanted released: what then happens is for policy to say."""
    auditid = submitted(wechat)
    look_at(wechat.context, APP, Hint(ordered=True, auditid=auditid, said_at=wechat.now))
    wechat.world.apps[APP].decide("reject", "1:x<br>", at=wechat.now)
    look(wechat)
    assert len(wechat.world.apps[APP].audits) == 1


def test_what_died_of_a_former_version_is_not_this_ones(tmp_path: Path, wechat: Wechat) -> None:
    """Nor what was submitted again still to be submitted."""
    _dead(wechat)
    look(wechat)
    wechat.now += 60
    submitted(wechat, "2.0")
    assert "2.0 is in review" in ask(tmp_path, APP)


def test_nobody_is_known_by_that_name(tmp_path: Path, wechat: Wechat) -> None:
    """The command says where names are listed."""
    submitted(wechat)
    ended = run("why", "wx9", folder=tmp_path, database_url="sqlite:///store.db")
    assert (ended.exit_code, "weaudit apps" in ended.stderr) == (1, True)
