"""Numbers for Prometheus that are asked from the store when they are scraped."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service.store.engine import reading
from service.store.history.overview import Overview, overview
from service.store.processes import PARTS


class StoreMetrics(Collector):
    """The numbers of one database."""

    def __init__(self, engine: Engine, component_appid: str) -> None:
        """Take the database, and whose ticket and token count."""
        self._engine = engine
        self._component_appid = component_appid

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Say nothing when registered: a store that is down must not stop the process from starting."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask the store."""
        up = GaugeMetricFamily("weaudit_database_up", "1 if the database answered this scrape")
        try:
            with reading(self._engine) as connection:
                known = overview(connection, self._component_appid)
        except SQLAlchemyError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _waiting(known)
        yield from _secrets(known)
        alive = GaugeMetricFamily("weaudit_part_alive", "1 if the work of a part goes on", labels=["part", "host"])
        for part in sorted({*PARTS} - {each.part for each in known.processes}):
            alive.add_metric([part, "nowhere"], 0)
        for each in known.processes:
            alive.add_metric([each.part, f"{each.host}:{each.pid}"], each.is_alive(known.now))
        yield alive


def _waiting(known: Overview) -> Iterator[GaugeMetricFamily]:
    waits = 0.0 if known.unpublished_since is None else max(0.0, known.now - known.unpublished_since)
    yield _one("weaudit_unpublished_pushes", "Pushes that the relay has not published yet", known.unpublished)
    yield _one("weaudit_unpublished_oldest_seconds", "Age of the oldest of them", waits)
    reactions = GaugeMetricFamily("weaudit_reactions", "Reactions that are open or dead", labels=["queue", "state"])
    for (queue, state), number in known.reactions.items():
        reactions.add_metric([queue, state], number)
    yield reactions
    since = None if known.waiting_since is None else max(0.0, known.now - known.waiting_since)
    yield _one("weaudit_reaction_waits_seconds", "How long the oldest reaction that is due waits", since or 0.0)
    yield _one("weaudit_dead", "Reactions that were given up", known.dead)
    refused = GaugeMetricFamily(
        "weaudit_undelivered_pushes", "Pushes that a subscriber did not get, or does not yet", labels=["reason"]
    )
    for reason, number in known.undelivered.items():
        refused.add_metric([reason], number)
    yield refused
    blocked = GaugeMetricFamily("weaudit_blocked", "Reactions that a cause holds up", labels=["cause"])
    for held in known.causes:
        blocked.add_metric([held.cause.name], held.reactions)
    yield blocked
    reviews = GaugeMetricFamily("weaudit_reviews", "Versions by their state", labels=["state"])
    for state, number in known.reviews.items():
        reviews.add_metric([state], number)
    yield reviews


def _secrets(known: Overview) -> Iterator[GaugeMetricFamily]:
    yield _one("weaudit_authorized", "Mini programs that authorize the platform", known.authorized)
    yield _one("weaudit_good_tokens", "Tokens of mini programs that are good", known.good_tokens)
    for name, secret in (("ticket", known.ticket), ("component_token", known.component_token)):
        age = float("nan") if secret is None else known.now - secret.issued_at
        yield _one(f"weaudit_{name}_age_seconds", "How old it is; NaN if there is none", age)


def _one(name: str, text: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text)
    family.add_metric([], value)
    return family
