"""What the core asks its shell to do. They are to be carried out in their order."""

import enum
from typing import NamedTuple

from hutong.protocols.stun.address import Address, Family, FiveTuple
from hutong.protocols.stun.allocation import Channel
from hutong.protocols.stun.bandwidth import UserBudget


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
    BANDWIDTH = "bandwidth"


class SendToClient(NamedTuple):
    """Send these bytes on the five-tuple; `relayed_bytes` of them are a peer's (0: an answer).

    The five-tuple's server is the address to send from: with RFC 5780 not always the one that
    received.
    """

    five_tuple: FiveTuple
    data: bytes
    relayed_bytes: int = 0


class SendToPeer(NamedTuple):
    """Send a datagram from an allocation's relay socket of the peer's family."""

    allocation_id: int
    peer: Address
    data: bytes
    dont_fragment: bool = False


class OpenRelay(NamedTuple):
    """Open a relay socket, then call `relay_opened` or `relay_failed` with its allocation.

    `reserve_next` asks for a second socket on the next port, to be kept under a token that the
    shell makes up and tells to `relay_opened`. `token` asks for such a socket.
    """

    allocation_id: int
    family: Family
    even_port: bool
    reserve_next: bool = False
    token: bytes = b""


class CloseRelay(NamedTuple):
    """Close an allocation's relay socket of that family, or all of them: the allocation has ended."""

    allocation_id: int
    family: Family | None = None


class CloseReserved(NamedTuple):
    """Close the socket kept under a token: nobody came for it."""

    token: bytes


class BindChannel(NamedTuple):
    """A channel stands.

    A shell that carries its data itself, without `receive` and `relay_received`, watches the
    channel's `expires_at` and takes from the budget what it carries.
    """

    allocation_id: int
    channel: Channel
    five_tuple: FiveTuple
    budget: UserBudget


class UnbindChannel(NamedTuple):
    """A channel has expired, and its number and its peer may be bound anew."""

    allocation_id: int
    channel: Channel


class Dropped(NamedTuple):
    """Nothing to do: something was dropped, for the shell to count."""

    reason: DropReason


Effect = (
    SendToClient | SendToPeer | OpenRelay | CloseRelay | CloseReserved | BindChannel | UnbindChannel | Dropped
)
