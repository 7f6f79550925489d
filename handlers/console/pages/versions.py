"""The versions of all mini programs, by state."""

from collections.abc import Mapping
from typing import Any

from handlers.console.page import PAGE, Asked, following
from service.store.history.fleet import list_versions, names_of
from service.store.reviews import State


def read(asked: Asked) -> Mapping[str, Any]:
    """Read a page of the list."""
    rows = list_versions(
        asked.connection,
        state=asked.text("state"),
        appid=asked.text("appid"),
        before=asked.number("before"),
        limit=PAGE,
    )
    return {
        "rows": rows,
        "names": names_of(asked.connection, [row.appid for row in rows]),
        "states": list(State),
        "before": following(rows, lambda row: row.id),
        "is_filtered": any(asked.query.values()),
    }
