"""How all is: what waits and for how long, what is blocked, which processes run, what WeChat decided day by day."""

from collections.abc import Mapping
from typing import Any

from handlers.causes import telling
from handlers.console.page import Asked
from service.store.history import fleet, verdicts
from service.store.history.overview import overview
from service.store.processes import PARTS

SERIES = ("wechat.weapp_audit_success", "wechat.weapp_audit_fail", "wechat.weapp_audit_delay", "weaudit.released")
COLOURS = ("#2fb344", "#d63939", "#f59f00", "#4299e1")
# In seconds: no subscriber waits for longer while all is well.
LATE = 60.0


def read(asked: Asked) -> Mapping[str, Any]:
    """Read the overview."""
    known = overview(asked.connection, asked.settings.wechat_component_appid)
    days = verdicts.by_day(asked.connection, asked.settings.timezone, now=known.now)
    chosen = "what_chinese" if asked.language == "zh" else "what"
    running = {each.part for each in known.processes}
    return {
        "known": known,
        "parts_running": [(each.part, each) for each in known.processes]
        + [(part, None) for part in PARTS if part not in running],
        "is_late": known.unpublished_since is not None and known.now - known.unpublished_since > LATE,
        "longest": fleet.longest_under_way(asked.connection),
        "causes": [(held, telling.title(held.cause)[chosen]) for held in known.causes],
        "days": [f"{day:%m-%d}" for day in days],
        "series": [(kind, [counts.get(kind, 0) for counts in days.values()]) for kind in SERIES],
        "colours": COLOURS,
        "has_verdicts": any(any(counts.values()) for counts in days.values()),
    }
