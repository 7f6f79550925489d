import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.submit import items, submit
from handlers.wechat.audit import SubmitAuditRequest
from handlers.wechat.code import Category, CommitRequest
from handlers.wechat.errors import Refused, TryLater
from service import submissions
from service.submissions import State
from tests.conftest import APP, Wechat

COMMIT = CommitRequest(template_id=1, ext_json="{}", user_version="1.0", user_desc="first")


def test_what_is_submitted_is_written_down(wechat: Wechat) -> None:
    """Committed, submitted with the mini program's own pages and categories, and recorded to be submitted again."""
    auditid = submit(wechat.context, APP, COMMIT)
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
    with pytest.raises(Refused, match="85009"):
        submit(wechat.context, APP, COMMIT)


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


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=20), st.integers(1, 4))
def test_any_pages_give_a_request_that_wechat_takes(pages: list[str], categories: int) -> None:
    """One to five items, titles within 32 characters."""
    chosen = tuple(Category(first_class="a", second_class="b", first_id=n, second_id=n) for n in range(categories))
    proposed = items(tuple(pages), chosen)
    SubmitAuditRequest(item_list=proposed)
    assert len(proposed) == min(len(pages), 5)
