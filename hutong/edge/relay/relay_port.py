"""The socket behind one relayed address, and what the network says about what it sent."""

import socket
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from hutong.edge.relay import socket_address
from hutong.edge.relay.datagram import DatagramPort
from hutong.edge.relay.outbox import Name, Run
from hutong.protocols.stun import Address, Channel, UserBudget
from hutong.protocols.stun.attributes import encode_icmp

# From Linux's in.h, in6.h and errqueue.h.
_RECVERR = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),
}
_MSG_ERRQUEUE = 0x2000
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
_ORIGINS = {socket.AF_INET: 2, socket.AF_INET6: 3}
# RFC 8656 section 11.5: those that a client is told of. Destination unreachable and time exceeded; for
# ICMPv6 packet too big as well, which ICMP has as a code of destination unreachable.
_TYPES = {socket.AF_INET: frozenset({3, 11}), socket.AF_INET6: frozenset({1, 2, 3})}
# What was sent comes back with the error; nobody needs it.
_RETURNED_BYTES = 0
_CONTROL_BYTES = 512
_ERRORS_PER_WAKEUP_MAX = 16


class IcmpError(NamedTuple):
    """A datagram to `peer` did not get there; `attribute` is the value of ICMP (RFC 8656 18.13)."""

    peer: Address
    attribute: bytes


@dataclass(slots=True, eq=False)
class Route:
    """A channel, as the sockets see it: from this client's frames to that peer and back.

    `outward` and `inward` are the datagrams of the batch being worked on.
    """

    channel: Channel
    budget: UserBudget
    relay: "RelayPort"
    listener: DatagramPort
    peer: Name
    client: Name
    client_key: bytes
    peer_key: bytes
    outward: Run = field(default_factory=Run)
    inward: Run = field(default_factory=Run)


class RelayPort(DatagramPort):
    """A relay socket, with the routes of its channels by their peer's sockaddr."""

    def __init__(self, bound: socket.socket, allocation_id: int, relay_host: str) -> None:
        super().__init__(bound, Address(relay_host, int(bound.getsockname()[1])))
        bound.setsockopt(*_RECVERR[bound.family], 1)
        self.allocation_id = allocation_id
        # What a neighbour on the same server sees as the sender.
        self.key = socket_address.pack(bound.family, self.address)
        self.routes: dict[bytes, Route] = {}

    def read_errors(self) -> list[IcmpError]:
        """Return what ICMP told since the last time; bounded."""
        told: list[IcmpError] = []
        for _ in range(_ERRORS_PER_WAKEUP_MAX):
            try:
                _, control, _, peer = self._socket.recvmsg(_RETURNED_BYTES, _CONTROL_BYTES, _MSG_ERRQUEUE)
            except OSError:
                break
            for level, kind, value in control:
                if (level, kind) != _RECVERR[self.family] or len(value) < _EXTENDED_ERROR.size:
                    continue
                _, origin, icmp_type, code, _, info, _ = _EXTENDED_ERROR.unpack_from(value)
                if origin == _ORIGINS[self.family] and icmp_type in _TYPES[self.family]:
                    attribute = encode_icmp(icmp_type, code, info)
                    told.append(IcmpError(Address(peer[0], peer[1]), attribute))
        return told
