"""Clients over TLS: docs/protocol/stun.md, STUN12."""

import asyncio
import ssl
from pathlib import Path

import pytest

from hutong.edge import certificates
from hutong.edge.relay.configured import ALPN
from hutong.protocols.stun.message import MessageClass, Method, encode_message, parse_message

from .loopback import HOST, WAIT_S, RelayStarter, open_echo, open_turn, until

BINDING = encode_message(Method.BINDING, MessageClass.REQUEST, bytes(12), [])


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    return certificates.ensure(tmp_path, HOST)


def client_context(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


async def test_data_goes_through_the_relay_over_tls(
    start_relay: RelayStarter, certificate: tuple[Path, Path]
) -> None:
    """STUN12: as over TCP, on a port of its own."""
    relay = await start_relay(tls=certificates.server_context(*certificate, ALPN))
    assert relay.tls_port not in {0, relay.port}
    echo, peer = await open_echo()
    tls = client_context(certificate[0])
    turn, inbox = await open_turn(relay.tls_port, transport="tcp", tls=tls)
    assert relay.allocation_count == 1
    for size in (1, 3, 1200, 40_000):
        turn.sendto(bytes(size), peer)
        assert await inbox.next() == (b"echo " + bytes(size), peer)
    turn.close()
    await until(lambda: relay.allocation_count == 0)
    echo.close()


@pytest.mark.parametrize("alpn", [[], ["stun.turn"]])
async def test_clients_may_name_the_protocol(
    start_relay: RelayStarter, certificate: tuple[Path, Path], alpn: list[str]
) -> None:
    """STUN12: RFC 7443."""
    relay = await start_relay(tls=certificates.server_context(*certificate, ALPN))
    context = client_context(certificate[0])
    if alpn:
        context.set_alpn_protocols(alpn)
    reader, writer = await asyncio.open_connection(HOST, relay.tls_port, ssl=context)
    assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == (alpn[0] if alpn else None)
    writer.write(BINDING)
    answer = await asyncio.wait_for(reader.readexactly(32), WAIT_S)
    assert parse_message(answer).message_class is MessageClass.SUCCESS
    writer.close()
    await writer.wait_closed()


async def test_what_is_not_tls_gets_no_answer(
    start_relay: RelayStarter, certificate: tuple[Path, Path]
) -> None:
    """STUN12."""
    relay = await start_relay(tls=certificates.server_context(*certificate, ALPN))
    reader, writer = await asyncio.open_connection(HOST, relay.tls_port)
    writer.write(BINDING * 20)
    answer = await asyncio.wait_for(reader.read(100), WAIT_S)
    assert not answer.startswith(b"\1\1")
    writer.close()


async def test_without_a_context_there_is_no_such_port(start_relay: RelayStarter) -> None:
    relay = await start_relay()
    assert relay.tls_port == 0
    assert len(relay._servers) == 1
