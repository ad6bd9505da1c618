"""What the core asks its shell to do. They are to be carried out in their order."""

import enum
from typing import NamedTuple

from hutong.protocols.stun.address import Address, Family, FiveTuple


class DropReason(enum.Enum):
    """Why something that arrived went no further."""

    MALFORMED = "malformed"
    NOT_A_REQUEST = "not_a_request"
    RATE_LIMITED = "rate_limited"
    PENDING = "pending"
    NO_ALLOCATION = "no_allocation"
    NO_CHANNEL = "no_channel"
    NO_PERMISSION = "no_permission"
    TOO_LARGE = "too_large"


class SendToClient(NamedTuple):
    """Send these bytes on the five-tuple; `relayed_bytes` of them are a peer's (0: an answer)."""

    five_tuple: FiveTuple
    data: bytes
    relayed_bytes: int = 0


class SendToPeer(NamedTuple):
    """Send a datagram from an allocation's relay socket."""

    allocation_id: int
    peer: Address
    data: bytes
    dont_fragment: bool = False


class OpenRelay(NamedTuple):
    """Open a relay socket, then call `relay_opened` or `relay_failed` with its allocation."""

    allocation_id: int
    family: Family
    even_port: bool


class CloseRelay(NamedTuple):
    """Close an allocation's relay socket: the allocation has ended."""

    allocation_id: int


class Dropped(NamedTuple):
    """Nothing to do: something was dropped, for the shell to count."""

    reason: DropReason


Effect = SendToClient | SendToPeer | OpenRelay | CloseRelay | Dropped
