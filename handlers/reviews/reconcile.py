"""Nothing has to arrive: what is open at WeChat for too long is looked at, and so is whoever has nothing open."""

from functools import partial

import structlog

from handlers.context import Context
from handlers.reviews.driver import Busy, look_at
from handlers.rounds import go_round
from service.store import mini_programs, reviews
from service.store.engine import reading
from service.store.leases import LeaseLost
from service.store.reviews import NotAsExpected

log = structlog.get_logger(__name__)


def reconcile(context: Context) -> None:
    """Look at the mini programs of which something is open for RECONCILE_AFTER, the longest not asked about first."""
    with reading(context.engine) as connection:
        now, after = context.now(connection), context.settings.reconcile_after
        open_ones = reviews.to_ask(connection, now=now, after=after)
    go_round(context, "reconcile", open_ones, partial(_look, context))


def discover(context: Context) -> None:
    """Look at every other mini program: a review of somebody else's may have begun, or be decided, without a push."""
    with reading(context.engine) as connection:
        open_ones = set(reviews.to_ask(connection, now=context.now(connection), after=0.0, limit=1_000_000))
        others = [appid for appid in mini_programs.with_code(connection) if appid not in open_ones]
    go_round(context, "discover", others, partial(_look, context))


def _look(context: Context, appid: str) -> None:
    try:
        visit = look_at(context, appid)
    except (Busy, LeaseLost, NotAsExpected):
        return
    for error in visit.errors.values():
        raise error
