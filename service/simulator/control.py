"""/_simulator: what people and tests make happen at WeChat, and what they may look at."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.simulator.faults import Fault
from service.simulator.mini_program import VERDICTS
from service.simulator.refusal import Refusal
from service.simulator.simulator import Simulator

Act = Callable[[Simulator, dict[str, Any]], Any]


def _decide(simulator: Simulator, fields: dict[str, Any]) -> None:
    if fields.get("verdict") not in VERDICTS:
        raise ValueError(f"verdict is one of {', '.join(VERDICTS)}")
    simulator.decide(**fields)


def _stop_tickets(simulator: Simulator, _: dict[str, Any]) -> None:
    simulator.world.pushes_tickets = False


def _traits(simulator: Simulator, fields: dict[str, Any]) -> Any:
    return _change(simulator.world.apps[fields.pop("appid")].traits, fields)


def _change(what: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := fields.keys() - vars(what).keys():
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(vars(what))}")
    changed = TypeAdapter(type(what)).validate_python({**vars(what), **fields})
    vars(what).update(vars(changed))
    return dict(vars(what))


ACTS: Mapping[str, Act] = {
    "authorize": lambda simulator, fields: simulator.authorize(**fields),
    "unauthorize": lambda simulator, fields: simulator.unauthorize(**fields),
    "decide": _decide,
    "ticket": lambda simulator, _: simulator.push_ticket(),
    "stop_tickets": _stop_tickets,
    "expire_tokens": lambda simulator, _: simulator.world.expire_tokens(),
    "own_token": lambda simulator, fields: {"access_token": simulator.world.own_token(**fields)},
    "faults": lambda simulator, fields: simulator.api.expect(TypeAdapter(Fault).validate_python(fields)),
    "clear_faults": lambda simulator, _: simulator.api.faults.clear(),
    "limits": lambda simulator, fields: _change(simulator.world.limits, fields),
    "traits": _traits,
    "unknowns": lambda simulator, fields: _change(simulator.world.unknowns, fields),
}
VIEWS: Mapping[str, Callable[[Simulator], Any]] = {
    "calls": lambda simulator: [call._asdict() for call in simulator.api.calls],
    "apps": lambda simulator: [app.seen() for app in simulator.world.apps.values()],
}


def routes(simulator: Simulator) -> list[Route]:
    """Return the routes: POST makes something happen, GET looks."""
    return [
        *(Route(f"/_simulator/{name}", _doing(simulator, act), methods=["POST"]) for name, act in ACTS.items()),
        *(Route(f"/_simulator/{name}", _looking(simulator, look), methods=["GET"]) for name, look in VIEWS.items()),
    ]


def _doing(simulator: Simulator, act: Act) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            said = act(simulator, dict(await request.json() if await request.body() else {}))
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 422)
        except Refusal as refusal:
            return JSONResponse(refusal.answer, 409)
        return JSONResponse({"ok": True} if said is None else said)

    return endpoint


def _looking(simulator: Simulator, look: Callable[[Simulator], Any]) -> Callable[[Request], Any]:
    async def endpoint(_: Request) -> Response:
        return JSONResponse(look(simulator))

    return endpoint
