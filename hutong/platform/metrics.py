"""What Prometheus reads at /metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """One registry for each server, so that tests may run several in a process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.connections = Gauge("hutong_connections", "Open client connections", registry=self.registry)
        self.requests = Counter(
            "hutong_requests", "Answered requests", ["method", "code"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "hutong_request_seconds",
            "From arrival to answer, for requests that run as tasks",
            ["method"],
            buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
            registry=self.registry,
        )
        self.events = Counter("hutong_events", "Events appended to logs", registry=self.registry)
        self.slow_readers = Counter(
            "hutong_slow_readers",
            "Connections cut loose because they did not read",
            registry=self.registry,
        )

    def gauge(self, name: str, meaning: str) -> Gauge:
        """Return a new gauge of this registry, to be set or given a function."""
        return Gauge(name, meaning, registry=self.registry)

    def counter(self, name: str, meaning: str) -> Counter:
        """Return a new counter of this registry."""
        return Counter(name, meaning, registry=self.registry)

    def text(self) -> bytes:
        """Return the exposition format."""
        return generate_latest(self.registry)
