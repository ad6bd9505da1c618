"""How many round trips until the first reply, counted from the moment the TCP connection stands."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from bench._certificate import Certificate, client_context
from bench._link import connect_stream
from bench._people import Person
from bench._server import Server
from hutong.protocols.tls13 import Ticket
from tests.network.proxy import Proxy
from tests.network.weather import Weather

RTTS_S = (0.0, 0.05, 0.2)
TRIES = 3
_QUIC_PYTHON = Path(".make/peers-python/bin/python")


async def ours(server: Server, person: Person, tickets: list[Ticket], rtt_s: float) -> dict[str, float]:
    """Return seconds to the reply to `Resume`, sealed layer and all, for each kind of handshake.

    A ticket is good once: each connection takes one from `tickets` and leaves its new ones there.
    """
    taken: dict[str, float] = {}
    weather = Weather(delay_s=rtt_s / 2)
    async with Proxy(("127.0.0.1", server.link_port), weather=weather) as proxy:
        for kind in ("full", "resumed", "zero_rtt"):
            ticket = None if kind == "full" else tickets.pop()
            link, stream = await connect_stream(
                server, person, ticket=ticket, early=kind == "zero_rtt", port=proxy.port
            )
            assert stream.resumed == (kind != "full"), kind
            assert stream.early_accepted == (kind == "zero_rtt"), kind
            taken[kind] = link.replied_at - stream.began_at
            await asyncio.sleep(rtt_s + 0.1)  # its tickets arrive
            tickets += stream.tickets
            link.carrier.close()
    return taken


class _SslClient(asyncio.Protocol):
    """Python's `ssl` over memory, as only so a session can be given to it. Asks once."""

    def __init__(self, context: ssl.SSLContext, session: ssl.SSLSession | None) -> None:
        self.answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, session=session)
        self._asked = False
        self._began_at = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by behaviour only
        self._began_at = time.perf_counter()
        self._go_on()

    def data_received(self, data: bytes) -> None:
        """Go on with what came."""
        self._incoming.write(data)
        self._go_on()

    def _go_on(self) -> None:
        try:
            if not self._asked:
                self.tls.do_handshake()
                self._asked = True
                self.tls.write(b"?" * 100)
            if self.tls.read(100) and not self.answered.done():
                self.answered.set_result(time.perf_counter() - self._began_at)
        except ssl.SSLWantReadError:
            pass
        if out := self._outgoing.read():
            self._transport.write(out)


class _Answering(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


async def python_ssl(certificate: Certificate, rtt_s: float) -> dict[str, float]:
    """Return seconds to an answer from a server of Python's `ssl`, without and with a session."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Answering, "127.0.0.1", 0, ssl=certificate.server_context())
    context = client_context()
    taken: dict[str, float] = {}
    session: ssl.SSLSession | None = None
    target = server.sockets[0].getsockname()
    async with Proxy(target, weather=Weather(delay_s=rtt_s / 2)) as proxy:
        for kind in ("full", "resumed"):
            transport, client = await loop.create_connection(
                partial(_SslClient, context, session), "127.0.0.1", proxy.port
            )
            taken[kind] = await asyncio.wait_for(client.answered, 10)
            assert client.tls.session_reused == (kind == "resumed")
            session = client.tls.session
            transport.abort()
    server.close()
    await server.wait_closed()
    return taken


def quic_installed() -> bool:
    """Tell whether aioquic is there; `make bench` puts it into an environment of its own."""
    return _QUIC_PYTHON.exists()


async def quic(certificate: Certificate) -> dict[str, float]:
    """Return aioquic's seconds to an answer by 0-RTT, by round-trip time; from the first datagram on."""
    command = [str(_QUIC_PYTHON), "-m", "bench._quic", str(certificate.certificate_path)]
    command += [str(certificate.key_path), *map(str, RTTS_S)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=sys.stderr
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    if process.returncode:
        raise RuntimeError("the aioquic peer failed")
    return cast("dict[str, float]", json.loads(output))


@dataclass(frozen=True, slots=True)
class FirstReplies:
    """Metrics and peers, in round trips at 50 and 200 ms, and in ms at 0."""

    metrics: dict[str, float]
    peers: dict[str, float]


async def measure(
    server: Server, person: Person, tickets: list[Ticket], certificate: Certificate
) -> FirstReplies:
    """Measure everybody at every distance. `tickets` are two at least, the server 20 s old (LINK rules)."""
    metrics: dict[str, float] = {}
    peers: dict[str, float] = {}
    for rtt_s in RTTS_S:
        times = [await ours(server, person, tickets, rtt_s) for _ in range(TRIES)]
        _note(metrics, "", _best(times), rtt_s)
        times = [await python_ssl(certificate, rtt_s) for _ in range(TRIES)]
        _note(peers, "ssl_", _best(times), rtt_s)
    if quic_installed():
        for rtt, seconds in (await quic(certificate)).items():
            _note(peers, "aioquic_", {"zero_rtt": seconds}, float(rtt))
    metrics["zero_rtt_first_reply_rtts"] = metrics["zero_rtt_first_reply_rtts_at_200"]
    return FirstReplies(metrics, peers)


def _best(times: list[dict[str, float]]) -> dict[str, float]:
    """Round trips are a property of the protocol; whatever else the machine did only adds."""
    return {kind: min(each[kind] for each in times) for kind in times[0]}


def _note(into: dict[str, float], prefix: str, taken: dict[str, float], rtt_s: float) -> None:
    for kind, seconds in taken.items():
        if rtt_s:
            into[f"{prefix}{kind}_first_reply_rtts_at_{rtt_s * 1000:.0f}"] = seconds / rtt_s
        else:
            into[f"{prefix}{kind}_first_reply_ms_at_0"] = seconds * 1000
