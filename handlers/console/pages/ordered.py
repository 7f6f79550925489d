"""Who ordered what, when, and from where."""

from collections.abc import Mapping
from typing import Any

from handlers.console.page import PAGE, Asked, following
from service.store import orders
from service.store.history.fleet import names_of


def read(asked: Asked) -> Mapping[str, Any]:
    """Read a page of the list."""
    found = orders.newest(asked.connection, appid=asked.text("appid"), before=asked.number("before"), limit=PAGE)
    return {
        "orders": found,
        "names": names_of(asked.connection, [order.appid for order in found]),
        "before": following(found, lambda order: order.seq),
        "is_filtered": any(asked.query.values()),
    }
