import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from handlers.clock import Clock, Job, jobs, prune, settle
from handlers.context import Context
from service.settings import Outbound
from service.store.attempts import AttemptState
from service.store.connecting import connect
from service.store.credentials import Credentials
from service.store.engine import reading
from service.store.heartbeat import Heartbeat
from service.store.leases import LEASE
from service.store.tables import attempts, pushes
from service.topology import RELEASE
from tests.conftest import Wechat, outbound
from tests.support.live import running
from tests.support.looking import look
from tests.support.samples import decided, told
from tests.support.servers import eventually


def test_a_job_is_done_at_its_time_by_one_of_many_clocks(engine: Engine, credentials: Credentials) -> None:
    """Many clocks, one list: each time comes once, whatever their own clocks say."""
    wechat = Wechat(engine, credentials, outbound())
    job = Job("count", lambda _: 60.0, lambda _: None)
    clocks = [Clock(replace(wechat.context, clock=partial(float, wechat.now + 60 * skew)), (job,)) for skew in range(8)]
    with ThreadPoolExecutor(8) as threads:

        def done() -> int:
            return sum(threads.map(lambda clock: clock.do_if_due(job), clocks))

        assert done() == 1
        wechat.now += 59
        assert done() == 0
        wechat.now += 1
        assert done() == 1


def test_a_shorter_period_counts_at_once(wechat: Wechat) -> None:
    """What was put off by a longer one is not waited for."""

    def is_due(every: float) -> bool:
        job = Job("count", lambda _: every, lambda _: None)
        return Clock(wechat.context, (job,)).do_if_due(job)

    assert [is_due(every) for every in (600.0, 600.0, 5.0, 5.0)] == [True, False, True, False]


def test_a_job_whose_clock_was_killed_is_done_again_within_a_lease(wechat: Wechat) -> None:
    """Not at its next time, which may be an hour off."""
    job = Job("count", lambda _: 3600.0, lambda _: None)
    assert wechat.heartbeat.try_to_take("job: count")
    clock = Clock(wechat.context, (job,))
    wechat.now += LEASE - 1
    assert not clock.do_if_due(job)
    wechat.now += 1
    assert clock.do_if_due(job)


def test_a_job_that_fails_stops_neither_the_others_nor_the_clock(wechat: Wechat) -> None:
    """The error is logged, and the next job is done."""
    done = threading.Event()

    def fails(_: Context) -> None:
        raise ZeroDivisionError

    jobs = (Job("fails", lambda _: 1.0, fails), Job("works", lambda _: 1.0, lambda _: done.set()))
    with running({"clock": Clock(wechat.context, jobs).run}):
        assert done.wait(10)


def test_a_database_that_is_away_is_not_told_of_every_second(wechat: Wechat, tmp_path: Path) -> None:
    """By each of the jobs, of which none can know whether it is due."""
    away = connect(f"sqlite:///{tmp_path}/no-tables.db")
    context = replace(wechat.context, heartbeat=Heartbeat(away))
    tried = threading.Semaphore(0)

    def every(_: Outbound) -> float:
        tried.release()
        return 1.0

    jobs = (Job("waits", every, lambda _: None),)
    with capture_logs() as said, running({"clock": Clock(context, jobs).run}):
        for _ in range(3):
            assert tried.acquire(timeout=10)
    away.dispose()
    told = [each for each in said if each["event"] == "job.not_begun"]
    assert [(each["job"], each["times"]) for each in told] == [("waits", 1)]
    assert "no such table" in told[0]["error"]


def test_a_long_job_does_not_delay_the_others(wechat: Wechat) -> None:
    """Each has a thread of its own."""
    began, may_end = threading.Event(), threading.Event()
    done: list[float] = []

    def long(_: Context) -> None:
        began.set()
        may_end.wait(10)

    jobs = (Job("long", lambda _: 1.0, long), Job("short", lambda _: 1.0, lambda context: done.append(context.clock())))
    with running({"clock": Clock(wechat.context, jobs).run}):
        assert began.wait(10)
        eventually(lambda: len(done) == 1, "the first time")

        def done_again() -> bool:
            wechat.now += 1
            return len(done) >= 2

        eventually(done_again, "the second time")
        may_end.set()


def test_every_job_has_a_name_of_its_own_and_a_period() -> None:
    """The table of jobs is the list that the clocks share."""
    assert len({job.name for job in jobs()}) == len(jobs())
    assert all(job.every(outbound()) > 0 for job in jobs())


def test_what_gave_up_a_release_is_settled_when_a_version_is_online(wechat: Wechat) -> None:
    """Whoever saw to it: nobody is told to revive what happened, and its alert ends."""
    decided(wechat, "approve")
    told(wechat, "weapp_audit_success")
    with wechat.engine.begin() as connection:
        connection.execute(attempts.update().values(state="dead", note="40097", changed_at=wechat.now))
    of_releases = select(attempts.c.state, attempts.c.note).where(attempts.c.queue == RELEASE)

    def noted() -> set[tuple[str, str]]:
        settle(wechat.context)
        with reading(wechat.engine) as connection:
            return {(row.state, row.note) for row in connection.execute(of_releases)}

    assert noted() == {("dead", "40097")}
    wechat.now += 1
    look(wechat)
    assert noted() == {("skipped", "a version went online since: 40097")}


def test_what_was_handled_long_ago_is_forgotten(wechat: Wechat) -> None:
    """After RETENTION_DAYS, and not before."""
    told(wechat, "weapp_audit_success")
    with wechat.engine.begin() as connection:
        connection.execute(attempts.update().values(state=AttemptState.DONE.value))
        connection.execute(pushes.update().values(publish_at=None))

    def kept() -> int:
        with wechat.engine.begin() as connection:
            return len(connection.execute(pushes.select()).all())

    wechat.now += 89 * 86_400
    prune(wechat.context)
    assert kept() == 1
    wechat.now += 2 * 86_400
    prune(wechat.context)
    assert kept() == 0


def test_the_real_jobs_run(wechat: Wechat) -> None:
    """All jobs of the table are done once the clock ticks."""
    done: list[str] = []

    def noting(job: Job) -> Job:
        def do(context: Context) -> None:
            job.do(context)
            done.append(job.name)

        return replace(job, do=do)

    with running({"clock": Clock(wechat.context, tuple(noting(job) for job in jobs())).run}):
        eventually(lambda: len(done) == len(jobs()), "every job")
