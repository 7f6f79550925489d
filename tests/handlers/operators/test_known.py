"""Many mini programs at a glance say of each what is said of it alone."""

import pytest
from sqlalchemy import Engine

from handlers.operators.known import Unknown, at_a_glance, know
from service.language import Language
from service.store import causes, orders
from service.store.engine import database_time, reading
from service.store.history.timeline import Ordered
from service.store.orders import By
from tests.support.console import fill, settings


@pytest.mark.parametrize("language", ["en", "zh"])
def test_at_a_glance_and_whole_say_the_same(engine: Engine, language: Language) -> None:
    """For every state, paused or not."""
    fill(engine, 40)
    appids = [f"wx{n:016d}" for n in range(40)]
    with engine.begin() as connection:
        causes.begin(connection, causes.paused(appids[1]), now=database_time(connection), reason="Golden Week")
    policies = settings(engine)
    with reading(engine) as connection:
        glances = at_a_glance(connection, policies, appids, language)
        for appid in appids:
            alone = know(connection, policies, appid, limit=5, language=language)
            assert glances[appid].says._replace(waits="") == alone.says._replace(waits="")
            assert glances[appid].standing.where is alone.standing.where
    assert len({glance.standing.where for glance in glances.values()}) > 5


def test_orders_are_of_the_history(engine: Engine) -> None:
    """Of whom they are about."""
    fill(engine, 3)
    appid = "wx0000000000000001"
    with engine.begin() as connection:
        orders.keep(connection, "hold", appid, "1.0", By("zhang", "10.0.0.7"), now=database_time(connection))
    with reading(engine) as connection:
        events = know(connection, settings(engine), appid, limit=5).events
        with pytest.raises(Unknown):
            know(connection, settings(engine), "wx9", limit=5)
    assert [event.order.who for event in events if isinstance(event, Ordered)] == ["zhang"]
