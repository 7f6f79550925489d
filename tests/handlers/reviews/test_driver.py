import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reviews.driver import Wish, is_committed, items, submit
from handlers.reviews.fleet import ALREADY, submit_all
from handlers.reviews.reconcile import reconcile
from handlers.wechat.client import Client
from handlers.wechat.endpoints.audit import SubmitAuditRequest
from handlers.wechat.endpoints.code import Category, CommitRequest, Experience
from handlers.wechat.errors import OverQuota, Refused, TryLater
from handlers.wechat.transport import Transport
from service.simulator import code as wechat_code
from service.simulator.faults import Fault
from service.simulator.mini_program import WITHDRAWN
from service.store import reviews as submissions
from service.store.reviews import State
from service.store.versions import Version
from tests.conftest import APP, Wechat

COMMIT = CommitRequest(template_id=1, ext_json="{}", user_version="1.0", user_desc="first")


def test_what_is_submitted_is_written_down(wechat: Wechat) -> None:
    """Committed, submitted with the mini program's own pages and categories, and recorded to be submitted again."""
    auditid = submit(wechat.context, APP, COMMIT).auditid
    with wechat.engine.begin() as connection:
        submission = submissions.find(connection, APP, auditid)
    assert submission
    assert (submission.state, submission.user_version, submission.round) == (State.IN_REVIEW, "1.0", 1)
    request = SubmitAuditRequest.model_validate_json(submission.request)
    assert [item.address for item in request.item_list] == ["pages/index/index", "pages/order/list"]


def test_wechat_refuses_what_is_wrong(wechat: Wechat) -> None:
    """A template that does not exist, or a review under way, is WeChat's error with its code."""
    with pytest.raises(Refused, match="85014"):
        submit(wechat.context, APP, COMMIT.model_copy(update={"template_id": 99}))
    submit(wechat.context, APP, COMMIT)
    with pytest.raises(Refused, match="under way"):
        submit(wechat.context, APP, COMMIT.model_copy(update={"user_version": "2.0"}))
    assert wechat.called("commit") == 2


def test_the_privacy_check_is_waited_for_and_not_begun_again(wechat: Wechat) -> None:
    """A minute at a time, with one commit: another would begin the check anew."""
    wechat.world.limits.privacy_check = 150

    def sleep(seconds: float) -> None:
        wechat.now += seconds

    submit(wechat.context, APP, COMMIT, sleep)
    assert (wechat.called("commit"), wechat.called("get_code_privacy_info"), wechat.called("submit_audit")) == (1, 4, 1)


def test_a_privacy_check_that_never_ends_is_an_error(wechat: Wechat) -> None:
    """After ten minutes a person should look."""
    wechat.world.limits.privacy_check = 86_400

    def sleep(seconds: float) -> None:
        wechat.now += seconds

    with pytest.raises(TryLater, match="61039"):
        submit(wechat.context, APP, COMMIT, sleep)
    assert wechat.called("submit_audit") == 0


class Crash(Exception):
    """The process dies."""


class DiesAfter(Transport):
    """A way to WeChat on which this process dies after an endpoint was called, and before it hears of that."""

    endpoint = ""

    def send(self, endpoint: Any, request: Any, query: Any, appid: str = "") -> Any:
        """Call, and die."""
        answer = super().send(endpoint, request, query, appid)
        if endpoint.name == self.endpoint:
            raise Crash
        return answer


@pytest.mark.parametrize("verdict", [None, "approve"])
@pytest.mark.parametrize("endpoint", ["commit", "get_code_privacy_info", "submit_audit"])
def test_after_a_crash_nothing_is_done_twice_and_nothing_is_forgotten(
    wechat: Wechat, endpoint: str, verdict: str | None
) -> None:
    """One commit, one review, whichever step this process did not live to write down."""
    way = DiesAfter(wechat.http)
    way.endpoint = endpoint
    dying = replace(wechat.context, wechat=Client(way, wechat.client.tokens, wechat.heartbeat))
    wechat.now += 0.5
    with pytest.raises(Crash):
        submit(dying, APP, COMMIT)
    wechat.now += 5
    if verdict and endpoint == "submit_audit":
        wechat.world.apps[APP].decide(verdict)
    first = submit(wechat.context, APP, COMMIT)
    assert submit(wechat.context, APP, COMMIT)[:2] == (first.auditid, True)
    assert (wechat.called("commit"), len(wechat.world.apps[APP].audits)) == (1, 1)
    with wechat.engine.begin() as connection:
        submission = submissions.find(connection, APP, first.auditid)
    assert submission
    assert CommitRequest.model_validate_json(submission.committed) == COMMIT


