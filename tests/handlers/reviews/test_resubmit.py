from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from handlers.context import Done, Skipped, Wait
from handlers.reviews.driver import submit
from handlers.reviews.resubmit import resubmit
from handlers.wechat.client import Client
from handlers.wechat.endpoints.code import CommitRequest
from handlers.wechat.errors import NeedsHuman, OverQuota, TryLater
from handlers.wechat.transport import Transport
from service.events.from_weaudit import Resubmitted
from service.simulator import code as wechat_code
from service.simulator.library import Draft, Template
from service.store import reviews as submissions
from service.store.engine import reading
from service.store.reviews import Claim, State
from service.store.tables import submissions as submissions_table
from tests.conftest import APP, Wechat
from tests.support.samples import decided, told

REJECTED = "weapp_audit_fail"
REASON = "1:服务类目不符:<br>(1):请补充<br>"


def test_a_rejection_that_policy_names_is_submitted_again(make_wechat: Callable[..., Wechat]) -> None:
    """The same request goes out once more; the next round is recorded, and no more than allowed."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons="类目", resubmit_delay="0")
    first = decided(wechat, "reject", reason=REASON)
    push = told(wechat, REJECTED, Reason=REASON, FailTime=int(wechat.now))
    answer = resubmit(wechat.context, push)
    assert isinstance(answer, Done)
    assert answer.outcome == Resubmitted(
        push_id=push.id, auditid=first + 1, previous_auditid=first, user_version="1.0", round=2
    )
    assert answer.also
    with wechat.engine.begin() as connection:
        answer.also(connection)
        again = submissions.find(connection, APP, first + 1)
        before = submissions.find(connection, APP, first)
    assert again
    assert before
    assert (again.round, again.request, before.state) == (2, before.request, State.REJECTED)

    wechat.world.apps[APP].decide("reject", REASON)
    second = resubmit(wechat.context, told(wechat, REJECTED, Reason=REASON, FailTime=int(wechat.now) + 1))
    assert second == Skipped("submitted 2 times; RESUBMIT_LIMIT=1 allows no more")
    assert wechat.called("submit_audit") == 2


def test_a_crash_after_the_call_is_taken_up_where_it_was(make_wechat: Callable[..., Wechat]) -> None:
    """Submitted again but not written down: the same push finds its own review, and the round is not forgotten."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay="0")
    first = decided(wechat, "reject", reason=REASON)
    push = told(wechat, REJECTED, Reason=REASON, FailTime=int(wechat.now))
    lost = resubmit(wechat.context, push)
    again = resubmit(wechat.context, push)
    assert isinstance(lost, Done)
    assert isinstance(again, Done)
    assert again.outcome == lost.outcome
    assert again.also
    with wechat.engine.begin() as connection:
        again.also(connection)
        recorded = submissions.find(connection, APP, first + 1)
    assert recorded
    assert recorded.round == 2
    assert wechat.called("submit_audit") == 2


def test_two_events_of_one_rejection_submit_once(make_wechat: Callable[..., Wechat]) -> None:
    """While one acts, the other waits, and then finds a review under way."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay="0")
    auditid = decided(wechat, "reject", reason=REASON)
    with wechat.engine.begin() as connection:
        audits_latest = submissions.claim(connection, APP, auditid, "f" * 32, now=wechat.now, until=wechat.now + 120)
    assert audits_latest is Claim.GRANTED
    answer = resubmit(wechat.context, told(wechat, REJECTED, Reason=REASON, FailTime=int(wechat.now)))
    assert isinstance(answer, Wait)
    assert wechat.called("submit_audit") == 1


def test_by_default_a_person_decides(wechat: Wechat) -> None:
    """ON_AUDIT_FAIL=hold submits nothing; the review is known to be rejected and no longer pending."""
    decided(wechat, "reject")
    assert resubmit(wechat.context, told(wechat, REJECTED)) == Skipped("ON_AUDIT_FAIL=hold: a person decides")
    assert wechat.called("submit_audit") == 1
    with wechat.engine.begin() as connection:
        assert submissions.pending(connection, before=wechat.now + 1) == []


def test_the_delay_is_kept(make_wechat: Callable[..., Wechat]) -> None:
    """A resubmission waits for RESUBMIT_DELAY after the rejection."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay="600")
    decided(wechat, "reject", reason=REASON)
    push = told(wechat, REJECTED, Reason=REASON, FailTime=int(wechat.now))
    answer = resubmit(wechat.context, push)
    assert isinstance(answer, Wait)
    wechat.now = answer.until
    assert isinstance(resubmit(wechat.context, push), Done)


