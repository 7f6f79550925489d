"""The processes of a story: a way to WeChat without a socket, and what a process holds, which may die at a write."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from handlers.context import Context
from handlers.wechat import errors
from service.simulator.api import Call
from service.simulator.refusal import Refusal
from service.simulator.rules import COMPONENT, RULES
from service.store.heartbeat import Heartbeat
from service.store.leases import Lease
from tests.conftest import COMPONENT as US
from tests.support.transport import Died, FaultyTransport


class DirectWay(FaultyTransport):
    """A way to WeChat without a socket: stories are many, and HTTP is specified elsewhere."""

    world: Any
    api: Any

    def _exchange_directly(self, endpoint: Any, request: Any, query: Any) -> Any:
        rule, errcode = RULES[endpoint.path], 0
        fields = json.loads(json.dumps(request.fields()))
        grant, said = None, {}
        try:
            fault = self.api._next_fault(endpoint.path)
            if endpoint.token_parameter in query:
                grant = self.world.holder(query[endpoint.token_parameter])
            self._fail(fault.errcode if fault else None)
            owner = [self.world.apps[grant.appid]] if grant and grant.appid != US else []
            said = rule.call(self.world, *owner, **fields)
            said = said if rule.token == COMPONENT or "component" in endpoint.path else {"errcode": 0, **said}
        except Refusal as refusal:
            said = dict(refusal.answer)
            errcode = said["errcode"]
        appid = grant.appid if grant and grant.appid != US else ""
        self.api.calls.append(Call(endpoint.name, appid, fields, errcode))
        return said

    @staticmethod
    def _fail(errcode: int | None) -> None:
        if errcode is not None:
            raise Refusal(errcode)

    def _send_repeatedly(self, endpoint: Any, request: Any, query: Any) -> Any:
        return self._send(endpoint, request, query, endpoint.seconds)

    def _send(self, endpoint: Any, request: Any, query: Any, _: float) -> Any:
        said = self._exchange_directly(endpoint, request, query)
        refusal = errors.of_answer(endpoint.name, said, self._clock(), self._timezone)
        if refusal:
            raise refusal
        return endpoint.answer.model_validate(said)


class Mortal(Heartbeat):
    """What a process holds, which may die just before or just after one of its writes."""

    dies_at_write: float = 0.0

    @contextmanager
    def writing(self, lease: Lease) -> Iterator[Connection]:
        """Write, or die before the commit (at a half) or after it."""
        self.dies_at_write -= 1
        at = self.dies_at_write
        with super().writing(lease) as connection:
            yield connection
            if at == -0.5:
                raise Died
        if at == 0:
            raise Died


@dataclass
class Process:
    """A worker, with a clock of its own."""

    context: Context
    way: DirectWay
    heartbeat: Mortal
