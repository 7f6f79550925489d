from handlers.authorizers.import_authorizers import learn_authorizers
from service.simulator.faults import Fault
from service.store import mini_programs
from service.store.engine import reading
from service.store.mini_programs import App
from tests.conftest import APP, Wechat

OTHER = "wx0000000000000002"


def known(wechat: Wechat) -> dict[str, App]:
    """Give who is known."""
    with reading(wechat.engine) as connection:
        return {app.appid: app for app in mini_programs.every(connection)}


def test_who_authorized_before_weaudit_came_is_learned_once(wechat: Wechat) -> None:
    """With nickname and user_name, from WeChat's list."""
    wechat.world.authorize(OTHER, "小书店")
    learn_authorizers(wechat.context)
    learn_authorizers(wechat.context)
    assert {appid: app.nickname for appid, app in known(wechat).items()} == {APP: "一杯茶", OTHER: "小书店"}
    assert all(app.authorized and app.user_name.startswith("gh_") for app in known(wechat).values())
    assert wechat.called("api_get_authorizer_info") == 2


def test_a_later_push_counts_more_than_the_list(wechat: Wechat) -> None:
    """Who took the authorization back after the list was made is not let in again."""
    with wechat.engine.begin() as connection:
        mini_programs.keep(connection, App(APP, False, "", "", "", changed_at=wechat.now + 10))
    learn_authorizers(wechat.context)
    assert not known(wechat)[APP].authorized


def test_one_that_wechat_refuses_stops_no_other(wechat: Wechat) -> None:
    """While WeChat cannot be asked at all, the rest waits."""
    wechat.world.authorize(OTHER, "小书店")
    wechat.simulator.api.expect(Fault("api_get_authorizer_info", errcode=48001))
    learn_authorizers(wechat.context)
    assert list(known(wechat)) == [OTHER]
    wechat.simulator.api.expect(Fault("api_get_authorizer_list", times=9, errcode=45009))
    learn_authorizers(wechat.context)
    assert list(known(wechat)) == [OTHER]