def test_a_version_that_somebody_else_submitted_is_left_to_them(make_wechat: Callable[..., Wechat]) -> None:
    """Without a record of the request there is nothing to submit again."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay="0")
    decided(wechat, "reject", reason=REASON)
    with wechat.engine.begin() as connection:
        connection.execute(submissions_table.delete())
    answer = resubmit(wechat.context, told(wechat, REJECTED, Reason=REASON))
    assert isinstance(answer, Skipped)
    assert "did not submit" in answer.note


def test_a_push_is_only_a_hint(make_wechat: Callable[..., Wechat]) -> None:
    """If WeChat says approved, or another review is under way, nothing is submitted."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".")
    decided(wechat, "approve")
    answer = resubmit(wechat.context, told(wechat, REJECTED, Reason=REASON))
    assert answer == Skipped("the newest review, 400000001, is approved, not rejected")


def test_another_kind_of_message_is_skipped(wechat: Wechat) -> None:
    """What was put into the queue by mistake submits nothing."""
    assert isinstance(resubmit(wechat.context, told(wechat, "weapp_audit_success")), Skipped)
    assert wechat.simulator.api.calls == []


def newest_template(wechat: Wechat) -> None:
    """Let developers make another template."""
    draft = Draft(7, 1_800_000_000, "2.0", "mended")
    wechat.world.templates[2] = Template(2, draft)


def test_a_newer_template_is_committed_first_if_that_is_wanted(make_wechat: Callable[..., Wechat]) -> None:
    """Step by step: committed once, submitted when WeChat has checked it, and recorded as the next round."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0, resubmit_template="newest")
    rejected = decided(wechat, "reject", reason=REASON)
    newest_template(wechat)
    wechat.now += 1
    wechat.world.limits.privacy_check = 60
    push = told(wechat, REJECTED, Reason=REASON)
    for _ in range(2):
        with pytest.raises(TryLater, match="privacy check of the code is not finished"):
            resubmit(wechat.context, push)
    wechat.now += 60
    answer = resubmit(wechat.context, push)
    assert isinstance(answer, Done)
    assert isinstance(answer.outcome, Resubmitted)
    assert (answer.outcome.previous_auditid, answer.outcome.user_version, answer.outcome.round) == (rejected, "2.0", 2)
    assert wechat.called("commit") == 2
    with reading(wechat.engine) as connection:
        submission = submissions.find(connection, APP, answer.outcome.auditid or 0)
    assert submission
    assert (submission.round, '"template_id":2' in submission.committed) == (2, True)
    sent = [call for call in wechat.simulator.api.calls if call.endpoint == "submit_audit"][-1].fields
    assert sent["feedback_info"] == "已按审核意见核对，请重新审核。"


def test_a_crash_after_a_newer_template_was_submitted_is_found(make_wechat: Callable[..., Wechat]) -> None:
    """The outcome is told all the same, and nothing is submitted again."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0, resubmit_template="newest")
    decided(wechat, "reject", reason=REASON)
    newest_template(wechat)
    push = told(wechat, REJECTED, Reason=REASON)
    first = resubmit(wechat.context, push)
    again = resubmit(wechat.context, push)
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert first.outcome == again.outcome
    assert wechat.called("submit_audit") == 2


def test_without_a_newer_template_the_same_version_is_submitted(make_wechat: Callable[..., Wechat]) -> None:
    """There is nothing else to submit."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0, resubmit_template="newest")
    decided(wechat, "reject", reason=REASON)
    assert isinstance(resubmit(wechat.context, told(wechat, REJECTED, Reason=REASON)), Done)
    assert wechat.called("commit") == 1


def test_reviews_that_are_kept_for_people_are_not_used(make_wechat: Callable[..., Wechat]) -> None:
    """It waits for the next month, and a person may submit meanwhile."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0, quota_reserve=3)
    decided(wechat, "reject", reason=REASON)
    wechat.world.limits.reviews_a_month = 4
    with pytest.raises(OverQuota, match="QUOTA_RESERVE=3"):
        resubmit(wechat.context, told(wechat, REJECTED, Reason=REASON))
    assert wechat.called("submit_audit") == 1


class DiesAfterSubmit(Transport):
    """A process that dies after submit_audit, and before it hears of that."""

    def send(self, endpoint: Any, request: Any, query: Any, appid: str = "") -> Any:
        """Call, and die."""
        answer = super().send(endpoint, request, query, appid)
        if endpoint.name == "submit_audit":
            raise ZeroDivisionError
        return answer


