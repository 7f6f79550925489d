"""Random stories over the driver: crashes after each write and each call, lost answers, two holders, other people."""

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, event, text

from handlers.operators.allowed import Action
from service.store.connecting import connect
from service.store.tables import metadata
from tests.conftest import APP
from tests.support.story import CHANGES, LATEST, OTHER, UNDOES, Story
from tests.support.truths import check

# `make stories N=5000` searches longer.
NUMBER = int(os.environ.get("STORIES", "0"))
LIMITS = settings(
    deadline=None,
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
APPIDS = st.sampled_from([APP, APP, APP, OTHER])
LOOKS = ("getversioninfo", "get_latest_auditstatus")
WHO = st.sampled_from([0, 0, 1])
FATES = st.sampled_from(
    [
        *("dies before", "dies after", "is lost before", "is lost after"),
        *("is overtaken before", "is overtaken after", "is slow", "is slow to answer"),
    ]
)
LAGS = st.sampled_from([0.0, 0.0, 0.0, 8.0, 30.0])


class Stories(RuleBasedStateMachine):
    """Draws a story, lets it come to rest, and checks what must be true then."""

    engine: Engine
    with_people = True

    @initialize(
        on_success=st.sampled_from(["release", "release", "gray:10", "hold"]),
        template=st.sampled_from(["same", "same", "newest"]),
        mark=st.sampled_from(["1", "1", "1", "0"]),
        reserve=st.sampled_from([0, 0, 2]),
        privacy_check=st.sampled_from([0, 0, 40]),
        skew=st.sampled_from([0.0, 60.0, -60.0]),
        push_within=st.sampled_from([1, 7_200]),
        with_people=st.booleans(),
        unknowns=st.fixed_dictionaries(
            {
                "no_plan": st.sampled_from(["zero", "absent", "null", "deleted"]),
                "gray_is_shown_online": st.booleans(),
                "gray_of_100_ends": st.booleans(),
                "gray_again": st.booleans(),
                "newer_during_gray": st.sampled_from([0, 85020]),
                "commit_shown_after": LAGS,
                "review_shown_after": LAGS,
                "verdict_shown_after": LAGS,
                "release_shown_after": LAGS,
            }
        ),
    )
    def begin(  # noqa: PLR0917 hypothesis gives them by name
        self,
        on_success: str,
        template: str,
        mark: str,
        reserve: int,
        privacy_check: int,
        skew: float,
        push_within: int,
        with_people: bool,  # noqa: FBT001
        unknowns: dict[str, Any],
    ) -> None:
        """Choose what people want, how clocks differ, and what WeChat does where nobody knows.

        Half of the stories have nobody who does something by hand: then nothing may end as a conflict.
        """
        self.with_people = with_people
        chosen = {"on_audit_success": on_success, "resubmit_template": template, "version_mark": mark}
        self.story = Story(
            self.engine, {**chosen, "quota_reserve": reserve, "reconcile_after": push_within}, unknowns, skew
        )
        self.story.world.limits.privacy_check = privacy_check
        self.story.go_round(0)

    @rule(appid=APPIDS, same_name=st.booleans())
    def plan(self, appid: str, same_name: bool) -> None:  # noqa: FBT001
        """Let somebody want a version."""
        self.story.plan(appid, same_name=same_name)

    @rule(who=WHO)
    def work(self, who: int) -> None:
        """Let a worker work."""
        self.story.wechat.now += 1
        self.story.work(who)

    @rule(who=WHO)
    def work_again(self, who: int) -> None:
        """Let a worker work a little later, when most waits are over."""
        self.story.pass_time(61)
        self.story.work(who)

    @rule(who=WHO)
    def go_round(self, who: int) -> None:
        """Let the clock ask."""
        self.story.pass_time(7_300)
        self.story.go_round(who)

    @rule(appid=APPIDS, who=WHO)
    def look(self, appid: str, who: int) -> None:
        """Let somebody look."""
        self.story.look(who, appid)

    @rule(seconds=st.sampled_from([1, 4, 16, 61, 400]))
    def pass_time(self, seconds: int) -> None:
        """Let time pass."""
        self.story.pass_time(seconds)

    @rule(
        appid=APPIDS,
        verdict=st.sampled_from(["approve", "approve", "reject", "delay"]),
        push=st.sampled_from(["comes", "comes", "is lost"]),
    )
    def decide(self, appid: str, verdict: str, push: str) -> None:
        """Let WeChat decide."""
        self.story.pass_time(5)
        self.story.decide(appid, verdict, push if verdict != "delay" else "is lost")

    @rule(number=st.integers(0, 9))
    def push_again(self, number: int) -> None:
        """Let WeChat repeat itself."""
        self.story.push_again(number)

    @rule(
        who=WHO, fate=FATES, endpoint=st.sampled_from([*CHANGES, *UNDOES, "getversioninfo", "get_latest_auditstatus"])
    )
    def meet(self, who: int, fate: str, endpoint: str) -> None:
        """Let a call meet a fate."""
        self.story.meet(who, fate, endpoint)

    @rule(who=WHO, endpoint=st.sampled_from([*CHANGES, *UNDOES]), seconds=st.sampled_from([3.0, 12.0, LATEST]))
    def be_taken_late(self, who: int, endpoint: str, seconds: float) -> None:
        """Let WeChat take a call late."""
        self.story.be_taken_late(who, endpoint, seconds)

    @rule(who=WHO, number=st.integers(1, 8), before=st.booleans())
    def die_at_write(self, who: int, number: int, before: bool) -> None:  # noqa: FBT001
        """Let a process die at a write."""
        self.story.die_at_write(who, number, before=before)

    @rule(
        endpoint=st.sampled_from([*CHANGES, *UNDOES, *LOOKS, "api_authorizer_token"]),
        errcode=st.sampled_from([-1, 40001, 45011, 61039]),
        times=st.integers(1, 4),
    )
    def fail(self, endpoint: str, errcode: int, times: int) -> None:
        """Let WeChat fail."""
        self.story.fail(endpoint, errcode, times)

    @rule(errcode=st.sampled_from([("release", 85020), ("submit_audit", 85009)]))
    def refuse(self, errcode: tuple[str, int]) -> None:
        """Let WeChat refuse what it shows to be possible."""
        self.story.fail(*errcode, times=1)

    @rule()
    def expire_tokens(self) -> None:
        """Let all tokens be worthless."""
        self.story.expire_tokens()

    @precondition(lambda self: self.with_people)
    @rule(
        appid=APPIDS,
        does=st.sampled_from(["commits", "commits the same", "submits", "releases", "withdraws", "takes back"]),
    )
    def person(self, appid: str, does: str) -> None:
        """Let a person do something by hand."""
        self.story.pass_time(2)
        self.story.person(appid, does)

    @rule(
        appid=APPIDS,
        action=st.sampled_from([Action.RELEASE, Action.RELEASE, Action.HOLD, Action.WITHDRAW, Action.TAKE_BACK]),
    )
    def order(self, appid: str, action: Action) -> None:
        """Let a person order something."""
        self.story.pass_time(1)
        self.story.order(appid, action)

    @precondition(lambda self: self.story.settings.get("resubmit_template") == "newest")
    @rule()
    def new_template(self) -> None:
        """Let there be another template."""
        self.story.new_template()

    def teardown(self) -> None:
        """Let the story come to rest, and check it."""
        if hasattr(self, "story"):
            self.story.come_to_rest()
            check(self.story)


def tell(engine: Engine, number: int, empty: Any) -> None:
    """Draw so many stories over a database that is emptied before each."""

    class Told(Stories):
        def __init__(self) -> None:
            super().__init__()
            empty()
            self.engine = engine

    run_state_machine_as_test(Told, settings=settings(LIMITS, max_examples=number))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Let stories be told without a log: millions of lines say nothing."""
    former = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**former)


@pytest.mark.timeout(36_000)
def test_stories_on_sqlite(tables_in_sqlite: Path, tmp_path: Path) -> None:
    """Whatever happens: nothing is done twice, nothing forgotten, and nobody asked for nothing."""
    shutil.copy(tables_in_sqlite, tmp_path / "story.db")
    engine = connect(f"sqlite:///{tmp_path}/story.db")
    # Power does not fail here, and a slow disk would only hold up the stories.
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))

    def empty() -> None:
        with engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())

    tell(engine, NUMBER or 40, empty)
    engine.dispose()


@pytest.mark.timeout(36_000)
def test_stories_on_postgresql(tables_in_postgresql: Engine) -> None:
    """The same where two transactions run side by side."""

    def empty() -> None:
        with tables_in_postgresql.begin() as connection:
            connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)}"))

    tell(tables_in_postgresql, NUMBER or 10, empty)
    empty()
