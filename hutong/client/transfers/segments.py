"""Several datagrams in one system call, where the system cuts a message into them (UDP_SEGMENT)."""

from __future__ import annotations

import socket
import struct
import sys
from asyncio import BaseTransport
from collections.abc import Sequence

_UDP_SEGMENT = 103
_SEGMENT_BYTES = struct.Struct("=H")
# Kernels take 64 in one message; a browser's socket buffer holds 90.
SEGMENTS_MAX = 32


class Segments:
    """Sends what belongs together on a datagram transport's own socket."""

    def __init__(self) -> None:
        self._able = sys.platform == "linux"

    def send(self, transport: BaseTransport, datagrams: Sequence[bytes], address: tuple[str, int]) -> int:
        """Return how many have left; the rest is for the transport itself, which waits where this does not.

        `datagrams` are in runs of one size, the last of a run may be shorter; other orders cost more calls.
        """
        sock = transport.get_extra_info("socket")
        if not self._able or sock is None or len(datagrams) < 2 or transport.is_closing():
            return 0
        # Borrowed for these calls: event loops do not let others send on their sockets.
        borrowed = socket.socket(sock.family, socket.SOCK_DGRAM, 0, fileno=sock.fileno())
        sent = 0
        try:
            while sent < len(datagrams):
                run = _run(datagrams, sent)
                size = _SEGMENT_BYTES.pack(len(run[0]))
                control = [(socket.IPPROTO_UDP, _UDP_SEGMENT, size)] if len(run) > 1 else []
                borrowed.sendmsg(run, control, socket.MSG_DONTWAIT, address)
                sent += len(run)
        except BlockingIOError:
            pass
        except OSError:
            # A device or a path that does not cut; nothing of the run has left.
            self._able = False
        finally:
            borrowed.detach()
        return sent


def _run(datagrams: Sequence[bytes], first: int) -> Sequence[bytes]:
    """Those from `first` on that make one message: of one size, and a shorter one in the end."""
    size = len(datagrams[first])
    end = first + 1
    while end < min(len(datagrams), first + SEGMENTS_MAX) and len(datagrams[end]) == size:
        end += 1
    if end < min(len(datagrams), first + SEGMENTS_MAX) and len(datagrams[end]) < size:
        end += 1
    return datagrams[first:end]
