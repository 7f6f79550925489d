from sqlalchemy import Connection, Engine

from service.store import reviews as submissions
from service.store.reviews import Claim, State
from tests.conftest import APP


def learn(connection: Connection, auditid: int, state: State, now: float = 1.0) -> None:
    """Learn what WeChat says of a review."""
    submissions.learn(connection, APP, auditid, state, user_version="1.0", submitted_at=now, now=now)


def claim(connection: Connection, owner: str, now: float = 10.0) -> Claim:
    """Claim the release of review 1."""
    return submissions.claim(connection, APP, 1, owner, now=now, until=now + 60)


def state(connection: Connection, auditid: int = 1) -> State | None:
    """Give the state of a review."""
    found = submissions.find(connection, APP, auditid)
    return found.state if found else None


def test_what_we_submitted_is_kept_whatever_we_learn_of_it(engine: Engine) -> None:
    """Recording and learning may come in any order; request and round stay, the state is WeChat's."""
    with engine.begin() as connection:
        for auditid, record_first in ((1, True), (2, False)):
            if not record_first:
                learn(connection, auditid, State.REJECTED)
            submissions.record(connection, APP, auditid, user_version="2", request="{}", round=3, now=5.0)
            if record_first:
                learn(connection, auditid, State.REJECTED)
            found = submissions.find(connection, APP, auditid)
            assert found
            assert (found.state, found.user_version, found.request, found.round) == (State.REJECTED, "2", "{}", 3)


def test_one_push_at_a_time_may_release_an_audit_id(engine: Engine) -> None:
    """The first may, and may again; another only when the first one's time is over, and it may be done then."""
    with engine.begin() as connection:
        learn(connection, 1, State.APPROVED)
        assert claim(connection, "a") is Claim.GRANTED
        assert claim(connection, "a", 20.0) is Claim.AGAIN
        assert claim(connection, "b", 79.0) is Claim.BUSY
        assert claim(connection, "b", 80.0) is Claim.AGAIN
        assert claim(connection, "a", 81.0) is Claim.BUSY


def test_a_released_audit_id_stays_released(engine: Engine) -> None:
    """Nobody may release it again, and WeChat's `approved` does not undo it."""
    with engine.begin() as connection:
        learn(connection, 1, State.APPROVED)
        submissions.released(connection, APP, 1, now=2.0)
        learn(connection, 1, State.APPROVED)
        assert state(connection) is State.RELEASED
        assert claim(connection, "a", 1000.0) is Claim.RELEASED


def test_reviews_without_a_verdict_are_pending(engine: Engine) -> None:
    """In review and delayed are pending; the young are not asked for yet, and who was asked last comes last."""
    with engine.begin() as connection:
        for number, known in enumerate(State):
            learn(connection, number, known, now=100.0 - number)
        learn(connection, 99, State.IN_REVIEW, now=500.0)
        pending = submissions.pending(connection, before=200.0)
        assert [submission.state for submission in pending] == [State.DELAYED, State.IN_REVIEW]
        submissions.close(connection, pending[0], pending[0].state, now=300.0)
        again = submissions.pending(connection, before=200.0, limit=1)
        assert [submission.state for submission in again] == [State.IN_REVIEW]


def test_the_newest_review_is_the_one_submitted_last(engine: Engine) -> None:
    """People are told the version of the newest review."""
    with engine.begin() as connection:
        assert submissions.newest_of(connection, APP) == []
        for auditid, now in ((1, 5.0), (2, 9.0), (3, 7.0)):
            learn(connection, auditid, State.IN_REVIEW, now)
        newest = submissions.newest_of(connection, APP)
    assert [review.auditid for review in newest] == [2, 3, 1]


def test_a_superseded_review_can_be_closed(engine: Engine) -> None:
    """It is pending no more."""
    with engine.begin() as connection:
        learn(connection, 1, State.IN_REVIEW)
        submission = submissions.find(connection, APP, 1)
        assert submission
        submissions.close(connection, submission, State.WITHDRAWN, now=2.0)
        assert state(connection) is State.WITHDRAWN


def test_a_slow_answer_takes_no_verdict_back(engine: Engine) -> None:
    """It was read before the verdict, and is written down after it."""
    with engine.begin() as connection:
        for state in (State.IN_REVIEW, State.APPROVED, State.IN_REVIEW):
            learn(connection, 1, state)
        found = submissions.find(connection, APP, 1)
    assert found
    assert found.state is State.APPROVED


def test_a_claim_that_came_to_nothing_is_given_back(engine: Engine) -> None:
    """And only by who has it."""
    with engine.begin() as connection:
        learn(connection, 1, State.APPROVED)
        assert claim(connection, "a") is Claim.GRANTED
        submissions.unclaim(connection, APP, 1, "b")
        assert claim(connection, "b") is Claim.BUSY
        submissions.unclaim(connection, APP, 1, "a")
        assert claim(connection, "b") is Claim.GRANTED
