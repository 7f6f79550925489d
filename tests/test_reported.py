"""What people reported in public of software like this, from the push or the command to what WeChat is asked."""

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.answers import Done
from handlers.authorizers.authorize import authorize
from handlers.wechat.endpoints.authorization import AuthorizerInfoRequest, api_get_authorizer_info
from service.events.from_wechat import AuditFail
from service.events.message import decode
from service.simulator.faults import Fault
from service.store import mini_programs
from service.store.credentials import CredentialKind
from service.store.engine import reading
from service.store.tables import pushes
from tests.conftest import APP, COMPONENT, Wechat, sender
from tests.handlers.wechat.test_transport import saying
from tests.support.commands import run
from tests.support.live_weaudit import Live, live
from tests.support.samples import told
from tests.support.servers import eventually

REJECTION = (
    "<xml><ToUserName><![CDATA[{}]]></ToUserName><FromUserName><![CDATA[odaa]]></FromUserName>"
    "<CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
    "<Event><![CDATA[weapp_audit_fail]]></Event><Reason><![CDATA[{}]]></Reason><FailTime>{}</FailTime></xml>"
)
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


NAMES = ["\x14琦娅店", "\b", "小店\n二楼"]


def profile(name: str) -> str:
    """Write WeChat's answer with a name as WeChat writes it: control characters are not escaped."""
    who = f'"nick_name":"{name}","user_name":"gh_aaaaaaaaaaaa","principal_name":"某公司"'
    return f'{{"authorizer_info":{{{who}}},"authorization_info":{{"authorizer_refresh_token":"refresh"}}}}'


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_with_a_control_character_is_learned(name: str) -> None:
    """At the first try, from an answer that is no JSON by the letter."""
    request = AuthorizerInfoRequest(component_appid=COMPONENT, authorizer_appid=APP)
    who = saying(profile(name)).send(api_get_authorizer_info, request, {})
    assert who.authorizer_info.user_name == "gh_aaaaaaaaaaaa"
    assert who.authorization_info.authorizer_refresh_token == "refresh"


def test_an_authorization_whose_code_brings_an_empty_refresh_token(wechat: Wechat) -> None:
    """WeChat tells it elsewhere; the merchant need not authorize again."""
    code = wechat.world.authorize(APP, "小店")
    message = told(
        wechat,
        "authorized",
        COMPONENT,
        {"AuthorizationCode": code},
        InfoType="authorized",
        AuthorizerAppid=APP,
    )
    wechat.simulator.api.faults.append(Fault("api_query_auth", empties="authorizer_refresh_token"))
    assert isinstance(authorize(wechat.context, message), Done)
    with reading(wechat.engine) as connection:
        assert [each.appid for each in mini_programs.every(connection) if each.authorized] == [APP]
        kept = wechat.credentials.read(connection, CredentialKind.REFRESH_TOKEN, APP)
    assert kept
    assert kept.value == wechat.world.apps[APP].refresh_token


def ended(weaudit: Live, queue: str) -> bool:
    """Tell whether a reaction has come to its end."""
    return any(state in {"done", "skipped"} for state, _ in weaudit.reactions(queue))


@pytest.mark.parametrize("odd", ["\x10", "\x02", "\b", "\x0b", "\x1d", "\uffff"], ids=ascii)
def test_a_rejection_with_a_control_character_is_told(tmp_path: Path, odd: str) -> None:
    """Answered success, kept as a rejection, and told like any other."""
    with live(f"sqlite:///{tmp_path}/x.db", "memory://") as weaudit:
        weaudit.authorize()
        weaudit.submit()
        app = weaudit.wechat.world.apps[APP]
        app.decide("reject", f"1:不符合规则:<br>(1):页面出现{odd}测试数据<br>")
        now = int(weaudit.wechat.world.clock())
        content = REJECTION.format(app.user_name, now, f"1:不符合规则:<br>(1):页面出现{odd}测试数据<br>", now)
        assert sender(weaudit.url).send(sender(weaudit.url).prepare_text(content, APP)).accepted
        for queue in ("weaudit.resubmit", "weaudit.notify"):
            eventually(partial(ended, weaudit, queue), f"the end of {queue}")
        is_rejection = pushes.c.type == "wechat.weapp_audit_fail"
        with reading(weaudit.context.engine) as connection:
            (body,) = connection.execute(select(pushes.c.body).where(is_rejection)).scalars()
    data = decode(body).data
    assert isinstance(data, AuditFail)
    assert data.reasons[0].details[0].startswith("页面出现")
    assert data.problem
