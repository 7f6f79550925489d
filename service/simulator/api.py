"""WeChat's HTTP API over the world: whose token, which shape, how often, and then the call itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.simulator import shapes
from service.simulator.code import Blob
from service.simulator.counts import DAY, MINUTE
from service.simulator.faults import Fault
from service.simulator.media import Upload
from service.simulator.mini_program import MiniProgram
from service.simulator.refusal import Refusal
from service.simulator.rules import AUTHORIZER, COMPONENT, EITHER, FORM, GET, NONE, POST, RULES, Rule
from service.simulator.world import World

log = structlog.get_logger(__name__)
# The platform's own secret, which `weaudit simulate` takes from real settings.
UNTOLD = frozenset({"component_appsecret", "component_secret", "appsecret"})


class Call(NamedTuple):
    """One call that was answered, for whoever wants to read what happened."""

    endpoint: str
    appid: str
    fields: Mapping[str, Any]
    errcode: int


@dataclass
class Api:
    """The endpoints, the calls that were made, and the faults that are still to happen."""

    world: World
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def routes(self) -> list[Route]:
        """Return the routes; every method is taken, because WeChat refuses a wrong one with an errcode of its own."""
        return [Route(path, self._endpoint(path, rule), methods=["GET", "POST"]) for path, rule in RULES.items()]

    def expect(self, fault: Fault) -> None:
        """Let something go wrong.

        Raises ValueError for what cannot happen.
        """
        fault.check(RULES)
        self.faults.append(fault)

    def _endpoint(self, path: str, rule: Rule) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            body = await request.body()
            form = await _form(request) if rule.method == FORM else FormData()
            call = _Call(self.world, path, rule, request, body, form)
            fault = self._next_fault(path)
            said = call.answered(fault)
            errcode = said.get("errcode", 0) if isinstance(said, dict) else 0
            self.calls.append(Call(path.rpartition("/")[2], call.appid, _told(call.fields), errcode))
            try:
                whole = _response(said)
                return await fault.spoil(request, whole) if fault else whole
            finally:
                call.end()
                await form.close()

        return answer

    def _next_fault(self, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.hits(path):
                fault.times -= 1
                return fault
        return None


class _Call:
    """One call on its way through the checks, in WeChat's order: shape, token, limits, and what it asks for."""

    def __init__(  # noqa: PLR0917 all that a call is
        self, world: World, path: str, rule: Rule, request: Request, body: bytes, form: FormData
    ) -> None:
        self._world, self._path, self._rule = world, path, rule
        self._request, self._body, self._form = request, body, form
        self._holds: MiniProgram | None = None
        self.appid = ""
        self.fields: dict[str, Any] = {}

    def answered(self, fault: Fault | None) -> dict[str, Any] | Blob:
        """Check and carry out; whatever goes wrong is answered, too."""
        try:
            return self._answer(fault)
        except Refusal as refusal:
            return refusal.answer
        except Exception:
            log.exception("simulator.failed", endpoint=self._path)
            return Refusal(-1).answer

    def _answer(self, fault: Fault | None) -> dict[str, Any] | Blob:
        self.fields = self._read()
        owner = self._owner()
        if fault and fault.errcode is not None:
            raise Refusal(fault.errcode)
        self._count(owner)
        if fault and not fault.done:
            return {"errcode": 0, "errmsg": "ok"}
        said = self._carry_out(owner)
        # What has no errcode of its own: the tokens' endpoints.
        if isinstance(said, dict) and not self._path.startswith("/cgi-bin/component/"):
            return {"errcode": 0, "errmsg": "ok", **said}
        return said

    def end(self) -> None:
        """Let the next call of the kind that goes one by one begin."""
        if self._holds:
            self._holds.busy = False

    def _read(self) -> dict[str, Any]:
        rule, request = self._rule, self._request
        if request.method != (GET if rule.method == GET else POST):
            raise Refusal(43001 if rule.method == GET else 43002)
        if rule.method == GET:
            return shapes.of_query(rule.shape, request.query_params, rule.codes)
        if rule.method == FORM:
            media = shapes.of_form(self._form)
            return {**shapes.of_query(rule.shape, request.query_params, rule.codes), "media": media}
        return shapes.of_json(rule.shape, self._body, rule.codes)

    def _owner(self) -> str:
        """Check the token, and give whose it is."""
        us, rule, query = self._world.component_appid, self._rule, self._request.query_params
        if rule.token == NONE:
            return us
        token = query.get("access_token", "")
        if rule.token != AUTHORIZER:
            token = query.get("component_access_token", token)
        grant = self._world.holder(token)
        if rule.token == COMPONENT and grant.appid != us:
            raise Refusal(61014)
        if rule.token == AUTHORIZER and grant.appid == us:
            raise Refusal(61015)
        if rule.token != EITHER and grant.is_own:
            raise Refusal(86000)
        self.appid = "" if grant.appid == us else grant.appid
        return grant.appid

    def _count(self, owner: str) -> None:
        if self._path.endswith(("quota/get", "clear_quota", "clear_quota/v2")):
            return
        counts, limits = self._world.counts, self._world.limits
        counts.take(self._path, owner, MINUTE, limits.calls_a_minute, 45011)
        counts.take(self._path, owner, DAY, limits.calls_a_day, 45009)

    def _carry_out(self, owner: str) -> dict[str, Any] | Blob:
        rule, world = self._rule, self._world
        for_whom: dict[str, list[Any]] = {AUTHORIZER: [world.apps.get(owner)], EITHER: [owner]}
        if rule.serial:
            app = world.apps[owner]
            if app.busy:
                raise Refusal(9402202)
            app.busy, self._holds = True, app
        said: dict[str, Any] | Blob = rule.call(world, *for_whom.get(rule.token, []), **self.fields)
        return said


async def _form(request: Request) -> FormData:
    """Read a form; what is none has no fields."""
    try:
        return await request.form()
    except (HTTPException, MultiPartException):
        return FormData()


def _told(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    public = {name: value for name, value in fields.items() if name not in UNTOLD}
    return {name: value.about if isinstance(value, Upload) else value for name, value in public.items()}


def _response(said: dict[str, Any] | Blob) -> Response:
    return JSONResponse(said) if isinstance(said, dict) else Response(said.content, media_type=said.media_type)
