"""The worker: crews of threads that take messages off the queues, each reaction begun in the ledger before it runs."""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from handlers.answers import Wait
from handlers.context import Context, Reaction
from handlers.intake import Arrived, Intake
from handlers.lanes import Lane, Lanes, Name
from handlers.reacting import Reacting
from service import topology
from service.events.message import decode_loosely
from service.pulse import Pulse
from service.store import attempts
from service.store.attempts import Attempt
from service.store.engine import AWAY
from service.store.heartbeat import LONGEST

log = structlog.get_logger(__name__)

# As many threads as this part of those that talk to WeChat are for what hung the last time; as many talk to people.
PART = 4
# In seconds. A reaction that fails after so long was kept waiting; WeChat answers in a tenth of one.
LONG = 5.0
SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
LISTEN = 0.5

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Crew:
    """The queues that share threads: a chat that does not answer keeps no release waiting."""

    name: str
    queues: tuple[str, ...]
    threads: int
    slow: int


def crews(queues: Mapping[str, object], threads: int) -> tuple[Crew, ...]:
    """Return who works on which queues."""
    few = max(2, threads // PART)
    wechat = tuple(name for name in queues if name != topology.NOTIFY)
    people = tuple(name for name in queues if name == topology.NOTIFY)
    return tuple(
        crew for crew in (Crew("wechat", wechat, threads, few), Crew("people", people, few, few)) if crew.queues
    )


class Worker:
    """Runs the reactions of one process."""

    def __init__(
        self,
        context: Context,
        broker_url: str,
        reactions: Mapping[str, Reaction],
        *,
        threads: int | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        """Take what reactions need, the table of reactions, and how many run at once if not WORKER_THREADS."""
        self._pulse = pulse or Pulse()
        self._context = context
        self._broker_url = broker_url
        self._reacting = Reacting(context, reactions)
        self._crews = crews(reactions, threads or context.settings.worker_threads)

    def run(self, stop: threading.Event, grace: float = 4.0) -> None:
        """Work until `stop` is set, then give what runs `grace` seconds; what does not end is taken up again later."""
        threads = [thread for crew in self._crews for thread in self._threads(crew, stop)]
        for thread in threads:
            thread.start()
        log.info("worker.started", threads={crew.name: crew.threads for crew in self._crews})
        stop.wait()
        deadline = time.monotonic() + grace
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _threads(self, crew: Crew, stop: threading.Event) -> list[threading.Thread]:
        ca_file, beat = self._context.settings.broker_ca_file, partial(self._pulse.beat, crew.name)
        intake = Intake(self._broker_url, crew.queues, crew.threads, ca_file, beat)
        going_on = partial(self._pulse.beat, f"{crew.name} hands", LONGEST)
        hands = _Hands(self._context, self._reacting, intake, Lanes(crew.slow), stop, going_on=going_on)
        tasks: list[Callable[[], None]] = [
            partial(intake.run, stop),
            *[hands.work] * crew.threads,
            *[hands.work_slowly] * crew.slow,
        ]
        return [
            threading.Thread(target=task, name=f"{crew.name}-{number}", daemon=True)
            for number, task in enumerate(tasks)
        ]


class _Hands:
    """What the threads of a crew do."""

    def __init__(
        self,
        context: Context,
        reacting: Reacting,
        intake: Intake,
        lanes: Lanes[Arrived],
        stop: threading.Event,
        *,
        going_on: Callable[[], None],
    ) -> None:
        self._going_on = going_on
        self._context = context
        self._reacting = reacting
        self._intake = intake
        self._lanes = lanes
        self._stop = stop
        self._slow: queue.SimpleQueue[tuple[Attempt, str]] = queue.SimpleQueue()

    def work(self) -> None:
        """Take one message after another; the ledger remembers them, the queue need not."""
        while not self._stop.is_set():
            self._going_on()
            if arrived := self._intake.next(LISTEN):
                self._take(arrived)

    def work_slowly(self) -> None:
        """Carry out what hung the last time."""
        while not self._stop.is_set():
            try:
                attempt, appid = self._slow.get(timeout=LISTEN)
            except queue.Empty:
                continue
            self._carry_out(attempt, appid)

    def _take(self, arrived: Arrived) -> None:
        """Begin a reaction or let it wait. What cannot be dealt with is parked: the thread lives on."""
        try:
            message, _ = decode_loosely(arrived.body)
            with structlog.contextvars.bound_contextvars(queue=arrived.queue, id=message.id, appid=message.subject):
                self._enter(message.subject, Name(message.id, arrived.queue), arrived)
        except Exception as error:  # noqa: BLE001 a message that is not ours, or one that the ledger does not take
            log.error("message.parked", queue=arrived.queue, parked_in=topology.PARKED, error=repr(error))  # noqa: TRY400
            self._intake.let_go(arrived, park=True)

    def _enter(self, appid: str, name: Name, arrived: Arrived) -> None:
        lane = self._lanes.enter(appid)
        if lane is None:
            self._let_wait(appid, name, arrived)
            return
        attempt = None
        try:
            attempt = self._begin(name, arrived)
        finally:
            if attempt is None:
                self._leave(appid)
        if attempt and lane is Lane.SLOW:
            self._slow.put((attempt, appid))
        elif attempt:
            self._carry_out(attempt, appid)

    def _begin(self, name: Name, arrived: Arrived) -> Attempt | None:
        """Count the delivery and let go of the message."""
        attempt = self._in_the_ledger(lambda connection, now: attempts.begin(connection, *name, now=now), arrived)
        if attempt is None:
            log.debug("reaction.repetition")
        return attempt

    def _let_wait(self, appid: str, name: Name, arrived: Arrived) -> None:
        """Remember it until what it waits for has ended; the ledger does, too, in case this process ends before."""
        self._in_the_ledger(lambda connection, now: attempts.put_off(connection, *name, now=now), arrived)
        if not self._lanes.wait(appid, name, arrived):
            self._intake.again(arrived)

    def _in_the_ledger(self, write: Callable[[Connection, float], Result], arrived: Arrived) -> Result | None:
        """Write something about a message and let go of it; a database that is away is waited for."""
        pause = SHORTEST_PAUSE
        while not self._stop.is_set():
            try:
                with self._context.engine.begin() as connection:
                    written = write(connection, self._context.now(connection))
            except AWAY as error:
                pause = min(pause * 2, LONGEST_PAUSE)
                log.warning("worker.failed", error=str(error), again_in=pause)
                self._stop.wait(pause)
            else:
                self._intake.let_go(arrived)
                return written
        return None

    def _carry_out(self, attempt: Attempt, appid: str) -> None:
        began, hung = time.monotonic(), False
        try:
            answer = self._reacting.carry_out(attempt)
            # Of a call that changes something, and was not answered, a reaction says that it has to wait.
            hung = isinstance(answer, Exception | Wait) and time.monotonic() - began > LONG
        except Exception as error:  # noqa: BLE001 the thread lives on, and the ledger takes the reaction up again
            log.error("reaction.abandoned", error=repr(error), tries=attempt.tries)  # noqa: TRY400
        self._leave(appid, hung=hung)

    def _leave(self, appid: str, *, hung: bool | None = None) -> None:
        for arrived in self._lanes.leave(appid, hung=hung):
            self._intake.again(arrived)
