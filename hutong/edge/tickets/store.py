"""The port behind which tickets are kept. What every adapter must do: tests/contracts/test_tickets.py."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

IDENTITY_BYTES = 32
# Of one device; the ones that end first make room.
TICKETS_OF_A_DEVICE_MAX = 8
# Of all devices: about 400 bytes each in a database.
TICKETS_MAX = 1_000_000


class TicketStoreError(Exception):
    """The store cannot answer: whoever asked goes on without a ticket."""


@dataclass(frozen=True, slots=True)
class KeptTicket:
    """What the server keeps of a ticket."""

    secret: bytes  # the serialized ticket with its PSK
    tag: bytes  # stands for the device it was issued to (`Carrier.identified`)
    expires_ms: int  # Unix time


class TicketStore(Protocol):
    """Keeps the tickets of one region. Several edges may share one."""

    async def keep(self, identity: bytes, ticket: KeptTicket) -> None:
        """Keep a ticket under the hash of its 32-byte identity. Raises `TicketStoreError`."""

    async def look(self, identity: bytes, now_ms: int) -> KeptTicket | None:
        """Return a ticket and leave it where it is, to see whether it fits. Raises `TicketStoreError`."""

    async def consume(self, identity: bytes, now_ms: int) -> KeptTicket | None:
        """Erase a ticket and return it: to one caller only, whoever else asks, from whatever process.

        None when there is none, it has expired, or it is another region's. Raises `TicketStoreError`.
        """

    async def purge(self, now_ms: int) -> None:
        """Erase what has expired. Raises `TicketStoreError`."""

    async def close(self) -> None:
        """Let go of what the adapter holds."""


def name_of(identity: bytes) -> bytes:
    """Return what a ticket is kept under: who reads the store cannot show a ticket."""
    return hashlib.sha256(identity).digest()
