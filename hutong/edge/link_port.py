"""What the connections of a link port have in common."""

from __future__ import annotations

from typing import Protocol

from prometheus_client import CollectorRegistry, Counter

from hutong.edge.admission import Admission
from hutong.edge.tickets.office import TicketOffice
from hutong.platform.clock import Clock, Randomness
from hutong.platform.door import Door
from hutong.protocols.tls13 import ServerConfig


class Connected(Protocol):
    """One of the connections."""

    def shutdown(self) -> None:
        """End, after what is queued."""


class LinkPort:
    """What all connections of a link port share. `config` may be replaced while it listens."""

    def __init__(
        self,
        config: ServerConfig,
        *,
        door: Door,
        tickets: TicketOffice,
        admission: Admission,
        clock: Clock,
        random: Randomness,
        dscp: int,
        registry: CollectorRegistry,
    ) -> None:
        self.config = config
        self.door = door
        self.tickets = tickets
        self.admission = admission
        self.clock = clock
        self.random = random
        self.dscp = dscp
        self.connections: set[Connected] = set()
        self.handshakes = Counter(
            "hutong_link_handshakes", "Handshakes on the link port", ["kind"], registry=registry
        )
