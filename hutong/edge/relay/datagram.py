"""One UDP socket of the relay: a raw socket, not an asyncio transport.

Who reads it is `fast_path.py`; what is sent here is what does not come in numbers: answers, and data of
clients over TCP.
"""

import socket

from hutong.edge.relay import socket_address
from hutong.edge.relay.outbox import Name, name_of
from hutong.protocols.stun import Address

# Room for bursts while the loop is busy; the kernel may grant less.
_SOCKET_BUFFER_BYTES = 1 << 20

# From Linux's in.h and in6.h; the socket module does not export them.
_MTU_DISCOVER = {
    socket.AF_INET: (socket.IPPROTO_IP, 10),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 23),
}
_PMTUDISC_DONT = 0
_PMTUDISC_PROBE = 3


class DatagramPort:
    """A bound socket that sends without ever waiting; `address` is what others reach it at."""

    def __init__(self, bound: socket.socket, address: Address) -> None:
        self.address = address
        self.fd = bound.fileno()
        self.family = bound.family
        self.name_bytes = socket_address.SIZE_BYTES[bound.family]
        self._socket = bound
        self._discovery = _MTU_DISCOVER[bound.family]
        # The path's MTU is between the client and its peer: the relay fragments as a router does.
        bound.setsockopt(*self._discovery, _PMTUDISC_DONT)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            bound.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER_BYTES)

    def name(self, address: Address) -> Name:
        """Return an address in the form this socket's kernel calls take; raises OSError."""
        return name_of(socket_address.pack(self.family, address))

    def send(self, data: bytes, to: Address, *, dont_fragment: bool = False) -> bool:
        """Send one datagram; False when the kernel would not take it.

        A full buffer, an address without a route or a datagram that is too long lose it, as any
        hop on the way might.
        """
        if self._socket.fileno() < 0:
            return False
        if not dont_fragment:
            return self._try(data, to)
        self._socket.setsockopt(*self._discovery, _PMTUDISC_PROBE)
        try:
            return self._try(data, to)
        finally:
            self._socket.setsockopt(*self._discovery, _PMTUDISC_DONT)

    def close(self) -> None:
        """Close the socket; idempotent."""
        self._socket.close()

    def _try(self, data: bytes, to: Address) -> bool:
        # The first attempt may tell the ICMP error of an earlier datagram instead of sending this one.
        for _ in range(2):
            try:
                self._socket.sendto(data, to)
            except BlockingIOError:
                return False
            except OSError:
                continue
            else:
                return True
        return False
