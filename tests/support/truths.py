"""What must be true at the end of a story, whatever happened."""

from itertools import pairwise

from sqlalchemy import select

from service.events.from_weaudit import Released
from service.events.message import decode
from service.simulator.mini_program import APPROVED, REJECTED, MiniProgram
from service.store import reviews as submissions
from service.store.attempts import State
from service.store.engine import reading
from service.store.tables import attempts, pushes
from service.store.tables import submissions as submissions_table
from tests.support.story import RELEASES, Policy, Story

# What WeChat says to a release, and to a gray release, that has been done.
DONE_BEFORE = (85052, 85082)
# The only final error among the faults, and the one thing in a story that a person must decide.
WORTH_A_PERSON = ("85020", "was committed; a person decides")
A_DAY = 86_400


def check(story: Story) -> None:
    """Check all of it."""
    for app in story.wechat.world.apps.values():
        check_releases(app, story.policy)
        check_commits(story, app)
        check_reviews(story, app)
    check_calls(story)
    check_ledger(story)
    check_outcomes(story)


def check_releases(app: MiniProgram, policy: Policy) -> None:
    """Check that the newest approved review is released if policy allows, and once; and nothing else."""
    assert len(app.released) == len(set(app.released)), "one release an audit id"
    statuses = {audit.auditid: audit.status for audit in app.audits}
    assert all(statuses[auditid] == APPROVED for auditid in app.released)
    if policy.on_audit_success != "release":
        assert not app.released
    if policy.on_audit_success == "hold":
        assert app.gray is None
    elif app.latest and app.latest.status == APPROVED:
        assert app.released_auditid == app.latest.auditid, "the newest approved review is released"
        assert app.is_gray == policy.on_audit_success.startswith("gray")


def check_commits(story: Story, app: MiniProgram) -> None:
    """Check that no version is committed twice before it is submitted: that would begin the privacy check anew."""
    steps = [
        call.fields["user_version"] if call.endpoint == "commit" else "submitted"
        for call in story.wechat.simulator.api.calls
        if call.appid == app.appid and call.endpoint in ("commit", "submit_audit") and not call.errcode
    ]
    assert not [version for version, after in pairwise(steps) if version == after != "submitted"], steps


def check_reviews(story: Story, app: MiniProgram) -> None:
    """Check that what is written down is what is reviewed, and that a rejection was submitted again if it could be."""
    if app.latest is None:
        return
    with reading(story.engine) as connection:
        known = [(audit, submissions.find(connection, app.appid, audit.auditid)) for audit in app.audits]
        assert all(audit.code.user_version == found.user_version for audit, found in known if found)
        newest = submissions.find(connection, app.appid, app.latest.auditid)
    assert newest
    assert newest.request, "what was submitted is written down, so that it can be submitted again"
    if app.latest.status != REJECTED:
        return
    assert app.committed
    assert newest.round > 1 or app.committed is not app.latest.code
    assert newest.round > 1 or not app.committed.user_version.startswith("template"), "it is submitted, too"


def check_calls(story: Story) -> None:
    """Check that nothing is asked of WeChat more often than that nobody heard of it."""
    calls = [call.errcode for call in story.wechat.simulator.api.calls if call.endpoint in RELEASES]
    assert sum(errcode in DONE_BEFORE for errcode in calls) <= story.way.unheard
    with reading(story.engine) as connection:
        rounds = connection.execute(select(submissions_table.c.round)).scalars().all()
    assert all(round <= 1 + story.context.settings.resubmit_limit for round in rounds)
    audits = sum(len(app.audits) for app in story.wechat.world.apps.values())
    assert audits <= story.submitted + story.decided["reject"], "a rejection is submitted again at most once"


def check_ledger(story: Story) -> None:
    """Check that every reaction is done, skipped or dead, and says why, or waits and says until when."""
    with reading(story.engine) as connection:
        rows = connection.execute(select(attempts)).all()
    for row in rows:
        assert row.note, f"{row.queue} says why it is {row.state}"
        waits = row.state == State.RETRYING and story.wechat.now < row.due_at < story.wechat.now + A_DAY
        assert waits or row.state in (State.DONE, State.SKIPPED, State.DEAD), row
        assert row.state != State.DEAD or any(reason in row.note for reason in WORTH_A_PERSON), row.note


def check_outcomes(story: Story) -> None:
    """Check that each release is told as our own, and once: nobody else releases in a story.

    One that was superseded by the next before the worker was replaced that died of it is not told.
    """
    with reading(story.engine) as connection:
        bodies = connection.execute(select(pushes.c.body).where(pushes.c.type == "weaudit.released")).scalars().all()
    told = [message.data for message in map(decode, bodies)]
    assert all(isinstance(data, Released) and not data.already for data in told)
    auditids = [data.auditid for data in told if isinstance(data, Released)]
    assert len(auditids) == len(set(auditids))
    if story.policy.on_audit_success != "hold":
        newest = [app.latest for app in story.wechat.world.apps.values() if app.latest]
        assert {audit.auditid for audit in newest if audit.status == APPROVED} <= set(auditids)
