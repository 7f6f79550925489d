"""A round: ask WeChat about one mini program after another; one of which it gives no answer stops no other."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from sqlalchemy.exc import OperationalError

from handlers.context import Context
from handlers.wechat.errors import Unreachable, WeChatError

log = structlog.get_logger(__name__)

# So many without an answer, one after another, and the next asked is the last of all: if that one is not answered
# either, WeChat is away. Each takes ten seconds to say so.
AWAY = 3

Each = TypeVar("Each")


def go_round(
    context: Context,
    name: str,
    those: Sequence[Each],
    ask: Callable[[Each], object],
    appid_of: Callable[[Each], str] = str,
) -> None:
    """Ask about each of those, in their order, as long as there is a token for the platform and WeChat answers.

    The platform's token is fetched ahead even if there is nothing to ask. What is left waits for the next round.
    """
    unanswered = 0
    try:
        context.wechat.tokens.component()
    except WeChatError as error:
        log.warning("round.put_off", round=name, left=len(those), error=str(error))
        return
    left = deque(those)
    while left:
        each = left.popleft() if unanswered < AWAY else left.pop()
        try:
            ask(each)
        except Unreachable as error:
            unanswered += 1
            log.warning("round.no_answer", round=name, appid=appid_of(each), error=str(error))
            if unanswered > AWAY:
                log.warning("round.put_off", round=name, left=len(left), error=str(error))
                return
        except WeChatError as error:
            unanswered = 0
            log.warning("round.refused", round=name, appid=appid_of(each), error=str(error))
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 whatever is wrong with one, the others are asked
            log.error("round.failed", round=name, appid=appid_of(each), error=repr(error))  # noqa: TRY400
        else:
            unanswered = 0
