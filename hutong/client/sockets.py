"""How a carrier's socket is set: no delay for what is small, no long queue before what is urgent."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from hutong.protocols.sealed import LOW_WATER_BYTES

# Bytes in the kernel that are not on the wire yet; a text would have to wait behind them (SEAL13).
_NOT_SENT_BYTES_MAX = 16 * 1024
# RFC 4594: AF21, low-latency data. Networks that know it send chat before downloads.
_DSCP_AF21 = 18 << 2
# How long a carrier may take to end politely.
LINGER_S = 2.0


def prepare_socket(transport: asyncio.BaseTransport) -> None:
    """Set what the machine allows; none of it is needed to work."""
    sock = transport.get_extra_info("socket")
    if sock is None or sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError, AttributeError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _NOT_SENT_BYTES_MAX)
    with contextlib.suppress(OSError, AttributeError):
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, _DSCP_AF21)
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _DSCP_AF21)


async def connected_socket(host: str, port: int) -> socket.socket:
    """Return a socket connected to the first of a name's addresses that takes it. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    refused: OSError | None = None
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            refused = refused or error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise refused or OSError(f"{host} has no address")


def limit_writes(transport: asyncio.WriteTransport) -> None:
    """Let the transport tell when less than `LOW_WATER_BYTES` wait after more did."""
    transport.set_write_buffer_limits(high=LOW_WATER_BYTES - 1, low=LOW_WATER_BYTES // 2)
