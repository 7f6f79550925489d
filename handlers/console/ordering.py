"""What somebody clicked: an order, checked once more, written down with who gave it, and answered by a sentence."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import structlog
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin import CustomView
from starlette_admin.flash import flash
from starlette_admin.helpers import index_url, safe_redirect_url
from starlette_admin.routing import route

from handlers.console.accounts import UNAVAILABLE, by
from handlers.console.page import Store, number
from handlers.console.texts import WORDS, language, words
from handlers.operators import orders
from handlers.operators.allowed import OF_ONE, Action, NotNow
from handlers.operators.orders import Desk
from service.events.storable import storable
from service.store.attempts import Chosen
from service.store.engine import AWAY
from service.threads import beside_the_loop

log = structlog.get_logger(__name__)

FORBIDDEN, SEE_OTHER, BAD_REQUEST = 403, 303, 400


class Ordered(CustomView):
    """Where all buttons lead to."""

    def __init__(self, store: Store) -> None:
        """Take the store."""
        super().__init__(path="/order", route_name="order", add_to_menu=False)
        self._store = store

    @route("", methods=["GET"], name="order-again")
    async def again(self, request: Request) -> Response:
        """Lead back whoever was signed out before he clicked, and signed in again."""
        flash(request, words()["signed_out"], "warning")
        return RedirectResponse(index_url(request), SEE_OTHER)

    @route("", methods=["POST"])
    async def index(self, request: Request) -> Response:
        """Write an order down, and lead back to where it was given. Raises HTTPException."""
        if not request.state.admin_user.may_order:
            raise HTTPException(FORBIDDEN, words()["forbidden"])
        form = await request.form()
        try:
            action = Action(_text(form, "action"))
        except ValueError:
            raise HTTPException(BAD_REQUEST, words()["unknown"]) from None
        spoken, said_by = language(), by(request)

        def write() -> str:
            with self._store.engine.begin() as connection:
                return ORDERS[action](Desk(connection, self._store.settings, said_by), action, form)

        try:
            said, category = await beside_the_loop(write, "console-order"), "success"
        except NotNow as error:
            said, category = error.says(spoken), "warning"
        except (DBAPIError, *AWAY):
            raise HTTPException(UNAVAILABLE, words()["database_away"]) from None
        log.info("console.ordered", action=action.value, who=said_by.who, origin=said_by.origin, answer=category)
        flash(request, said, category)
        home = index_url(request)
        return RedirectResponse(safe_redirect_url(_text(form, "back") or home, request, home), SEE_OTHER)


def _of_a_version(desk: Desk, action: Action, form: FormData) -> str:
    orders.order(desk, action, _text(form, "appid"), number(_text(form, "auditid")), number(_text(form, "row")))
    return words()["done" if action is Action.HOLD else "ordered"]


def _pause(desk: Desk, _: Action, form: FormData) -> str:
    appid = _text(form, "appid")
    if appid:
        OF_ONE[Action.PAUSE](orders.asked(desk.connection, appid))
    orders.pause(desk, appid, until=None, reason=_text(form, "reason")[:200])
    return words()["done"]


def _resume(desk: Desk, _: Action, form: FormData) -> str:
    return words()["go_on"].format(number=orders.resume(desk, _text(form, "appid")))


def _unblock(desk: Desk, _: Action, form: FormData) -> str:
    return words()["go_on"].format(number=orders.unblock(desk, _text(form, "cause")))


def _see_to_dead(desk: Desk, action: Action, form: FormData) -> str:
    pushes, appid, reason, queue = (_text(form, name) for name in ("pushes", "appid", "reason", "queue"))
    if not (pushes or appid or reason):
        raise NotNow(WORDS["en"]["gone"], WORDS["zh"]["gone"])
    which = Chosen(push_ids=tuple(pushes.split()), appid=appid, reason=reason, queue=queue)
    if action is Action.DISMISS:
        return f"{words()['done']} ({orders.dismiss(desk, which)})"
    return words()["revived"].format(number=orders.revive(desk, which))


# What each button does.
ORDERS: Mapping[Action, Callable[[Desk, Action, FormData], str]] = MappingProxyType(
    {
        Action.RELEASE: _of_a_version,
        Action.HOLD: _of_a_version,
        Action.WITHDRAW: _of_a_version,
        Action.RESUBMIT: _of_a_version,
        Action.TAKE_BACK: _of_a_version,
        Action.PAUSE: _pause,
        Action.RESUME: _resume,
        Action.UNBLOCK: _unblock,
        Action.REVIVE: _see_to_dead,
        Action.DISMISS: _see_to_dead,
    }
)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return storable(value.strip()) if isinstance(value, str) else ""
