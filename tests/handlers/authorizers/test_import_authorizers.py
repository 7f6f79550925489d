import pytest
from sqlalchemy import Engine

from handlers.authorizers.import_authorizers import learn_authorizers
from handlers.clock import FAILED_AGAIN_AFTER, Clock, jobs
from handlers.wechat.errors import OverQuota, TicketMissing
from service.simulator.faults import Fault
from service.store import mini_programs
from service.store.credentials import Credentials
from service.store.engine import reading
from service.store.mini_programs import MINI_PROGRAM, OFFICIAL_ACCOUNT, MiniProgram
from tests.conftest import APP, Wechat, outbound

OTHER = "wx0000000000000002"


def known(wechat: Wechat) -> dict[str, MiniProgram]:
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
        mini_programs.keep(connection, MiniProgram(APP, False, "", "", "", changed_at=wechat.now + 10))
    learn_authorizers(wechat.context)
    assert not known(wechat)[APP].authorized


def test_one_that_wechat_refuses_stops_no_other(wechat: Wechat) -> None:
    """While WeChat cannot be asked at all, the rest waits."""
    wechat.world.authorize(OTHER, "小书店")
    wechat.simulator.api.expect(Fault("api_get_authorizer_info", errcode=48001))
    learn_authorizers(wechat.context)
    assert list(known(wechat)) == [OTHER]
    wechat.simulator.api.expect(Fault("api_get_authorizer_list", times=9, errcode=45009))
    with pytest.raises(OverQuota):
        learn_authorizers(wechat.context)
    assert list(known(wechat)) == [OTHER]


def test_who_authorized_before_weaudit_came_is_known_seconds_after_the_first_ticket(
    store: Engine, credentials: Credentials
) -> None:
    """Not an hour later: what could not be done without a ticket is tried again soon."""
    wechat = Wechat(store, credentials, outbound())
    wechat.world.authorize(OTHER, "小书店")
    (job,) = [job for job in jobs() if job.do is learn_authorizers]
    clock = Clock(wechat.context, (job,))
    with pytest.raises(TicketMissing):
        clock.do_if_due(job)
    wechat.give_ticket()
    wechat.now += FAILED_AGAIN_AFTER
    assert clock.do_if_due(job)
    assert list(known(wechat)) == [OTHER]


@pytest.mark.parametrize(("official", "account"), [(True, OFFICIAL_ACCOUNT), (False, MINI_PROGRAM)])
def test_official_accounts_are_known_as_such(wechat: Wechat, *, official: bool, account: str) -> None:
    """They authorize the platform, too, and have no code."""
    wechat.world.authorize(OTHER, "小书店")
    wechat.world.apps[OTHER].traits.official_account = official
    learn_authorizers(wechat.context)
    assert known(wechat)[OTHER].account == account
