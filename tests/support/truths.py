"""What must be true at the end of a story, whatever happened."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select

from handlers.operators.allowed import Action
from service.events.message import decode
from service.simulator.mini_program import APPROVED, REJECTED, UNDER_WAY, MiniProgram
from service.store import reviews
from service.store.attempts import AttemptState
from service.store.engine import reading
from service.store.reviews import AFTER_REVIEW, BEFORE_REVIEW, ENDS, Review, State
from service.store.tables import attempts, pushes
from service.store.tables import reviews as table
from tests.conftest import APP
from tests.support.story import OTHER, Story

# What WeChat says to a release, and to a gray release, that has been done.
DONE_BEFORE = (85052, 85082)
# A call that WeChat takes late submits what somebody else committed meanwhile.
MAY_HAVE_BEGUN_ONE = (State.SUBMITTING, State.CONFLICT)
MOST_WAITED = 86_400
ORDERS = ("weaudit.withdrawal_ordered", "weaudit.take_back_ordered")


def check(story: Story) -> None:
    """Check all of it."""
    for appid in (APP, OTHER):
        app, rows = story.app(appid), all_rows(story, appid)
        check_calls(story, app, rows)
        check_rows(story, app, rows)
        check_releases(story, app, rows)
        check_resubmissions(story, app, rows)
    check_ledger(story)
    check_messages(story)


def all_rows(story: Story, appid: str) -> Sequence[Review]:
    """Give every row of a mini program."""
    with reading(story.engine) as connection:
        ids = connection.execute(select(table.c.id).where(table.c.appid == appid).order_by(table.c.id)).scalars().all()
        found = [reviews.get(connection, id) for id in ids]
    return [row for row in found if row]


def check_calls(story: Story, app: MiniProgram, rows: Sequence[Review]) -> None:
    """Check that nothing was asked of WeChat twice that it had done: neither a commit, nor a review, nor a release."""
    good = [call for call in story.wechat.simulator.api.calls if call.appid == app.appid and not call.errcode]
    commits = Counter(str(call.fields["user_desc"]) for call in good if call.endpoint == "commit" and marked(call))
    assert all(number == 1 for number in commits.values()), f"committed twice: {commits}"
    begun = sum(call.endpoint == "submit_audit" for call in good)
    wanted = [row for row in rows if row.commit_body and (row.auditid or row.state in MAY_HAVE_BEGUN_ONE)]
    assert begun <= len(wanted), f"{begun} reviews begun, of {len(wanted)} that were wanted"
    assert len(app.released) == len(set(app.released)), "one release an audit id"
    again = [
        call
        for call in story.wechat.simulator.api.calls
        if call.appid == app.appid and call.errcode in DONE_BEFORE and call.endpoint in ("release", "grayrelease")
    ]
    assert len(again) <= story.released_by_people[app.appid], f"released again: {again}"
    undone = Counter(call.endpoint for call in good)
    assert undone["undocodeaudit"] <= story.ordered[app.appid, Action.WITHDRAW], "withdrawn more often than ordered"
    taken_back = undone["revertcoderelease"]
    assert taken_back <= story.ordered[app.appid, Action.TAKE_BACK], "rolled back more often than ordered"


def marked(call: object) -> bool:
    """Tell whether a commit bears a mark."""
    return " ·" in str(getattr(call, "fields", {}).get("user_desc", ""))


def check_rows(story: Story, app: MiniProgram, rows: Sequence[Review]) -> None:
    """Check that each row is at an end or waits for something that is so, and that nobody was asked for nothing."""
    under_way = app.latest is not None and app.latest.status in UNDER_WAY
    for row in rows:
        if row.state in (*ENDS, State.REJECTED):
            continue
        if row.state is State.CONFLICT:
            assert app.appid in story.people or "·" not in f"·{row.mark}" or not row.mark, f"for nothing: {row.note}"
            continue
        if row.state in reviews.UNDER_WAY:
            assert app.latest
            assert app.latest.auditid == row.auditid
            assert under_way, f"decided, and nobody knows: {row}"
            continue
        if row.state in BEFORE_REVIEW:
            assert under_way or app.appid in story.people, f"stands still: {row}"
            continue
        assert row.state in AFTER_REVIEW
        holds = story.settings.get("on_audit_success") == "hold" or bool(row.wanted)
        assert row.state is State.ROLLING_OUT or holds or under_way or app.is_gray, f"stands still: {row}"


def check_releases(story: Story, app: MiniProgram, rows: Sequence[Review]) -> None:
    """Check that what is called released is, and that no approved version that is the newest was forgotten."""
    decided = {audit.auditid: audit.status for audit in app.audits}
    assert all(decided[auditid] == APPROVED for auditid in app.released)
    for row in rows:
        if row.state is State.RELEASED:
            assert row.auditid in app.released, f"it is not online: {row}"
        if row.state is State.ROLLING_OUT:
            assert app.is_gray
        if row.verdict and row.auditid:
            names = {State.APPROVED.value: APPROVED, State.REJECTED.value: REJECTED}
            assert decided[row.auditid] == names.get(row.verdict, decided[row.auditid])
    if app.latest and app.latest.status == APPROVED:
        newest = next((row for row in rows if row.auditid == app.latest.auditid), None)
        assert newest, "an approved review that nobody knows of"
        ended = (State.RELEASED, State.ROLLING_OUT, State.TAKEN_BACK, State.CONFLICT)
        holds = story.settings.get("on_audit_success") == "hold" or bool(newest.wanted)
        # Nothing else is released while another version's gray release runs.
        waits = app.is_gray and any(row.state is State.ROLLING_OUT for row in rows)
        is_well = newest.state in ended or ((holds or waits) and newest.state is State.APPROVED)
        assert is_well, f"forgotten: {newest}"


def check_resubmissions(story: Story, app: MiniProgram, rows: Sequence[Review]) -> None:
    """Check that a rejected version of ours was submitted again, if nothing came between, and no version too often."""
    limit = story.wechat.settings.resubmit_limit
    assert all(row.round <= 1 + limit for row in rows)
    newest = rows[-1] if rows else None
    if newest and newest.state is State.REJECTED and app.latest and app.latest.auditid == newest.auditid:
        is_last = newest.round > limit or not newest.request or bool(newest.wanted)
        assert is_last or app.appid in story.people, f"not submitted again: {newest}"


def check_ledger(story: Story) -> None:
    """Check that every reaction is at an end, and says why, or waits and says until when."""
    with reading(story.engine) as connection:
        rows = connection.execute(select(attempts, pushes.c.type).join(pushes, pushes.c.id == attempts.c.push_id)).all()
    for row in rows:
        assert row.note, f"{row.queue} says why it is {row.state}"
        waits = row.state == AttemptState.RETRYING and row.due_at < story.wechat.now + MOST_WAITED
        # What a person ordered and WeChat does not do, he hears of.
        is_told = row.type in ORDERS and row.state == AttemptState.DEAD
        is_over = row.state in (AttemptState.DONE, AttemptState.SKIPPED)
        assert waits or is_over or is_told, f"{row.queue} {row.state}: {row.note}"


def check_messages(story: Story) -> None:
    """Check that each release and each verdict that was asked for is told once."""
    with reading(story.engine) as connection:
        bodies = connection.execute(select(pushes.c.body)).scalars().all()
    told = [decode(body) for body in bodies]
    for kind in ("weaudit.released", "wechat.weapp_audit_success", "wechat.weapp_audit_fail"):
        named = [(message.subject, getattr(message.data, "auditid", None)) for message in told if message.type == kind]
        once = [each for each in named if each[1]]
        assert len(once) == len(set(once)), f"told twice: {kind} {once}"
