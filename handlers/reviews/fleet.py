"""One version for many mini programs: each serial, the fleet parallel, and to be stopped and run again."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError

from handlers.context import Context
from handlers.reviews.driver import Wish, submit
from handlers.wechat.errors import OverQuota, WeChatError
from service.store.reviews import State

log = structlog.get_logger(__name__)

# WeChat's own word for it, and what queryquota tells.
NO_MORE_REVIEWS = (85085, None)
FORESEEN = (WeChatError, SQLAlchemyError)
# What nobody waits for any more, and is not online either.
OVER = (State.WITHDRAWN, State.REJECTED)
SUBMITTED, ALREADY, FAILED, NOT_BEGUN = "submitted", "submitted before", "failed", "not submitted"


class Result(NamedTuple):
    """What happened to one mini program."""

    appid: str
    result: str
    auditid: int | None = None
    reason: str = ""

    def as_row(self) -> Mapping[str, Any]:
        """Give what programs read."""
        return self._asdict()


class Stopped(Exception):
    """Somebody stopped it while WeChat checked the code; what was written down is gone on with next time."""


def submit_all(
    context: Context,
    appids: Iterable[str],
    wish_for: Callable[[str], Wish],
    *,
    parallel: int,
    stop: threading.Event,
    on_result: Callable[[Result], None] = lambda _: None,
) -> Sequence[Result]:
    """Submit to each mini program, some at once; gives what happened to each, in their order.

    After a limit of WeChat's, or QUOTA_RESERVE, is reached, and after `stop` is set, no other is begun.
    """

    def pause(seconds: float) -> None:
        if stop.wait(seconds):
            raise Stopped

    def one(appid: str) -> Result:
        result = _submit(context, appid, wish_for, stop, pause)
        on_result(result)
        return result

    with ThreadPoolExecutor(parallel, thread_name_prefix="submit") as threads:
        return list(threads.map(one, appids))


def _submit(
    context: Context,
    appid: str,
    wish_for: Callable[[str], Wish],
    stop: threading.Event,
    pause: Callable[[float], None],
) -> Result:
    if stop.is_set():
        return Result(appid, NOT_BEGUN, reason="stopped before; run it again to go on, when what stopped it is over")
    try:
        done = submit(context, appid, wish_for(appid), pause)
    except Stopped:
        return Result(appid, NOT_BEGUN, reason="committed, and stopped while WeChat checked it; run it again to go on")
    except Exception as error:
        if isinstance(error, OverQuota) and error.code in NO_MORE_REVIEWS:
            stop.set()
        log.warning("submit.failed", appid=appid, error=str(error), exc_info=not isinstance(error, FORESEEN))
        return Result(appid, FAILED, reason=str(error))
    over = f"it is {done.state.value}; --again submits it once more" if done.state in OVER else ""
    return Result(appid, ALREADY if done.already else SUBMITTED, done.auditid, over)
