"""Numbers of one process for Prometheus: what it did, and how long that took."""

from collections.abc import Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from service import logs

SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 4.0, 10.0)


class Metrics:
    """The numbers of one process."""

    def __init__(self) -> None:
        """Make a registry of our own: two apps in one process do not share numbers."""
        self.registry = CollectorRegistry()
        self.pushes = Counter(
            "weaudit_pushes",
            "Pushes by how they were answered: stored, duplicate, refused (and why), unavailable",
            ["answer", "reason", "type"],
            registry=self.registry,
        )
        self.answer_seconds = Histogram(
            "weaudit_answer_seconds", "How long a push waited for its answer", buckets=SECONDS, registry=self.registry
        )
        self.published = Counter(
            "weaudit_published",
            "Messages that the broker took, by lane: reactions, events",
            ["lane"],
            registry=self.registry,
        )
        self.relay_failures = Counter(
            "weaudit_relay_failures", "Times that a lane lost its broker", ["lane"], registry=self.registry
        )
        self.reactions = Counter(
            "weaudit_reactions_ended",
            "Reactions by queue and how a try of them ended",
            ["queue", "result"],
            registry=self.registry,
        )
        self.tries = Histogram(
            "weaudit_reaction_tries",
            "Tries of reactions that ended",
            ["queue"],
            buckets=(1, 2, 3, 5, 10),
            registry=self.registry,
        )
        self.calls = Counter(
            "weaudit_wechat_calls",
            "Calls by endpoint and WeChat's errcode, or `none`",
            ["endpoint", "errcode"],
            registry=self.registry,
        )
        self.call_seconds = Histogram(
            "weaudit_wechat_call_seconds",
            "How long WeChat took to answer",
            ["endpoint"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.quota = Gauge(
            "weaudit_wechat_quota_left", "Reviews left this month, as WeChat told last", registry=self.registry
        )
        self.notified = Counter(
            "weaudit_notifications", "Messages to people: told, failed", ["result"], registry=self.registry
        )
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.registry.register(_Log())

    def count(self, answer: str, reason: str = "", kind: str = "") -> None:
        """Count one answer to a push."""
        self.pushes.labels(answer, reason, kind).inc()

    def called(self, endpoint: str, errcode: int | None, seconds: float) -> None:
        """Count a call of WeChat's, answered or not."""
        self.calls.labels(endpoint, "none" if errcode is None else str(errcode)).inc()
        self.call_seconds.labels(endpoint).observe(seconds)

    def serve(self, host: str, port: int) -> None:
        """Serve the numbers, for as long as the process lives. Raises OSError."""
        start_http_server(port, addr=host, registry=self.registry)


class _Log(Collector):
    def collect(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily(
            "weaudit_log_lines_dropped", "Lines that were dropped because nobody read the log", logs.dropped()
        )
