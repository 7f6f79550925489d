"""What becomes of a plan, followed in its rows: the workers carry it out, whether somebody watches or not."""

import signal
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from handlers.commands.answering import as_json as written
from handlers.commands.exit_status import CommandFailed, say_aside
from handlers.commands.said import said, spoken
from handlers.context import Context
from handlers.notes.reading import note_in
from handlers.notes.states import STATES_ZH
from handlers.operators.wording import padded
from handlers.reviews.announcements import planned_id
from handlers.reviews.plans import CAME_TO_NOTHING
from service import told
from service.language import Language
from service.store import mini_programs, reviews, standstill
from service.store.engine import reading
from service.store.reviews import BEFORE_REVIEW, UNDER_WAY, Review
from service.store.standstill import Stuck
from service.topology import SUBMIT

HEAD = "mini program        state        version, review, or why"
# In seconds.
LOOKED_AT_EVERY = 0.5
NOBODY_AFTER = 10.0
NOBODY = (
    "nothing takes the plans up: is `weaudit {process}` running (or `weaudit up`), with this DATABASE_URL and "
    "BROKER_URL? What is planned stays planned, and goes on as soon as it does; weaudit submit --status shows it"
)


class Watch:
    """What becomes of a plan, followed in its rows; nothing is done here."""

    def __init__(
        self,
        context: Context,
        rows: Sequence[Review],
        before: Mapping[str, Review] | None = None,
        *,
        as_json: bool = False,
    ) -> None:
        """Take the rows of the plan, and those of what was submitted before."""
        self._context = context
        self._as_json = as_json
        self._before = {row.id for row in (before or {}).values()}
        self._rows = {row.id: row for row in (*rows, *(before or {}).values())}
        # Why the reaction of a row was given up.
        self._stuck: Mapping[int, Stuck] = {}

    @property
    def failed(self) -> bool:
        """Return whether something of the plan came to nothing, as far as is known."""
        of_plan = [row for row in self._rows.values() if row.id not in self._before]
        return bool(self._stuck) or any(row.state in CAME_TO_NOTHING for row in of_plan)

    def until_all_are_in_review(self) -> None:
        """Follow the rows until none is on its way to a review any more, or somebody presses Ctrl-C.

        Raises CommandFailed when nothing takes them up.
        """
        columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        former = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            out = Console(stderr=True)
            with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
                self.read()
                task = progress.add_task("", total=len(self._rows))
                while left := self._left():
                    shown = next((_why(row, None, spoken()) or f"{row.appid}: {row.state}" for row in left), "")
                    progress.update(task, completed=len(self._rows) - len(left), description=shown)
                    if idle := self._idle(left):
                        self.results()
                        raise CommandFailed(NOBODY, process=idle)
                    time.sleep(LOOKED_AT_EVERY)
                    self.read()
        except KeyboardInterrupt:
            self.read()
            say_aside(said("Stopped watching. The workers go on; weaudit submit --status shows it again."))
        finally:
            signal.signal(signal.SIGINT, former)

    def results(self) -> None:
        """Print what became of each mini program, and of what was submitted before."""
        with reading(self._context.engine) as connection:
            names = {each.appid: each.nickname for each in mini_programs.every(connection)}
        if not self._as_json:
            print(said(HEAD))  # noqa: T201 the answer
        language: Language = "en" if self._as_json else spoken()
        for row in sorted(self._rows.values(), key=lambda row: row.appid):
            fields = _as_row(row, before=row.id in self._before, stuck=self._stuck.get(row.id), language=language)
            shown = written(fields) if self._as_json else line(fields, names.get(row.appid, ""))
            print(shown)  # noqa: T201 the answer

    def read(self) -> None:
        """Read what became of the rows by now."""
        with reading(self._context.engine) as connection:
            self._rows |= reviews.of_ids(connection, self._rows.keys())
            carried = {planned_id(row): row.id for row in self._rows.values() if row.state in BEFORE_REVIEW}
            stuck = standstill.stuck(connection, SUBMIT, carried)
        self._stuck = {carried[push_id]: why for push_id, why in stuck.items()}

    def _left(self) -> Sequence[Review]:
        rows = self._rows.values()
        return [row for row in rows if row.state in BEFORE_REVIEW and row.id not in self._stuck]

    def _idle(self, left: Sequence[Review]) -> str:
        """Return which process does not run, if nothing that is left is taken up."""
        ids = [planned_id(row) for row in left]
        with reading(self._context.engine) as connection:
            now = self._context.now(connection)
            return standstill.not_taken_up(connection, SUBMIT, ids, now=now, after=NOBODY_AFTER)


def line(fields: Mapping[str, Any], nickname: str = "") -> str:
    """Write what became of a mini program for people."""
    review = said("review {auditid}", auditid=fields["auditid"]) if fields["auditid"] else ""
    before = _before(fields) if fields["before"] else ""
    what = "; ".join(part for part in (fields["version"], review, before, fields["why"]) if part)
    state = STATES_ZH[fields["state"]] if spoken() == "zh" else fields["state"]
    return f"{fields['appid']:<18}  {padded(state, 11)}  {what}  {nickname}".rstrip()


def _before(fields: Mapping[str, Any]) -> str:
    if fields["state"] in BEFORE_REVIEW:
        is_stuck = fields["given_up"] or fields["blocked_on"]
        return said("planned before" if is_stuck else "planned before, and on its way")
    if fields["state"] in UNDER_WAY:
        return said("submitted before, and under review; to withdraw it: weaudit undo {appid}", appid=fields["appid"])
    return said("submitted before; --again submits it once more")


def _why(row: Review, stuck: Stuck | None, language: Language) -> str:
    """Return why a version does not go on, and what a person does about it."""
    if row.state not in (*BEFORE_REVIEW, *CAME_TO_NOTHING):
        return ""
    why = note_in(language, row.note if stuck is None else stuck.note)
    if stuck is None:
        return why
    if stuck.cause:
        mended = "{note}; it goes on by itself when {cause} is mended: weaudit blocked"
        return told.said(mended, language, note=why, cause=stuck.cause)
    return told.said("{note}; weaudit revive {push_id}", language, note=why, push_id=planned_id(row))


def _as_row(row: Review, *, before: bool, stuck: Stuck | None, language: Language) -> Mapping[str, Any]:
    known = {"appid": row.appid, "state": row.state.value, "version": row.user_version, "auditid": row.auditid}
    why = _why(row, stuck, language)
    cause = stuck.cause if stuck else ""
    how = {"round": row.round, "before": before, "given_up": bool(stuck) and not cause, "blocked_on": cause}
    return {**known, **how, "why": why, "errcode": row.answer or None}