def test_a_crash_before_a_newer_template_is_written_down_is_found_too(make_wechat: Callable[..., Wechat]) -> None:
    """Another process goes on with the version that this push planned, whatever the library holds by then."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0, resubmit_template="newest")
    decided(wechat, "reject", reason=REASON)
    newest_template(wechat)
    wechat.now += 1
    push = told(wechat, REJECTED, Reason=REASON)
    client = Client(DiesAfterSubmit(wechat.http), wechat.client.tokens, wechat.heartbeat)
    with pytest.raises(ZeroDivisionError):
        resubmit(replace(wechat.context, wechat=client), push)
    wechat.world.templates[3] = Template(3, Draft(8, 1_800_000_001, "3.0", "newer still"))
    answer = resubmit(wechat.context, push)
    assert isinstance(answer, Done)
    assert isinstance(answer.outcome, Resubmitted)
    assert (answer.outcome.user_version, answer.outcome.round) == ("2.0", 2)
    assert (wechat.called("commit"), wechat.called("submit_audit")) == (2, 2)


def test_a_template_that_was_submitted_before_is_submitted_again(make_wechat: Callable[..., Wechat]) -> None:
    """A person went back to an older template, and that was rejected: the newest goes out anew."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0, resubmit_template="newest")
    newest_template(wechat)
    newest = CommitRequest(template_id=2, ext_json="{}", user_version="2.0", user_desc="mended")
    submit(wechat.context, APP, newest)
    wechat.world.apps[APP].decide("reject", REASON)
    wechat.now += 1
    rejected = decided(wechat, "reject", "1.9", REASON)
    wechat.now += 1
    older = CommitRequest(template_id=1, ext_json="{}", user_version="1.9", user_desc="x")
    with reading(wechat.engine) as connection:
        known = submissions.find(connection, APP, rejected)
    assert known
    assert CommitRequest.model_validate_json(known.committed) == older
    newest_as_committed(wechat, newest)
    answer = resubmit(wechat.context, told(wechat, REJECTED, Reason=REASON))
    assert isinstance(answer, Done)
    assert isinstance(answer.outcome, Resubmitted)
    assert (answer.outcome.auditid or 0) > rejected
    assert wechat.world.apps[APP].audits[-1].code.user_version == "2.0"


def newest_as_committed(wechat: Wechat, newest: CommitRequest) -> None:
    """Let the newest template carry just what was committed of it before."""
    draft = Draft(7, 1_800_000_000, newest.user_version, newest.user_desc)
    wechat.world.templates[2] = Template(2, draft)


def test_a_newer_template_of_the_same_version_is_recorded_as_what_it_is(make_wechat: Callable[..., Wechat]) -> None:
    """Templates often keep their version: the next rejection still knows which one it was."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0, resubmit_template="newest")
    decided(wechat, "reject", "2.0", REASON)
    newest_template(wechat)
    wechat.now += 1
    answer = resubmit(wechat.context, told(wechat, REJECTED, Reason=REASON))
    assert isinstance(answer, Done)
    assert answer.outcome
    assert answer.also is None
    with reading(wechat.engine) as connection:
        submission = submissions.find(connection, APP, answer.outcome.auditid or 0)
    assert submission
    assert '"template_id":2' in submission.committed


def test_code_that_was_committed_since_is_not_submitted_as_the_rejected_one(
    make_wechat: Callable[..., Wechat],
) -> None:
    """A person has begun something else."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0)
    decided(wechat, "reject", "1.0", REASON)
    app = wechat.world.apps[APP]
    wechat_code.commit(wechat.world, app, template_id=1, ext_json="{}", user_version="2.0", user_desc="theirs")
    with pytest.raises(NeedsHuman, match=r"2\.0 \(theirs\) was committed"):
        resubmit(wechat.context, told(wechat, REJECTED, Reason=REASON))
    assert wechat.called("submit_audit") == 1


def test_a_planned_template_does_not_go_out_over_something_newer(make_wechat: Callable[..., Wechat]) -> None:
    """A person submitted another version while WeChat checked the planned one."""
    wechat = make_wechat(on_audit_fail="resubmit", resubmit_reasons=".", resubmit_delay=0, resubmit_template="newest")
    decided(wechat, "reject", reason=REASON)
    newest_template(wechat)
    wechat.now += 1
    wechat.world.limits.privacy_check = 60
    push = told(wechat, REJECTED, Reason=REASON)
    with pytest.raises(TryLater, match="61039"):
        resubmit(wechat.context, push)
    wechat.world.limits.privacy_check = 0
    decided(wechat, "approve", "3.0")
    answer = resubmit(wechat.context, push)
    assert isinstance(answer, Skipped)
    assert [audit.code.user_version for audit in wechat.world.apps[APP].audits] == ["1.0", "3.0"]
