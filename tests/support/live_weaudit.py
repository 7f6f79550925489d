"""A whole weaudit beside a test: simulator and web on real sockets, relay, worker and clock in threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from handlers.commands import simulate
from handlers.context import Context, open_context
from handlers.listening import listen
from handlers.processes.up import all_parts
from handlers.reviews.plans import plan
from handlers.wechat.endpoints.code import CommitRequest
from service.settings import Inbound, given
from service.simulator.app import create_app as create_wechat
from service.simulator.counts import Limits
from service.simulator.simulator import Simulator
from service.store import mini_programs, reviews
from service.store.engine import reading
from service.store.tables import attempts, pushes
from tests.conftest import APP, outbound, values
from tests.support.live import answers, running, serving
from tests.support.servers import eventually, free_port

VERSION = CommitRequest(template_id=1, ext_json='{"ext": {"name": "一杯茶"}}', user_version="1.0", user_desc="first")


@dataclass
class Live:
    """The two sides, and what a test wants to know of them."""

    context: Context
    wechat: Simulator
    url: str

    def authorize(self, appid: str = APP) -> None:
        """Let a merchant authorize the platform, and wait until weaudit knows."""
        self.wechat.authorize(appid, "一杯茶")

        def known() -> bool:
            with reading(self.context.engine) as connection:
                app = mini_programs.find(connection, appid)
                return bool(app and app.authorized)

        eventually(known, "the authorization")

    def submit(self, appid: str = APP) -> int:
        """Plan a version, and wait until it is in review; gives the audit id."""
        (row,) = plan(self.context, {appid: VERSION}, again=True).rows.values()

        def auditid() -> int:
            with reading(self.context.engine) as connection:
                found = reviews.get(connection, row.id)
            return (found and found.auditid) or 0

        eventually(auditid, "the review")
        return auditid()

    def approve(self, appid: str = APP, times: int = 1) -> None:
        """Let WeChat approve the review, and push it once or several times."""
        self.wechat.decide(appid, "approve")
        for _ in range(times - 1):
            self.wechat.push(self.wechat.last_told[appid], appid)

    def reactions(self, queue: str) -> list[tuple[str, str]]:
        """Give state and note of every reaction of a queue."""
        with reading(self.context.engine) as connection:
            rows = connection.execute(select(attempts.c.state, attempts.c.note).where(attempts.c.queue == queue))
            return [(row.state, row.note) for row in rows]

    def kept(self, kind: str) -> int:
        """Count the messages of a type."""
        with reading(self.context.engine) as connection:
            return len(connection.execute(select(pushes.c.id).where(pushes.c.type == kind)).all())

    def calls(self, endpoint: str) -> int:
        """Count WeChat's calls of an endpoint that it did not refuse."""
        return sum(call.endpoint == endpoint and not call.errcode for call in self.wechat.api.calls)


@contextmanager
def live(database_url: str, broker_url: str, **changes: Any) -> Iterator[Live]:
    """Run everything until the block ends."""
    ours, theirs = free_port(), free_port()
    settings = outbound(
        database_url=database_url,
        broker_url=broker_url,
        wechat_api_base=f"http://127.0.0.1:{theirs}",
        **changes,
    )
    wechat = simulate.make(settings, f"http://127.0.0.1:{ours}", Limits(privacy_check=0))
    web = given(Inbound, **values(database_url=database_url, broker_url=broker_url))
    url = f"http://127.0.0.1:{ours}"
    with (
        open_context(settings) as context,
        running(all_parts(context, web, listen("127.0.0.1", ours))),
    ):
        # Before WeChat's servers, whose first ticket would else find nobody and come again after a while only.
        eventually(lambda: answers(url), "the start of the server")
        with serving(create_wechat(wechat), theirs):
            yield Live(context, wechat, url)
