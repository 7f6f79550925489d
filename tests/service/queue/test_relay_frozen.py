import signal
from pathlib import Path

from sqlalchemy import Engine, select

from service.metrics import Metrics
from service.queue.relay import Relay
from service.store.credentials import Credentials
from service.store.tables import attempts
from tests.service.queue.test_relay import BEGINNING, keep, unpublished
from tests.support.live import running
from tests.support.servers import eventually, own_redis


def test_a_frozen_broker_is_noticed_and_survived(tmp_path: Path, store: Engine, credentials: Credentials) -> None:
    """While it does not answer nothing counts as published; when it does, everything is."""
    with own_redis(tmp_path) as server:
        url = f"redis://127.0.0.1:{server.port}/0"
        metrics = Metrics()
        with running({"relay": Relay(store, url, metrics=metrics).run}):
            keep(store, credentials, 1)
            eventually(lambda: unpublished(store) == 0 and taken(store), "the first confirmations")
            server.signal(signal.SIGSTOP)
            keep(store, credentials, 2)
            eventually(lambda: lost_its_broker(metrics, "events"), "that the lane of events notices")
            eventually(lambda: lost_its_broker(metrics, "reactions"), "that the lane of reactions notices")
            assert unpublished(store) == 1
            server.signal(signal.SIGCONT)
            eventually(lambda: unpublished(store) == 0, "the second confirmation")


def lost_its_broker(metrics: Metrics, lane: str) -> bool:
    """Tell whether a lane noticed that the broker does not answer."""
    return bool(metrics.registry.get_sample_value("weaudit_relay_failures_total", {"lane": lane}))


def taken(engine: Engine) -> bool:
    """Tell whether a relay has taken a reaction that is due."""
    with engine.begin() as connection:
        return all(at > BEGINNING for at in connection.execute(select(attempts.c.due_at)).scalars())
