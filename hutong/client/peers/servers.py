"""Which of the server's STUN and TURN addresses this device can use from where it is.

aioice takes one STUN and one TURN server, and waits five seconds for an answer over UDP that a firewall
will never let in. So UDP and TCP are tried first, for a moment; where UDP is blocked the relay is reached
over TCP, and where that is blocked too (a firewall that lets only TLS through) over TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field

from aiortc import RTCIceServer

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.probe import IceUrl, ProbeError, stun_binding
from hutong.client.punch.stun import ask_over_tcp, resolve
from hutong.platform.clock import Randomness
from hutong.platform.errors import RpcError
from hutong.protocols.stun import Family
from hutong.schema import peers_pb2 as pb

_ANSWER_WITHIN_S = 4.0
# Four requests; a round trip to the other side of the world is a third of it.
_UDP_ANSWERS_WITHIN_S = 1.0
# Three round trips, on a machine that is busy too: over TLS its certificate has to be good.
_TCP_ANSWERS_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True)
class Servers:
    """What to give to a connection. `hosts` are the machines whose addresses are a relay's.

    `stun` and `stun_tcp` answer Binding requests: host and port.
    """

    usable: list[RTCIceServer] = field(default_factory=list)
    hosts: frozenset[str] = frozenset()
    udp: bool = True
    stun: tuple[str, int] | None = None
    stun_tcp: tuple[str, int] | None = None


async def ice_servers(connection: Connection) -> Servers:
    """Return the servers that can be used here, over UDP where that passes.

    Without an answer of the server there are none: in one network a connection opens without.
    """
    try:
        reply = await connection.call(
            methods.GET_ICE_SERVERS, pb.GetIceServersRequest(), deadline_s=_ANSWER_WITHIN_S
        )
    except RpcError:
        return Servers()
    urls = [(url, server) for server in reply.servers for url in _parsed(server)]
    parsed = [url for url, _ in urls]
    udp, tcp = await asyncio.gather(_udp_passes(parsed), _tcp_passes(parsed))
    usable = [
        RTCIceServer(
            urls=[f"{url.scheme}:{_bracketed(url.host)}:{url.port}{_transport(url)}"],
            username=server.username,
            credential=server.credential,
        )
        for url, server in urls
        if (udp if url.transport == "udp" else tcp or url.scheme == "turns")
    ]
    relays = frozenset(url.host for url in parsed if url.scheme.startswith("turn"))
    stun_tcp = _place(parsed, "turn", "tcp") if tcp else None
    return Servers(usable, relays, udp, _place(parsed, "stun", "udp"), stun_tcp)


def _place(urls: list[IceUrl], scheme: str, transport: str) -> tuple[str, int] | None:
    """Return where such a server is. A TURN server answers Binding requests too (RFC 8656, section 3)."""
    return next(
        ((url.host, url.port) for url in urls if (url.scheme, url.transport) == (scheme, transport)), None
    )


async def _udp_passes(urls: list[IceUrl]) -> bool:
    stun = next((url for url in urls if url.scheme == "stun"), None)
    if stun is None:
        return True
    try:
        async with asyncio.timeout(_UDP_ANSWERS_WITHIN_S):
            await stun_binding(stun.host, stun.port)
    except (ProbeError, TimeoutError):
        return False
    return True


async def _tcp_passes(urls: list[IceUrl]) -> bool:
    """Tell whether the relay answers over plain TCP. Not asked when there is none over TLS in its place."""
    place = _place(urls, "turn", "tcp")
    if place is None or all(url.scheme != "turns" for url in urls):
        return True
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_TCP_ANSWERS_WITHIN_S):
            address = await resolve(*place)
            if address is None:
                return False
            family = socket.AF_INET6 if address.family is Family.IPV6 else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM) as asking:
                asking.setblocking(False)
                await asyncio.get_running_loop().sock_connect(asking, address)
                return await ask_over_tcp(asking, Randomness()) is not None
    return False


def _parsed(server: pb.IceServer) -> list[IceUrl]:
    """Return the addresses that make sense."""
    found: list[IceUrl] = []
    for url in server.urls:
        try:
            found.append(IceUrl.parse(url))
        except ProbeError:
            continue
    return found


def _transport(url: IceUrl) -> str:
    return f"?transport={url.transport}" if url.scheme.startswith("turn") else ""


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
