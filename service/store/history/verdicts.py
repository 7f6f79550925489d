"""How many verdicts and releases there were, day by day."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Connection, cast, func, select

from service.store.tables import VERDICTS, pushes

# In seconds: every time zone is off by a multiple of this.
SLOT = 900


def by_day(
    connection: Connection, timezone: ZoneInfo, *, now: float, days: int = 14
) -> Mapping[date, Mapping[str, int]]:
    """Count the last days' verdicts and releases by the types of their messages; the oldest day first."""
    today = datetime.fromtimestamp(now, timezone).date()
    every = [today - timedelta(days=back) for back in reversed(range(days))]
    begin = datetime.combine(every[0], datetime.min.time(), timezone).astimezone(UTC).timestamp()
    slot = (cast(pushes.c.received_at, BigInteger) // SLOT).label("slot")
    counted = select(slot, pushes.c.type, func.count().label("number")).where(VERDICTS, pushes.c.received_at >= begin)
    found: dict[date, Counter[str]] = {day: Counter() for day in every}
    for row in connection.execute(counted.group_by(slot, pushes.c.type)):
        day = datetime.fromtimestamp(row.slot * SLOT, timezone).date()
        if day in found:
            found[day][row.type] += row.number
    return found
