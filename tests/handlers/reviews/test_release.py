from collections.abc import Callable

import pytest

from handlers.context import Done, Skipped, Wait
from handlers.reviews import latest as audits
from handlers.reviews.release import release
from handlers.wechat.errors import Refused, TryLater
from service.events.from_weaudit import Released
from service.simulator import online
from service.simulator.faults import Fault
from service.store import reviews as submissions
from service.store.reviews import State
from service.store.tables import submissions as table
from tests.conftest import APP, Wechat
from tests.support.samples import decided, submitted, told

APPROVED = "weapp_audit_success"


def finished(wechat: Wechat, answer: object) -> None:
    """Write down what the reaction wants written down with its end."""
    assert isinstance(answer, Done)
    assert answer.also
    with wechat.engine.begin() as connection:
        answer.also(connection)


def test_an_approved_review_is_released(wechat: Wechat) -> None:
    """WeChat is asked first, then told to release; the outcome says which review and version."""
    auditid = decided(wechat, "approve")
    push = told(wechat, APPROVED)
    answer = release(wechat.context, push)
    assert isinstance(answer, Done)
    assert answer.outcome == Released(push_id=push.id, auditid=auditid, user_version="1.0")
    assert wechat.world.apps[APP].online == "1.0"
    finished(wechat, answer)
    with wechat.engine.begin() as connection:
        submission = submissions.find(connection, APP, auditid)
    assert submission
    assert submission.state is State.RELEASED


def test_however_many_events_speak_of_a_review_it_is_released_once(wechat: Wechat) -> None:
    """A late push, another origin: the audit id is released already, and WeChat is not called."""
    decided(wechat, "approve")
    finished(wechat, release(wechat.context, told(wechat, APPROVED)))
    answer = release(wechat.context, told(wechat, APPROVED, SuccTime=5))
    assert answer == Skipped("review 400000001 is released already")
    assert wechat.called("release") == 1


def test_a_push_that_finds_another_one_at_it_waits(wechat: Wechat) -> None:
    """While one acts, the other waits; if the first never ends, the second may."""
    decided(wechat, "approve")
    release(wechat.context, told(wechat, APPROVED))
    second = told(wechat, APPROVED, SuccTime=5)
    answer = release(wechat.context, second)
    assert isinstance(answer, Wait)
    assert wechat.called("release") == 1
    wechat.now = answer.until
    again = release(wechat.context, second)
    assert isinstance(again, Done)
    assert isinstance(again.outcome, Released)
    assert not again.outcome.already, "the first one had released it"
    assert wechat.world.apps[APP].releases == 1


def test_a_crash_after_the_call_leads_to_one_release(wechat: Wechat) -> None:
    """The same push, tried again: WeChat says that it is released already, and that is success."""
    decided(wechat, "approve")
    push = told(wechat, APPROVED)
    release(wechat.context, push)
    answer = release(wechat.context, push)
    assert isinstance(answer, Done)
    assert isinstance(answer.outcome, Released)
    assert not answer.outcome.already, "it was this push that released it"
    assert wechat.world.apps[APP].releases == 1


@pytest.mark.parametrize(("verdict", "why"), [("reject", "rejected"), ("delay", "under way"), (None, "under way")])
def test_a_push_is_only_a_hint(wechat: Wechat, verdict: str | None, why: str) -> None:
    """If WeChat does not say approved, nothing is released."""
    if verdict:
        decided(wechat, verdict)
    else:
        submitted(wechat)
    answer = release(wechat.context, told(wechat, APPROVED))
    assert isinstance(answer, Skipped)
    assert why in answer.note
    assert wechat.called("release") == 0


def test_the_other_verdict_stays_pending_until_it_is_told(wechat: Wechat) -> None:
    """A late approval that finds a rejection leaves it to be asked for, in case its push is lost."""
    auditid = decided(wechat, "reject")
    release(wechat.context, told(wechat, APPROVED))
    with wechat.engine.begin() as connection:
        pending = submissions.pending(connection, before=wechat.now + 1)
    assert [submission.auditid for submission in pending] == [auditid]


def test_policy_is_asked(make_wechat: Callable[..., Wechat]) -> None:
    """On hold, nothing is released, and the review is known to be approved."""
    wechat = make_wechat(on_audit_success="hold")
    decided(wechat, "approve")
    assert release(wechat.context, told(wechat, APPROVED)) == Skipped(
        "ON_AUDIT_SUCCESS=hold: approved, and a person releases it"
    )
    with wechat.engine.begin() as connection:
        assert submissions.pending(connection, before=wechat.now + 1) == []