def stopped(wechat: Wechat, commit: CommitRequest) -> None:
    """Commit a version, and stop while WeChat checks it."""

    def stop(_: float) -> None:
        raise Crash

    wechat.now += 1
    wechat.world.limits.privacy_check = 60
    with pytest.raises(Crash):
        submit(wechat.context, APP, commit, stop)
    wechat.world.limits.privacy_check = 0


def reviewed(wechat: Wechat) -> list[str]:
    """Give the versions that WeChat reviews, or did."""
    return [audit.code.user_version for audit in wechat.world.apps[APP].audits]


def test_what_is_submitted_is_what_was_committed_last(wechat: Wechat) -> None:
    """Another version was committed while this one was stopped: it is committed again, and no other is reviewed."""
    stopped(wechat, COMMIT)
    stopped(wechat, COMMIT.model_copy(update={"user_version": "2.0"}))
    wechat.now += 1
    submit(wechat.context, APP, COMMIT)
    assert reviewed(wechat) == ["1.0"]
    assert wechat.called("commit") == 3


def test_the_same_version_of_another_template_is_not_taken_for_ours(wechat: Wechat) -> None:
    """Version and description may be the same, and the code is not."""
    stopped(wechat, COMMIT)
    other = COMMIT.model_copy(update={"ext_json": '{"ext": {"a": 1}}'})
    wechat.now += 1
    submit(wechat.context, APP, other)
    assert wechat.called("commit") == 2


def test_a_review_of_the_same_version_with_other_code_is_not_taken_for_ours(wechat: Wechat) -> None:
    """What another wish became is not what this one becomes."""
    stopped(wechat, COMMIT)
    other = COMMIT.model_copy(update={"ext_json": '{"ext": {"a": 1}}'})
    wechat.now += 1
    theirs = submit(wechat.context, APP, other)
    wechat.world.apps[APP].decide("reject")
    wechat.now += 1
    ours = submit(wechat.context, APP, COMMIT)
    assert (ours.already, ours.auditid > theirs.auditid) == (False, True)
    assert wechat.called("commit") == 3


def test_code_that_somebody_commits_meanwhile_is_not_submitted(wechat: Wechat) -> None:
    """The error says so; the next run commits again."""
    wechat.world.limits.privacy_check = 60

    def meanwhile(seconds: float) -> None:
        wechat.now += seconds
        wechat_code.commit(
            wechat.world, wechat.world.apps[APP], template_id=1, ext_json="{}", user_version="9.9", user_desc="theirs"
        )
        wechat.world.limits.privacy_check = 0

    with pytest.raises(TryLater, match="somebody else committed"):
        submit(wechat.context, APP, COMMIT, meanwhile)
    assert reviewed(wechat) == []
    wechat.now += 1
    submit(wechat.context, APP, COMMIT)
    assert reviewed(wechat) == ["1.0"]


def test_again_that_is_refused_forgets_nothing(wechat: Wechat) -> None:
    """What was submitted stays so, until it is really submitted again."""
    first = submit(wechat.context, APP, COMMIT)
    assert submit(wechat.context, APP, Wish(COMMIT, again=True))[:2] == (first.auditid, True), "it is under way"
    wechat.world.apps[APP].decide("reject")
    wechat.simulator.api.expect(Fault("commit", errcode=85014))
    with pytest.raises(Refused, match="85014"):
        submit(wechat.context, APP, Wish(COMMIT, again=True))
    assert submit(wechat.context, APP, COMMIT)[:2] == (first.auditid, True)
    wechat.now += 1
    second = submit(wechat.context, APP, Wish(COMMIT, again=True))
    assert second.auditid > first.auditid


def test_parallel_submissions_leave_what_is_kept(make_wechat: Callable[..., Wechat]) -> None:
    """Four at once, one review to spend: one is begun."""
    wechat = make_wechat(quota_reserve=3)
    wechat.world.limits.reviews_a_month = 4
    appids = [f"wx{number:016}" for number in range(1, 5)]
    for appid in appids:
        wechat.authorize(appid)

    def one(appid: str) -> bool:
        try:
            submit(wechat.context, appid, COMMIT)
        except OverQuota:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(one, appids)) == 1
    assert sum(len(app.audits) for app in wechat.world.apps.values()) == 1


