"""The simulator as a server: WeChat's API, and /_simulator, where people and tests make things happen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from service.simulator import control
from service.simulator.simulator import Simulator

TICKET_EVERY = 600.0


def create_app(simulator: Simulator) -> Starlette:
    """Make the app; while it runs, a ticket is pushed at once and every ten minutes."""

    async def push_tickets() -> None:
        while True:
            if simulator.world.pushes_tickets:
                simulator.push_ticket()
            await asyncio.sleep(TICKET_EVERY)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(push_tickets())
        yield
        task.cancel()

    return Starlette(routes=[*simulator.api.routes(), *control.routes(simulator)], lifespan=lifespan)