def test_a_gray_release_goes_to_some(make_wechat: Callable[..., Wechat]) -> None:
    """The configured percent gets the version, once there is one online to fall back to."""
    wechat = make_wechat(on_audit_success="gray:10")
    decided(wechat, "approve")
    with pytest.raises(Refused, match="85079"):
        release(wechat.context, told(wechat, APPROVED))
    online.release(wechat.world, wechat.world.apps[APP])
    decided(wechat, "approve", "2.0")
    wechat.now += audits.CLAIM
    answer = release(wechat.context, told(wechat, APPROVED, SuccTime=2))
    assert isinstance(answer, Done)
    assert wechat.world.apps[APP].gray_percentage == 10


def test_a_crash_after_a_gray_release_is_done_too(make_wechat: Callable[..., Wechat]) -> None:
    """WeChat says that as many have it already; for a push that began it, it is success."""
    wechat = make_wechat(on_audit_success="gray:10")
    decided(wechat, "approve")
    online.release(wechat.world, wechat.world.apps[APP])
    decided(wechat, "approve", "2.0")
    push = told(wechat, APPROVED)
    assert isinstance(release(wechat.context, push), Done)
    again = release(wechat.context, push)
    assert isinstance(again, Done)
    assert isinstance(again.outcome, Released)
    assert again.outcome.gray_percentage == 10


def test_a_gray_release_of_somebody_elses_is_no_crash_of_ours(make_wechat: Callable[..., Wechat]) -> None:
    """WeChat wants a higher percentage than before; of which version that was, a person has to look."""
    wechat = make_wechat(on_audit_success="gray:10")
    decided(wechat, "approve")
    app = wechat.world.apps[APP]
    online.release(wechat.world, app)
    decided(wechat, "approve", "2.0")
    online.grayrelease(wechat.world, app, gray_percentage=10)
    with pytest.raises(Refused, match="85082"):
        release(wechat.context, told(wechat, APPROVED))


@pytest.mark.parametrize(("errcode", "error"), [(-1, TryLater), (85020, TryLater), (85019, Refused)])
def test_what_wechat_refuses_is_raised_by_what_to_do(wechat: Wechat, errcode: int, error: type[Exception]) -> None:
    """The worker decides about errors, not the reaction."""
    decided(wechat, "approve")
    wechat.simulator.api.faults.append(Fault("release", times=3, errcode=errcode))
    with pytest.raises(error, match=str(errcode)):
        release(wechat.context, told(wechat, APPROVED))


def test_another_kind_of_message_is_skipped(wechat: Wechat) -> None:
    """What was put into the queue by mistake releases nothing."""
    assert isinstance(release(wechat.context, told(wechat, "weapp_audit_fail")), Skipped)
    assert wechat.simulator.api.calls == []


def test_a_push_of_an_older_review_releases_nothing_and_the_newer_stays_expected(wechat: Wechat) -> None:
    """Of two approvals the late one is that of a review that was superseded: the newer one has a push of its own."""
    decided(wechat, "approve", "1.0")
    late = told(wechat, APPROVED)
    wechat.now += 60
    newer = decided(wechat, "approve", "2.0")
    with wechat.engine.begin() as connection:
        connection.execute(table.delete())
    answer = release(wechat.context, late)
    assert isinstance(answer, Skipped)
    assert "submitted after this push" in answer.note
    with wechat.engine.begin() as connection:
        assert [each.auditid for each in submissions.pending(connection, before=wechat.now + 1)] == [newer]
    finished(wechat, release(wechat.context, told(wechat, APPROVED)))
    assert wechat.world.apps[APP].online == "2.0"


@pytest.mark.parametrize("errcode", [85019, 85020])
def test_a_refusal_is_no_failure_if_the_version_is_online(wechat: Wechat, errcode: int) -> None:
    """Somebody released it at mp.weixin.qq.com: getversioninfo tells."""
    decided(wechat, "approve")
    push = told(wechat, APPROVED)
    wechat.simulator.api.expect(Fault("release", errcode=errcode))
    online.release(wechat.world, wechat.world.apps[APP])
    answer = release(wechat.context, push)
    assert isinstance(answer, Done)
    assert isinstance(answer.outcome, Released)
    assert answer.outcome.already


def test_a_refusal_without_an_explanation_is_what_wechat_said(wechat: Wechat) -> None:
    """Nothing is online, and the review is approved: 85020 is tried again, as WeChat's staff advises."""
    decided(wechat, "approve")
    push = told(wechat, APPROVED)
    wechat.simulator.api.expect(Fault("release", errcode=85020))
    with pytest.raises(TryLater, match="85020"):
        release(wechat.context, push)
    finished(wechat, release(wechat.context, push))
    assert wechat.world.apps[APP].releases == 1