def test_what_was_submitted_is_submitted_again_only_if_that_is_wanted(wechat: Wechat) -> None:
    """The same wish is the same review."""
    first = submit(wechat.context, APP, COMMIT)
    wechat.world.apps[APP].decide("reject")
    assert submit(wechat.context, APP, COMMIT)[:2] == (first.auditid, True)
    wechat.now += 1
    second = submit(wechat.context, APP, Wish(COMMIT, again=True))
    assert second.auditid != first.auditid
    assert wechat.called("commit") == 2


def test_reviews_that_are_kept_for_people_are_not_used(make_wechat: Callable[..., Wechat]) -> None:
    """The error says when there are more; and nothing was committed."""
    wechat = make_wechat(quota_reserve=5)
    wechat.world.limits.reviews_a_month = 5
    with pytest.raises(OverQuota, match="QUOTA_RESERVE=5") as error:
        submit(wechat.context, APP, COMMIT)
    assert error.value.again_at
    assert wechat.called("commit") == 0
    wechat.world.limits.reviews_a_month = 6
    assert submit(wechat.context, APP, COMMIT).auditid


def test_what_is_given_is_what_is_reviewed(wechat: Wechat) -> None:
    """Items and other fields of submit_audit come from whoever submits."""
    category = {"first_class": "工具", "second_class": "备忘录", "first_id": 287, "second_id": 612}
    item = {"address": "pages/order/list", "title": "订单", **category}
    submit(wechat.context, APP, Wish(COMMIT, audit={"item_list": [item], "version_desc": "新版"}))
    sent = next(call for call in wechat.simulator.api.calls if call.endpoint == "submit_audit").fields
    assert sent["item_list"] == [item]
    assert sent["version_desc"] == "新版"
    assert wechat.called("get_page") == 0


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=20), st.integers(1, 4))
def test_any_pages_give_a_request_that_wechat_takes(pages: list[str], categories: int) -> None:
    """One to five items, titles within 32 characters."""
    chosen = tuple(Category(first_class="a", second_class="b", first_id=n, second_id=n) for n in range(categories))
    proposed = items(tuple(pages), chosen)
    SubmitAuditRequest(item_list=proposed)
    assert len(proposed) == min(len(pages), 5)


OTHERS = Experience(exp_time=100, exp_version="0.9", exp_desc="theirs")
OURS = Experience(exp_time=200, exp_version="1.0", exp_desc="first")


@pytest.mark.parametrize(
    ("trial_before", "trial", "shown", "is_it"),
    [
        pytest.param(None, None, OURS, False, id="never committed, whatever it looks like"),
        pytest.param(100, None, OTHERS, False, id="died before the commit"),
        pytest.param(100, None, OURS, True, id="died after the commit"),
        pytest.param(100, 200, OURS, True, id="committed and written down"),
        pytest.param(100, 100, OURS, True, id="shown late: just after the commit it was the former one"),
        pytest.param(100, 150, OURS, False, id="somebody committed the same after us"),
        pytest.param(100, 100, OTHERS, False, id="not shown yet"),
        pytest.param(90, 100, OTHERS, True, id="WeChat shows it in other words"),
        pytest.param(200, None, OURS, False, id="it was there before we committed"),
        pytest.param(0, 0, Experience(), False, id="there is none"),
    ],
)
def test_what_was_committed_is_known_by_what_wechat_shows(
    trial_before: int | None,
    trial: int | None,
    shown: Experience,
    is_it: bool,  # noqa: FBT001
) -> None:
    """And not committed again: that would begin the privacy check anew."""
    version = Version(APP, "", "", "", trial_before, 0, trial, None)
    assert is_committed(version, COMMIT, shown) is is_it


def test_a_review_that_was_withdrawn_is_told_as_such(wechat: Wechat) -> None:
    """Whoever runs it again learns that nobody will hear a verdict, and what to do."""
    auditid = submit(wechat.context, APP, COMMIT).auditid
    wechat.world.apps[APP].audits[-1].status = WITHDRAWN
    wechat.now += 7201
    reconcile(wechat.context)
    assert submit(wechat.context, APP, COMMIT) == (auditid, True, State.WITHDRAWN)
    (result,) = submit_all(wechat.context, [APP], lambda _: Wish(COMMIT), parallel=1, stop=threading.Event())
    assert result == (APP, ALREADY, auditid, "it is withdrawn; --again submits it once more")
