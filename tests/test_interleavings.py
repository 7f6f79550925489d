"""Random interleavings of pushes, repetitions, delays, crashes and faults, against what must be true in the end."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import APP
from tests.support.story import OTHER, Policy, Step, Story
from tests.support.truths import check

APPIDS = st.sampled_from([APP, OTHER])
# What the worker calls after each verdict.
CALLS = {"approve": ["release", "grayrelease"], "reject": ["commit", "submit_audit"]}


def a_fate(endpoints: list[str]) -> st.SearchStrategy[Step]:
    """Draw how a call of the worker's ends badly."""
    fates = st.sampled_from(["dies before", "dies after", "is lost", "is overtaken"])
    return st.tuples(st.just("meet"), fates, st.sampled_from(endpoints))


FAULTS = st.tuples(
    st.just("fail"),
    st.sampled_from(
        ["commit", "submit_audit", "release", "grayrelease", "get_latest_auditstatus", "api_authorizer_token"]
    ),
    st.sampled_from([-1, 40001, 45011, 85020]),
    st.integers(1, 4),
)
TROUBLE = st.one_of(
    a_fate([*CALLS["approve"], *CALLS["reject"]]), FAULTS, st.just(("expire_tokens",)), st.just(("work",))
)
LATER = st.one_of(
    st.just(("work",)),
    st.just(("reconcile",)),
    st.tuples(st.just("pass_time"), st.sampled_from([1, 31, 90, 400, 7_300])),
    st.tuples(st.just("push_again"), st.integers(0, 20)),
    st.just(("new_template",)),
    TROUBLE,
)


@st.composite
def a_review(draw: st.DrawFn) -> list[Step]:
    """Draw a version that is submitted and decided, while things go wrong, the worker reacts, and time passes."""
    appid, verdict = draw(APPIDS), draw(st.sampled_from(["approve", "approve", "reject"]))
    return [
        ("submit", appid),
        *draw(st.lists(LATER, max_size=2)),
        ("decide", appid, verdict, draw(st.sampled_from(["comes", "is lost"]))),
        *draw(st.lists(TROUBLE, max_size=1)),
        *draw(st.lists(a_fate(CALLS[verdict]), max_size=1)),
        ("work",),
        *draw(st.lists(LATER, max_size=4)),
    ]


STORIES = st.lists(a_review(), min_size=1, max_size=5).map(lambda reviews: [step for one in reviews for step in one])


POLICIES = st.builds(
    Policy,
    on_audit_success=st.sampled_from(["release", "release", "gray:10", "hold"]),
    release_window=st.sampled_from([None, None, "Mon-Sun 10:00-18:00"]),
    resubmit_template=st.sampled_from(["same", "newest"]),
)


APPROVED: list[Step] = [("submit", APP), ("decide", APP, "approve", "comes")]
REJECTED: list[Step] = [("submit", APP), ("new_template",), ("decide", APP, "reject", "comes")]
LATE: list[Step] = [("submit", APP), ("decide", APP, "approve", "is lost"), ("find",), ("push_again", 0)]
LATE_REJECTED: list[Step] = [("submit", APP), ("decide", APP, "reject", "is lost"), ("find",), ("push_again", 0)]
WORK: Step = ("work",)
KNOWN: list[tuple[list[Step], Policy]] = [
    ([("submit", APP), ("decide", APP, "approve", "is lost")], Policy()),
    ([*APPROVED, ("meet", "dies after", "release"), WORK], Policy()),
    ([*APPROVED, ("meet", "dies after", "grayrelease"), WORK], Policy("gray:10")),
    ([*REJECTED, ("meet", "dies after", "submit_audit"), WORK], Policy()),
    ([*REJECTED, ("meet", "dies after", "commit"), WORK], Policy(resubmit_template="newest")),
    ([*REJECTED, ("meet", "is lost", "commit"), WORK], Policy(resubmit_template="newest")),
    ([*REJECTED, ("meet", "dies after", "submit_audit"), WORK], Policy(resubmit_template="newest")),
    # A person commits something else, which is not submitted.
    ([*REJECTED, ("fail", "submit_audit", 85020, 1), ("submit", APP), WORK], Policy()),
    ([*REJECTED, WORK, ("decide", APP, "reject", "comes"), WORK], Policy()),
    # Two messages of one verdict: the late push comes after the release, or while it is under way.
    ([*LATE[:3], WORK, ("push_again", 0), WORK], Policy()),
    ([*LATE, ("meet", "is overtaken", "release"), WORK], Policy()),
    ([*LATE, ("meet", "is overtaken", "grayrelease"), WORK], Policy("gray:10")),
    ([*LATE_REJECTED, ("meet", "is overtaken", "submit_audit"), WORK], Policy()),
]


def live_through(steps: list[Step], policy: Policy, tables: Path, path: Path) -> None:
    """Tell a story with a database of its own, let it come to rest, and check what must be true then."""
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    shutil.copy(tables, path)
    story = Story(path, policy)
    try:
        for step in steps:
            story.tell(step)
        story.come_to_rest()
        check(story)
    finally:
        story.engine.dispose()


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STORIES, POLICIES)
def test_whatever_happens_each_approved_version_is_released_once(
    tables_in_sqlite: Path, tmp_path: Path, steps: list[Step], policy: Policy
) -> None:
    """None twice, none that was not approved, none forgotten; and every reaction says how it ended."""
    live_through(steps, policy, tables_in_sqlite, tmp_path / "story.db")


@pytest.mark.parametrize(("steps", "policy"), KNOWN)
def test_what_must_never_come_back_comes_out_well(
    tables_in_sqlite: Path, tmp_path: Path, steps: list[Step], policy: Policy
) -> None:
    """Each crash and each lost answer by itself, whatever is drawn above."""
    live_through(steps, policy, tables_in_sqlite, tmp_path / "story.db")
