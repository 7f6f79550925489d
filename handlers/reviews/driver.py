"""The driver: look at a mini program, decide, write the intent, call, write what came of it, until nothing is left.

A push, the clock and every command only say: look at this mini program. There is no second way to a release. It may die
at any line: the row says what may have happened, and the next visit looks before it calls.
"""

import structlog

from handlers.answers import Wait
from handlers.context import Context
from handlers.reviews import lifecycle
from handlers.reviews.acts import ACTS
from handlers.reviews.entries import enter_the_newest
from handlers.reviews.observed import Look
from handlers.reviews.policy import policy_of
from handlers.reviews.steps import Nothing, OnHold
from handlers.reviews.visit import Hint, Visit
from handlers.wechat.errors import TryLater, WeChatError
from service.store.reviews import BEFORE_REVIEW, ENDS, Review, Wanted

log = structlog.get_logger(__name__)

# From a plan to the users it takes some twelve; this is against going round in circles.
MOST_STEPS = 40
NO_HINT = Hint()


class Busy(Exception):
    """Somebody else is at this mini program just now, until he is done, or dead for as long as a lease lasts."""


def look_at(context: Context, appid: str, hint: Hint = NO_HINT) -> Visit:
    """Look at a mini program, and do whatever is to be done for its versions now.

    Raises Busy, the WeChatError of an observation, LeaseLost, NotAsExpected and the database's errors.
    """
    visit = Visit(context, appid, hint, policy_of(context.settings), Look(context, appid))
    if not visit.begin():
        raise Busy(appid)
    try:
        enter_the_newest(visit)
        for _ in range(MOST_STEPS):
            if not _do_a_step(visit):
                return visit
        log.error("review.goes_round", appid=appid, did=list(visit.did.values()))
        raise TryLater("weaudit", f"{MOST_STEPS} steps at {appid}, and no end: what WeChat shows changes all the time")
    finally:
        visit.end()


def _do_a_step(visit: Visit) -> bool:
    """Do what is to be done for the first row that there is something to do for; False if there is none.

    Reviews come before plans, and the older before the newer.
    """
    for row in sorted(visit.rows, key=lambda row: (row.auditid is None, row.id)):
        is_over = row.state in ENDS and row.wanted is not Wanted.TAKE_BACK
        if is_over or row.id in visit.errors:
            continue
        others = tuple(other for other in visit.rows if other.id != row.id)
        try:
            now = visit.now()
            seen = visit.look.seen(row, others, now, newest_template=visit.policy.newest_template)
            step = visit.steps[row.id] = lifecycle.next_step(row, seen, visit.policy, now)
            if isinstance(step, Wait | Nothing | OnHold):
                if isinstance(step, Wait) and row.state in BEFORE_REVIEW:
                    _say_why(visit, row, step.note)
                continue
            log.info("review.step", appid=visit.appid, review=row.id, state=row.state.value, step=repr(step))
            ACTS[type(step)](visit, row, step)
        except WeChatError as error:
            visit.errors[row.id] = error
            visit.look.forget()
            current = next(each for each in visit.rows if each.id == row.id)
            if current.state in BEFORE_REVIEW:
                _say_why(visit, current, str(error))
        return True
    return False


def _say_why(visit: Visit, row: Review, why: str) -> None:
    """Write down why a version does not go on, for whoever watches it."""
    if why != row.note:
        visit.write(row, note=why)
