"""Where carriers meet the core: what an edge gives, and what it gets (docs/protocol/sealed.md).

In one process the core's own `Door` stands behind the listeners; apart, the edge's listeners get one that
passes everything on to the core's process. Neither knows the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hutong.protocols.sealed import wire


class Carrier(Protocol):
    """What moves whole sealed messages to one client. Given to the core by an edge."""

    def send(self, message: bytes) -> None:
        """Queue one carrier message (SEAL1)."""

    def waiting_bytes(self) -> int:
        """Return how much the client has not taken yet."""

    def identified(self, tag: bytes) -> None:
        """Be told that a device signed in; `tag` is 16 bytes that stand for it and tell nothing.

        Tickets that the edge issues from now on are bound to it.
        """

    def close(self, *, at_once: bool) -> None:
        """End the carrier, after what is queued or at once."""


class Inlet(Protocol):
    """The core's side of one carrier. Given to an edge by the core."""

    def receive(self, message: bytes) -> None:
        """Take one carrier message. Never raises for what the client sent."""

    def finished(self) -> None:
        """Be told that the client sends no more: what came is answered, then the carrier is closed.

        For carriers of one exchange (a POST), whose answer ends there.
        """

    def drained(self) -> None:
        """Be told that less than `LOW_WATER_BYTES` wait in the carrier again, after more did."""

    def closed(self) -> None:
        """Be told, once, that the carrier is gone."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What an edge knows of a client, and nobody else can."""

    address: str  # the client's IP address, for rate limits
    exporter: bytes = b""  # 32 bytes of the outer TLS, or none (SEAL4)
    tag: bytes = b""  # of the device the resumed ticket was bound to, or none


class Door(Protocol):
    """Takes new carriers."""

    def open(self, carrier: Carrier, arrival: Arrival) -> Inlet:
        """Return the inlet of a carrier that has just opened."""


# Bulk records wait until less than this is in the carrier (SEAL13).
LOW_WATER_BYTES = wire.LOW_WATER_BYTES
# A sealed record with its header, and an OPEN, are no larger (SEAL1).
CARRIER_MESSAGE_BYTES_MAX = wire.CARRIER_MESSAGE_BYTES_MAX
# The OPEN that asks for a manifest is the smallest thing a client says (SEAL19).
CARRIER_MESSAGE_BYTES_MIN = wire.OPEN_HEADER.size
