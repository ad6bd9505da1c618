"""Binding the sockets of the relay: its listeners, and one for each allocation."""

import errno
import random
import socket

# How often another port is tried: for a port free in both UDP and TCP, for an even one, or for a
# free one of the operator's range.
BIND_ATTEMPTS_MAX = 64
_TCP_BACKLOG = 128
# Linux's default range for ephemeral ports, when the operator gave none.
_EPHEMERAL_PORTS = (32_768, 60_999)

# Relayed ports must not be easy to foretell (RFC 8656 section 7.2).
_RANDOM = random.SystemRandom()


class PortsExhaustedError(OSError):
    """No free port was found for a relay socket."""


def family_of(host: str) -> socket.AddressFamily:
    """Return the socket family of a numeric host."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def bind_listeners(host: str, port: int, *, shared: bool = False) -> tuple[socket.socket, socket.socket]:
    """Bind UDP and TCP to the same port; 0 takes any port that is free in both.

    `shared` lets `bind_datagrams` take the UDP port at single addresses beside a wildcard.
    Raises OSError when the port is taken.
    """
    for attempt in range(BIND_ATTEMPTS_MAX):
        udp = _bind(host, port, socket.SOCK_DGRAM, shared=shared)
        try:
            tcp = bind_stream(host, udp.getsockname()[1])
        except OSError:
            udp.close()
            if port or attempt == BIND_ATTEMPTS_MAX - 1:
                raise
            continue
        return udp, tcp
    raise AssertionError("the last attempt returns or raises")


def bind_stream(host: str, port: int) -> socket.socket:
    """Bind and listen on TCP. Raises OSError when the port is taken."""
    bound = _bind(host, port, socket.SOCK_STREAM)
    bound.listen(_TCP_BACKLOG)
    return bound


def bind_datagrams(host: str, port: int) -> socket.socket:
    """Bind UDP at one address, also beside a wildcard that is shared."""
    return _bind(host, port, socket.SOCK_DGRAM, shared=True)


def bind_relay(
    host: str, *, port_range: tuple[int, int] | None, even_port: bool, reserve_next: bool = False
) -> tuple[socket.socket, socket.socket | None]:
    """Bind a relay socket to a random port, of the range (inclusive) if there is one.

    With `reserve_next` a second one is bound to the port above.
    Raises PortsExhaustedError after BIND_ATTEMPTS_MAX attempts, or OSError when no socket can be
    had at all.
    """
    for _ in range(BIND_ATTEMPTS_MAX):
        port = _random_port(port_range, even_port=even_port, reserve_next=reserve_next)
        try:
            bound = _bind(host, port, socket.SOCK_DGRAM)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        if not reserve_next:
            return bound, None
        try:
            return bound, _bind(host, port + 1, socket.SOCK_DGRAM)
        except OSError as error:
            bound.close()
            if error.errno != errno.EADDRINUSE:
                raise
    raise PortsExhaustedError("no free relay port")


def _random_port(port_range: tuple[int, int] | None, *, even_port: bool, reserve_next: bool) -> int:
    if port_range is None:
        if not even_port:
            return 0
        port_range = _EPHEMERAL_PORTS
    first, last = port_range
    last -= reserve_next
    ports = range(first + first % 2, last + 1, 2) if even_port else range(first, last + 1)
    if not ports:
        raise PortsExhaustedError("the port range has no even port")
    return _RANDOM.choice(ports)


def _bind(host: str, port: int, kind: socket.SocketKind, *, shared: bool = False) -> socket.socket:
    bound = socket.socket(family_of(host), kind)
    try:
        bound.setblocking(False)
        if kind is socket.SOCK_STREAM or shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if bound.family == socket.AF_INET6:
            # The wildcard takes IPv4 clients as well.
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
