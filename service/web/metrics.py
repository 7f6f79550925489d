"""Numbers for Prometheus: counted where pushes are answered, and asked from the store when scraped."""

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service import logs
from service.store import attempts, publishing
from service.store.engine import reading


class Metrics:
    """The numbers of one process and its store."""

    def __init__(self, engine: Engine) -> None:
        """Make a registry of our own: two apps in one process do not share numbers."""
        self.registry = CollectorRegistry()
        self.pushes = Counter(
            "weaudit_pushes",
            "Pushes by how they were answered: stored, duplicate, refused (and why), unavailable",
            ["answer", "reason"],
            registry=self.registry,
        )
        self.registry.register(_Store(engine))
        self.registry.register(_Log())

    def count(self, answer: str, reason: str = "") -> None:
        """Count one answer to a push."""
        self.pushes.labels(answer, reason).inc()


class _Log(Collector):
    def collect(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily(
            "weaudit_log_lines_dropped", "Lines that were dropped because nobody read the log", logs.dropped()
        )


class _Store(Collector):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Say nothing when registered: a store that is down must not stop the process from starting."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("weaudit_database_up", "1 if the database answered this scrape")
        waiting = GaugeMetricFamily("weaudit_unpublished_pushes", "Pushes that the relay has not published yet")
        oldest = GaugeMetricFamily("weaudit_unpublished_oldest_seconds", "Age of the oldest of them")
        refused = GaugeMetricFamily(
            "weaudit_undelivered_pushes", "Pushes that a subscriber did not get, or does not yet", labels=["reason"]
        )
        reactions = GaugeMetricFamily("weaudit_reactions", "Reactions that are open or dead", labels=["queue", "state"])
        try:
            with reading(self._engine) as connection:
                number, since = publishing.unpublished(connection)
                notes = publishing.notes(connection)
                counted = attempts.count(connection)
        except SQLAlchemyError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        waiting.add_metric([], number)
        oldest.add_metric([], 0 if since is None else max(0.0, time.time() - since))
        for (queue, state), reactions_there in counted.items():
            reactions.add_metric([queue, state], reactions_there)
        for reason, pushes_there in notes.items():
            refused.add_metric([reason], pushes_there)
        yield from (up, waiting, oldest, refused, reactions)
