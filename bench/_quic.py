"""aioquic's 0-RTT, run by bench._first_reply in the environment that has aioquic. Prints JSON."""

# mypy: disable-error-code="import-not-found,misc,no-any-return"
# aioquic is in the peers' environment only.

from __future__ import annotations

import asyncio
import json
import sys
import time

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent, StreamDataReceived
from aioquic.tls import SessionTicket

from tests.network.datagrams import DatagramProxy
from tests.network.weather import Weather

ALPN = ["bench"]
TRIES = 3


class _Server(QuicConnectionProtocol):
    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, StreamDataReceived):
            self._quic.send_stream_data(event.stream_id, event.data)
            self.transmit()


class _Client(QuicConnectionProtocol):
    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, StreamDataReceived) and not self.answered.done():
            self.answered.set_result(time.perf_counter())


async def _ask(port: int, ticket: SessionTicket | None, kept: list[SessionTicket]) -> float:
    """Return seconds from the first datagram to the answer; with a ticket, by 0-RTT."""
    configuration = QuicConfiguration(alpn_protocols=ALPN, is_client=True, verify_mode=0)
    configuration.session_ticket = ticket
    given = asyncio.Event()

    def keep(fresh: SessionTicket) -> None:
        kept.append(fresh)
        given.set()

    began = time.perf_counter()
    async with connect(
        "127.0.0.1",
        port,
        configuration=configuration,
        create_protocol=_Client,
        session_ticket_handler=keep,
        wait_connected=ticket is None,
    ) as client:
        client._quic.send_stream_data(client._quic.get_next_available_stream_id(), b"?" * 100)  # noqa: SLF001
        client.transmit()
        taken = await asyncio.wait_for(client.answered, 10) - began
        if ticket is not None:
            assert client._quic.tls.early_data_accepted  # noqa: SLF001
        await asyncio.wait_for(given.wait(), 10)
    return taken


async def main(certificate: str, key: str, rtts: list[str]) -> None:
    """Measure at each round-trip time."""
    configuration = QuicConfiguration(alpn_protocols=ALPN, is_client=False)
    configuration.load_cert_chain(certificate, key)
    store: dict[bytes, SessionTicket] = {}
    server = await serve(
        "127.0.0.1",
        0,
        configuration=configuration,
        create_protocol=_Server,
        session_ticket_fetcher=lambda label: store.pop(label, None),
        session_ticket_handler=lambda ticket: store.update({ticket.ticket: ticket}),
    )
    target = server._transport.get_extra_info("sockname")  # noqa: SLF001
    taken = {}
    for rtt in rtts:
        kept: list[SessionTicket] = []
        async with DatagramProxy(target, weather=Weather(delay_s=float(rtt) / 2)) as proxy:
            await _ask(proxy.port, None, kept)
            taken[rtt] = min([await _ask(proxy.port, kept.pop(), kept) for _ in range(TRIES)])
    server.close()
    sys.stdout.write(json.dumps(taken))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
