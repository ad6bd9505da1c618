"""A UDP socket on the event loop: the raw socket with a reader, not a DatagramProtocol.

Reading many datagrams for each wake-up is several times as fast as asyncio's own transport, and
the same on uvloop.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from hutong.protocols.stun import Address

# One wake-up reads no more than this, so that one busy socket cannot starve the others.
READS_PER_WAKEUP_MAX = 64
# No UDP payload is longer.
_READ_BYTES = 65_536
# Room for bursts while the loop is busy; the kernel may grant less.
_SOCKET_BUFFER_BYTES = 1 << 20

# From Linux's in.h; the socket module does not export them.
_IP_MTU_DISCOVER = 10
_IP_PMTUDISC_DONT = 0
_IP_PMTUDISC_PROBE = 3


class DatagramPort:
    """Reads datagrams to a callback and sends datagrams without ever waiting."""

    def __init__(
        self,
        bound: socket.socket,
        received: Callable[[bytes, Address], None],
        *,
        controls_fragmentation: bool = False,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = bound
        self._received = received
        self._controls_fragmentation = controls_fragmentation
        if controls_fragmentation:
            bound.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_DONT)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            bound.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER_BYTES)
        self._loop.add_reader(bound.fileno(), self._read)

    @property
    def port(self) -> int:
        """The local port."""
        return int(self._socket.getsockname()[1])

    def send(self, data: bytes, to: Address, *, dont_fragment: bool = False) -> bool:
        """Send one datagram; False when the kernel would not take it.

        A full buffer, an address without a route or a datagram that is too long lose it, as any
        hop on the way might.
        """
        if self._socket.fileno() < 0:
            return False
        with contextlib.suppress(OSError):
            if dont_fragment and self._controls_fragmentation:
                return self._send_unfragmented(data, to)
            self._socket.sendto(data, to)
            return True
        return False

    def close(self) -> None:
        """Close the socket; idempotent."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _send_unfragmented(self, data: bytes, to: Address) -> bool:
        self._socket.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE)
        try:
            self._socket.sendto(data, to)
        finally:
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_DONT)
        return True

    def _read(self) -> None:
        for _ in range(READS_PER_WAKEUP_MAX):
            if self._socket.fileno() < 0:
                # What was received just now ended this allocation.
                return
            try:
                data, sender = self._socket.recvfrom(_READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                # An ICMP error for something sent earlier: the next read goes on.
                continue
            self._received(data, Address(sender[0], sender[1]))
