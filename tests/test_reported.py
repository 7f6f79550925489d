"""What people reported in public of software like this, from the push or the command to what WeChat is asked."""

from pathlib import Path

import pytest
from sqlalchemy import select

from service.simulator.faults import Fault
from service.store import mini_programs
from service.store.engine import reading
from service.store.tables import pushes
from tests.conftest import APP, COMPONENT, sender
from tests.support.commands import run
from tests.support.live_weaudit import Live, live
from tests.support.servers import eventually

APPROVAL = (
    "<xml><ToUserName><![CDATA[{}]]></ToUserName><FromUserName><![CDATA[odaa]]></FromUserName>"
    "<CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
    "<Event><![CDATA[weapp_audit_success]]></Event><SuccTime>{}</SuccTime></xml>"
)


def approved(weaudit: Live, user_name: str = "") -> None:
    """Let WeChat approve a version, and push that to the authorization URL."""
    weaudit.authorize()
    weaudit.submit()
    app = weaudit.wechat.world.apps[APP]
    app.decide("approve")
    now = int(weaudit.wechat.world.clock())
    content = APPROVAL.format(user_name or app.user_name, now, now)
    assert sender(weaudit.url).send(sender(weaudit.url).prepare_text(content, ""))


def test_a_verdict_at_the_authorization_url_is_that_of_its_mini_program(tmp_path: Path) -> None:
    """Both addresses in WeChat's settings are the authorization one: ToUserName says which mini program it is."""
    with live(f"sqlite:///{tmp_path}/x.db", "memory://") as weaudit:
        approved(weaudit)
        eventually(lambda: weaudit.calls("release") == 1, "the release")
        with reading(weaudit.context.engine) as connection:
            told = select(pushes.c.appid).where(pushes.c.type == "wechat.weapp_audit_success")
            assert connection.execute(told).scalars().all() == [APP]


def test_a_verdict_of_nobody_known_tells_people_which_address_to_set(tmp_path: Path) -> None:
    """And not that the platform has to authorize the platform."""
    with live(f"sqlite:///{tmp_path}/x.db", "memory://") as weaudit:
        approved(weaudit, "gh_nobody")
        eventually(lambda: weaudit.kept("weaudit.gave_up") == 1, "the end of the reaction")
        (note,) = [note for state, note in weaudit.reactions("weaudit.release") if state == "dead"]
        assert "消息与事件接收URL" in note
        assert COMPONENT not in note


@pytest.mark.parametrize("nothing", [85058, 85012, 86001])
def test_the_first_submission_of_a_mini_program(tmp_path: Path, nothing: int) -> None:
    """Nothing was ever submitted for it, which WeChat says in one of three ways: one commit, one review."""
    with live(f"sqlite:///{tmp_path}/x.db", "memory://") as weaudit:
        weaudit.authorize()
        first = weaudit.wechat.world.apps[APP]
        if nothing != 85058:
            weaudit.wechat.api.expect(Fault("get_latest_auditstatus", times=2, errcode=nothing))
        ours = weaudit.context.settings
        known = {"database_url": ours.database_url, "wechat_api_base": ours.wechat_api_base}
        ended = run("submit", "--template", "1", "--appid", APP, folder=tmp_path, **known)
        assert (ended.exit_code, "review 400000001" in ended.stdout) == (0, True)
        answers = [call.errcode for call in weaudit.wechat.api.calls if call.endpoint == "get_latest_auditstatus"]
        assert answers[0] == nothing
        assert (weaudit.calls("commit"), weaudit.calls("submit_audit"), len(first.audits)) == (1, 1, 1)
        with reading(weaudit.context.engine) as connection:
            assert mini_programs.known_auditid(connection, APP) in (0, 400000001)
