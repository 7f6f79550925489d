import secrets
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import kombu
import pytest
import redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service import topology
from service.queue import connection as broker
from service.store.engine import reading
from service.store.tables import pushes
from tests.conftest import APP, postgresql
from tests.support.live import serving
from tests.support.live_weaudit import Live, live
from tests.support.servers import eventually, need, own_rabbitmq, own_redis

AMQP = "amqp://guest:guest@127.0.0.1:5672//"
REDIS = "redis://127.0.0.1:6379/15"


@pytest.fixture(params=["sqlite+memory", "postgresql+amqp", "postgresql+redis"])
def weaudit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Live]:
    """Run everything, on each combination of store and broker that people use."""
    store, _, carrier = request.param.partition("+")
    with ExitStack() as stack:
        kept_in = stack.enter_context(postgresql()) if store == "postgresql" else f"sqlite:///{tmp_path}/weaudit.db"
        yield stack.enter_context(live(kept_in, carried_by(carrier)))


def carried_by(carrier: str) -> str:
    """Give the URL of a broker without messages of former tests."""
    if carrier == "amqp":
        need(5672, "RabbitMQ")
        with kombu.Connection(AMQP) as connection:
            for queue in (*topology.REACTIONS, topology.PARKED):
                connection.default_channel.queue_delete(queue)
        return AMQP
    if carrier == "redis":
        need(6379, "Redis")
        with redis.Redis.from_url(REDIS) as connection:
            connection.flushdb()
        return REDIS
    with broker.connection("memory://") as connection:
        for queue in (*topology.REACTIONS, topology.PARKED):
            kombu.Queue(queue)(broker.ready(connection).default_channel).purge()
    return "memory://"


def test_a_sealed_push_comes_in_and_a_release_goes_out(weaudit: Live) -> None:
    """Authorized, submitted, approved, pushed five times at once: one row, one release, one outcome, all told."""
    weaudit.authorize()
    weaudit.submit()
    weaudit.approve(times=5)
    eventually(lambda: weaudit.kept("weaudit.released"), "the outcome")
    eventually(
        lambda: all(state != "waiting" for state, _ in weaudit.reactions("weaudit.notify")), "every notification"
    )
    assert weaudit.kept("wechat.weapp_audit_success") == 1
    assert weaudit.reactions("weaudit.release") == [("done", "review 400000001 (1.0) is released")]
    assert weaudit.calls("release") == 1
    assert weaudit.wechat.world.apps[APP].online == "1.0"
    assert weaudit.kept("weaudit.released") == 1


def test_a_subscriber_sees_each_message_once_and_no_secret(weaudit: Live) -> None:
    """A queue of one's own, bound to the exchange, gets everything in WeChat's words, and none of the secrets."""
    seen: list[tuple[str, str]] = []
    url = weaudit.context.settings.broker_url
    with broker.connection(url) as connection:
        mine = kombu.Queue(f"subscriber-{secrets.token_hex(4)}", topology.EXCHANGE, routing_key="#", auto_delete=True)

        def show(message: kombu.Message) -> None:
            seen.append((message.delivery_info["routing_key"], str(message.body)))
            assert message.content_type == "application/cloudevents+json"
            message.ack()

        with kombu.Consumer(broker.ready(connection).default_channel, queues=[mine], on_message=show):

            def arrived(key: str) -> bool:
                with suppress(TimeoutError):
                    connection.drain_events(timeout=0.1)
                return key in [seen_key for seen_key, _ in seen]

            weaudit.wechat.push_ticket()
            weaudit.authorize()
            weaudit.submit()
            weaudit.approve()
            eventually(lambda: arrived(f"weaudit.released.{APP}"), "the outcome")
    keys = [key for key, _ in seen]
    assert keys.count(f"authorized.{APP}") == 1
    assert keys.count(f"weapp_audit_success.{APP}") == 1
    for secret in ("ticket@@@", "queryauthcode@@@", "preauthcode@@@", "refreshtoken@@@"):
        assert all(secret not in body for _, body in seen)


def test_a_rejection_is_told_with_its_reasons(tmp_path: Path) -> None:
    """What WeChat objected to reaches people as a list, under the mini program's name; nothing is released."""
    told: list[str] = []

    async def chat(request: Request) -> Response:
        told.append(str(await request.json()))
        return Response()

    with serving(Starlette(routes=[Route("/chat", chat, methods=["POST"])])) as url:
        target = f"{url.replace('http', 'json')}/chat"
        with live(f"sqlite:///{tmp_path}/x.db", "memory://", notify_urls=target) as weaudit:
            weaudit.authorize()
            weaudit.submit()
            weaudit.wechat.decide(APP, "reject")
            eventually(lambda: told, "the notification")
            eventually(lambda: weaudit.reactions("weaudit.resubmit")[0][0] == "done", "the decision")
            assert weaudit.calls("release") == 0
    assert "一杯茶" in told[0]
    assert "1. 账号信息不符合规范" in told[0]
    assert "   - 包含色情因素" in told[0]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("carrier", ["redis", "rabbitmq"])
def test_pushes_that_come_while_the_broker_is_down_are_handled_when_it_is_back(tmp_path: Path, carrier: str) -> None:
    """Every one is answered success and kept; once the broker is back, every one is released, once."""
    own = own_redis if carrier == "redis" else own_rabbitmq
    scheme = "redis://127.0.0.1:{}/0" if carrier == "redis" else "amqp://guest:guest@127.0.0.1:{}//"
    (tmp_path / "broker").mkdir()
    apps = [f"wx000000000000000{n}" for n in range(1, 5)]
    with (
        own(tmp_path / "broker") as server,
        live(f"sqlite:///{tmp_path}/x.db", scheme.format(server.port)) as weaudit,
    ):
        for app in apps:
            weaudit.authorize(app)
            weaudit.submit(app)
        server.kill()
        for app in apps:
            weaudit.approve(app)
        eventually(lambda: weaudit.kept("wechat.weapp_audit_success") == len(apps), "the storing of every push")
        assert weaudit.calls("release") == 0
        server.start()
        eventually(lambda: weaudit.calls("release") == len(apps), "every release")
        eventually(lambda: weaudit.kept("weaudit.released") == len(apps), "every outcome")
        with reading(weaudit.context.engine) as connection:
            assert connection.execute(pushes.select().where(pushes.c.type == "weaudit.gave_up")).all() == []
