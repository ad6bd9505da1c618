"""How the sockets of links are set up."""

from __future__ import annotations

import contextlib
import socket

# How long what is queued may take to leave after the end.
LINGER_S = 5
# The kernel takes no more than this ahead of what the network does: what waits can then still be overtaken.
NOT_SENT_BYTES = 32 * 1024


def tune(sock: socket.socket, dscp: int) -> None:
    """Send small messages at once, keep the kernel's queue short, mark what is sent with `dscp` (RFC 4594).

    What a system or a network namespace does not allow is left out.
    """
    if sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError, AttributeError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, NOT_SENT_BYTES)
    if dscp:
        # The two lowest bits are the congestion marks', which are the kernel's.
        with contextlib.suppress(OSError):
            if sock.family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, dscp << 2)
            else:
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dscp << 2)
