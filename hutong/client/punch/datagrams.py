"""A UDP socket that STUN, probes and QUIC share, one after the other."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from hutong.protocols.stun import Address, Family

# A batch a wake-up, so that a flood leaves time for everything else.
_READ_MAX = 64
_DATAGRAM_BYTES_MAX = 2048
# Bytes on their way at 1 Gbit/s and 30 ms; the kernel gives what its own limit allows.
_BUFFER_BYTES = 4 * 1024 * 1024

OnDatagram = Callable[["PunchSocket", bytes, Address], None]


class PunchSocket:
    """Reads from its making until `release` or `close`."""

    def __init__(self, number: int, family: Family, on_datagram: OnDatagram) -> None:
        """Bind any port. Raises `OSError`."""
        self.number = number
        self.family = family
        self._on_datagram = on_datagram
        is_6 = family is Family.IPV6
        self._socket = socket.socket(socket.AF_INET6 if is_6 else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            if is_6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # Answers come from anywhere; what they are worth, a key decides.
            self._socket.bind(("::" if is_6 else "0.0.0.0", 0))  # noqa: S104
            self.port = int(self._socket.getsockname()[1])
            asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)
        except OSError:
            self._socket.close()
            raise

    def send(self, address: Address, data: bytes) -> None:
        """Send a datagram; one that cannot leave is lost like any other."""
        with contextlib.suppress(OSError):
            self._socket.sendto(data, (address.host, address.port))

    def release(self) -> socket.socket:
        """Stop reading; whoever asked owns the socket now."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
        owned, self._socket = self._socket, socket.socket()
        self._socket.close()
        return owned

    def close(self) -> None:
        """End it. Once released, or closed before, there is nothing to do."""
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()

    def _readable(self) -> None:
        for _ in range(_READ_MAX):
            if self._socket.fileno() < 0:
                return
            try:
                data, source = self._socket.recvfrom(_DATAGRAM_BYTES_MAX)
            except OSError:
                return
            if data:
                self._on_datagram(self, data, Address(source[0].partition("%")[0], source[1]))
