"""What the relay counts, and how it becomes Prometheus metrics."""

from typing import Literal, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge

Direction = Literal["to_peer", "to_client"]


class RelayMeter(Protocol):
    """Where the relay reports to. Calls come from the event loop and must not block."""

    def allocations_open(self, count: int) -> None:
        """There are now this many relay sockets."""

    def relayed(self, direction: Direction, packets: int, size_bytes: int) -> None:
        """Datagrams were carried; their payloads have that size together."""

    def dropped(self, reason: str, packets: int = 1) -> None:
        """Something was dropped; the reasons are a small fixed set."""


class SilentMeter:
    """Counts nothing."""

    def allocations_open(self, count: int) -> None:
        """Ignore it."""

    def relayed(self, direction: Direction, packets: int, size_bytes: int) -> None:
        """Ignore it."""

    def dropped(self, reason: str, packets: int = 1) -> None:
        """Ignore it."""


class PrometheusMeter:
    """Counts into a Prometheus registry, as `hutong_relay_*`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._open = Gauge("hutong_relay_allocations_open", "Relay sockets open now", registry=registry)
        packets = Counter("hutong_relay_packets", "Datagrams relayed", ["direction"], registry=registry)
        size = Counter("hutong_relay_bytes", "Payload bytes relayed", ["direction"], registry=registry)
        self._dropped = Counter("hutong_relay_dropped", "Frames dropped", ["reason"], registry=registry)
        # Label look-ups cost more than the counting: they are done once.
        self._relayed = {
            direction: (packets.labels(direction), size.labels(direction))
            for direction in ("to_peer", "to_client")
        }

    def allocations_open(self, count: int) -> None:
        """Set the gauge."""
        self._open.set(count)

    def relayed(self, direction: Direction, packets: int, size_bytes: int) -> None:
        """Count datagrams and their bytes."""
        count, size = self._relayed[direction]
        count.inc(packets)
        size.inc(size_bytes)

    def dropped(self, reason: str, packets: int = 1) -> None:
        """Count drops."""
        self._dropped.labels(reason).inc(packets)
