"""Verdicts by day, in the time zone of who looks."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, insert

from service.store.engine import reading
from service.store.history.verdicts import by_day
from service.store.tables import pushes

KATHMANDU, SHANGHAI = ZoneInfo("Asia/Kathmandu"), ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("timezone", [KATHMANDU, SHANGHAI])
def test_a_verdict_counts_on_the_day_that_it_was_there(engine: Engine, timezone: ZoneInfo) -> None:
    """From midnight to midnight; older ones and other messages count not at all."""
    midnight = datetime(2026, 11, 29, tzinfo=timezone).timestamp()
    told = [
        *((midnight - 1, "wechat.weapp_audit_success"), (midnight, "wechat.weapp_audit_fail")),
        *((midnight + 86_399, "weaudit.released"), (midnight - 86_400, "wechat.text")),
        (midnight - 13 * 86_400 - 1, "wechat.weapp_audit_fail"),
    ]
    rows = [
        {"id": f"{n:032x}", "type": kind, "appid": "wx1", "routing_key": "x", "body": "{}", "received_at": at}
        for n, (at, kind) in enumerate(told)
    ]
    with engine.begin() as connection:
        connection.execute(insert(pushes), rows)
    with reading(engine) as connection:
        days = by_day(connection, timezone, now=midnight + 86_399)
    assert len(days) == 14
    assert {day: dict(counts) for day, counts in days.items() if counts} == {
        date(2026, 11, 28): {"wechat.weapp_audit_success": 1},
        date(2026, 11, 29): {"wechat.weapp_audit_fail": 1, "weaudit.released": 1},
    }
