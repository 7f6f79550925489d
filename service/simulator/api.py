"""WeChat's HTTP API over the world: whose token, which method, what body, and then the call itself."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.simulator.mini_program import MiniProgram
from service.simulator.refusal import Refusal
from service.simulator.world import World

COMPONENT, AUTHORIZER, NONE = "component", "authorizer", "none"


class Call(NamedTuple):
    """One call that was answered, for whoever wants to read what happened."""

    endpoint: str
    appid: str
    fields: Mapping[str, Any]
    errcode: int


@dataclass
class Fault:
    """What goes wrong with the next `times` calls of an endpoint: an errcode instead of the call, or a late answer."""

    endpoint: str
    times: int = 1
    errcode: int | None = None
    delay: float = 0.0


class Rule(NamedTuple):
    """How an endpoint is called: its method, whose token, which fields of the body with which types."""

    method: str
    token: str
    call: Callable[..., Any]
    fields: Mapping[str, type] = MappingProxyType({})
    optional: Mapping[str, type] = MappingProxyType({})


ITEMS: Mapping[str, type] = MappingProxyType({"item_list": list})
AUDIT_EXTRAS: Mapping[str, type] = MappingProxyType(
    {
        "version_desc": str,
        "feedback_info": str,
        "feedback_stuff": str,
        "preview_info": dict,
        "ugc_declare": dict,
        "privacy_api_not_use": bool,
        "order_path": str,
    }
)
GRAY_EXTRAS: Mapping[str, type] = MappingProxyType({"support_debuger_first": bool, "support_experiencer_first": bool})


@dataclass
class Api:
    """The endpoints, the calls that were made, and the faults that are still to happen."""

    world: World
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def rules(self) -> Mapping[str, Rule]:
        """Give every endpoint by its path."""
        world, app = self.world, MiniProgram
        us = {"component_appid": str}
        return {
            "/cgi-bin/component/api_component_token": Rule(
                "POST",
                NONE,
                world.api_component_token,
                {**us, "component_appsecret": str, "component_verify_ticket": str},
            ),
            "/cgi-bin/component/api_query_auth": Rule(
                "POST", COMPONENT, world.api_query_auth, {**us, "authorization_code": str}
            ),
            "/cgi-bin/component/api_authorizer_token": Rule(
                "POST",
                COMPONENT,
                world.api_authorizer_token,
                {**us, "authorizer_appid": str, "authorizer_refresh_token": str},
            ),
            "/cgi-bin/component/api_get_authorizer_info": Rule(
                "POST", COMPONENT, world.api_get_authorizer_info, {**us, "authorizer_appid": str}
            ),
            "/wxa/commit": Rule(
                "POST",
                AUTHORIZER,
                app.commit,
                {"template_id": int, "ext_json": str, "user_version": str, "user_desc": str},
            ),
            "/wxa/get_page": Rule("GET", AUTHORIZER, app.get_page),
            "/wxa/get_category": Rule("GET", AUTHORIZER, app.get_category),
            "/wxa/submit_audit": Rule("POST", AUTHORIZER, self._submit_audit, ITEMS, AUDIT_EXTRAS),
            "/wxa/get_auditstatus": Rule("POST", AUTHORIZER, app.get_auditstatus, {"auditid": int}),
            "/wxa/get_latest_auditstatus": Rule("GET", AUTHORIZER, app.get_latest_auditstatus),
            "/wxa/release": Rule("POST", AUTHORIZER, app.release),
            "/wxa/grayrelease": Rule("POST", AUTHORIZER, self._grayrelease, {"gray_percentage": int}, GRAY_EXTRAS),
        }

    def routes(self) -> list[Route]:
        """Give the routes; every method is taken, because WeChat refuses a wrong one with an errcode of its own."""
        return [
            Route(path, self._endpoint(path.rpartition("/")[2], rule), methods=["GET", "POST"])
            for path, rule in self.rules().items()
        ]

    def _endpoint(self, name: str, rule: Rule) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            body = await request.body()
            fault = self._next_fault(name)
            appid, fields = "", {}
            try:
                _fail(fault)
                fields = _read(rule, request.method, body)
                appid = self._holder(rule, request)
                said = self._carry_out(rule, appid, fields)
                # The tokens' own endpoints answer without an errcode.
                answered = {"errcode": 0, "errmsg": "ok", **said} if rule.token == AUTHORIZER else said
            except Refusal as refusal:
                answered = refusal.answer
            self.calls.append(Call(name, appid, fields, answered.get("errcode", 0)))
            if fault and fault.delay:
                await asyncio.sleep(fault.delay)
            return JSONResponse(answered)

        return answer

    def _holder(self, rule: Rule, request: Request) -> str:
        """Check the token; gives the mini program that it belongs to, or nothing for the platform's."""
        if rule.token == NONE:
            return ""
        query = request.query_params
        token = query.get("access_token", "")
        if rule.token == COMPONENT:
            token = query.get("component_access_token", token)
        holder = self.world.holder(token)
        is_ours = holder == self.world.component_appid
        if rule.token == COMPONENT:
            if not is_ours:
                raise Refusal(61014)
            return ""
        if is_ours:
            raise Refusal(61015)
        return holder

    def _carry_out(self, rule: Rule, appid: str, fields: dict[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = rule.call(self.world.apps[appid], **fields) if appid else rule.call(**fields)
        return said

    def _submit_audit(self, app: MiniProgram, item_list: list[Any], **extras: Any) -> Any:
        del extras  # WeChat's reviewers read them; nothing here does
        return app.submit_audit(self.world.next_auditid(), self.world.clock(), item_list)

    def _grayrelease(self, app: MiniProgram, gray_percentage: int, **flags: Any) -> Any:
        del flags
        return app.grayrelease(gray_percentage)

    def _next_fault(self, name: str) -> Fault | None:
        for fault in self.faults:
            if fault.endpoint == name and fault.times > 0:
                fault.times -= 1
                return fault
        return None


def _fail(fault: Fault | None) -> None:
    if fault and fault.errcode is not None:
        raise Refusal(fault.errcode)


def _read(rule: Rule, method: str, body: bytes) -> dict[str, Any]:
    """Check the method and the shape of the body, as strictly as the documentation allows."""
    if method != rule.method:
        raise Refusal(43002 if rule.method == "POST" else 43001)
    if method == "GET":
        return {}
    if not body:
        raise Refusal(44002)
    if b"\\u" in body:
        raise Refusal(47002)
    try:
        fields = json.loads(body)
    except ValueError:
        raise Refusal(47001) from None
    if not isinstance(fields, dict) or not _fits(fields, rule):
        raise Refusal(47001)
    return fields


def _fits(fields: dict[str, Any], rule: Rule) -> bool:
    known = {**rule.fields, **rule.optional}
    return rule.fields.keys() <= fields.keys() <= known.keys() and all(
        isinstance(value, known[name]) and isinstance(value, bool) == (known[name] is bool)
        for name, value in fields.items()
    )
