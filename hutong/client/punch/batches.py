"""A UDP socket that takes and gives datagrams in batches: recvmmsg, GRO and GSO where the system has them."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

from qh3._hazmat import UdpSocketState  # private in qh3, therefore its version is pinned

from hutong.protocols.stun import Address

_NO_SEGMENTATION = frozenset({errno.EIO, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOPROTOOPT})
_GONE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EBADF})


class Batches:
    """Owns a socket until `close`. `readable` hears of datagrams, `writable` that kept ones may leave."""

    def __init__(
        self,
        sock: socket.socket,
        remote: Address,
        *,
        readable: Callable[[], None],
        writable: Callable[[], None],
    ) -> None:
        """Begin to listen to it."""
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._remote = (remote.host, remote.port)
        self._state = UdpSocketState(sock.fileno())
        self._writable = writable
        self._unsent: list[bytes] = []
        self._waiting = False
        self._closed = False
        self._loop.add_reader(sock.fileno(), readable)

    def receive(self) -> list[tuple[bytes, Address]]:
        """Return what has arrived, whoever sent it."""
        try:
            received = self._state.recv()
        except OSError:
            return []
        return [(data, Address(source[0], source[1])) for data, source in received if data]

    @property
    def clear(self) -> bool:
        """Whether everything has left."""
        return not self._unsent

    def send(self, datagrams: list[bytes]) -> bool:
        """Send, or keep what does not leave now. Return whether the remote can still be reached."""
        self._unsent += datagrams
        while self._unsent and not self._closed:
            try:
                sent = self._state.send(self._unsent, self._remote)
            except OSError as error:
                del self._unsent[: getattr(error, "datagrams_sent", 0)]
                if error.errno in _GONE:
                    return False
                if error.errno in {errno.EAGAIN, errno.EINTR}:
                    break
                if error.errno in _NO_SEGMENTATION:
                    self._state.disable_gso()
                # Too large for the path: it asked how large one may be. Else it is lost like any packet.
                del self._unsent[:1]
            else:
                del self._unsent[:sent]
                if sent == 0:
                    break
        self._wait(wanted=bool(self._unsent))
        return True

    def close(self) -> None:
        """Let go."""
        self._closed = True
        self._unsent.clear()
        self._loop.remove_reader(self._socket.fileno())
        self._wait(wanted=False)
        self._socket.close()

    def _wait(self, *, wanted: bool) -> None:
        if wanted == self._waiting:
            return
        self._waiting = wanted
        if wanted:
            self._loop.add_writer(self._socket.fileno(), self._writable)
        else:
            self._loop.remove_writer(self._socket.fileno())
