"""The link port: CONN3 on our own TLS."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from hutong.platform.clock import ManualClock
from hutong.platform.connection import MESSAGE_BYTES_MAX
from hutong.platform.door import CARRIER_MESSAGE_BYTES_MAX
from hutong.protocols.sealed import MESSAGE
from hutong.protocols.tls13 import AlertDescription, TlsError
from hutong.schema import link_pb2
from tests.edge.linking import RawLink, dialled, link
from tests.edge.listening import Listening, listening, packet, resume, trusting
from tests.edge.raw import connected
from tests.edge.sealed import Ended
from tests.platform.scene import until

ASK = packet(link_pb2.Request(id=1, method=99_999))


async def check_alive(raw: RawLink) -> None:
    await raw.say(ASK)
    assert (await raw.reply()).error.reason == "unknown_method"


# ---- messages ----


async def test_messages_behind_their_length(edge: Listening) -> None:
    """CONN3, SEAL4: the exporter of this TLS is in the keys"""
    (alice,) = await edge.server.people("alice")
    async with link(edge.link_port, edge.root) as raw:
        assert raw.completed is not None
        assert raw.completed.alpn == "hutong/1"
        await raw.say(packet(resume(edge.server, alice, raw)))
        assert not (await raw.reply()).HasField("error")
    async with dialled(edge.link_port, edge.root) as other:
        await other.handshake()
        with pytest.raises(Ended):
            await other.open(bytes(32))


async def test_messages_in_pieces_and_several_at_once(edge: Listening) -> None:
    """CONN3"""
    async with link(edge.link_port, edge.root) as raw:
        sealer = raw.session.sealer
        assert sealer is not None
        record = sealer.seal(ASK, MESSAGE)
        for byte in len(record).to_bytes(2, "big") + record:
            raw.tls.send(bytes([byte]))
            await raw.flush()
        assert len(await raw.replies(1)) == 1
        await raw.carry(*(sealer.seal(ASK, MESSAGE) for _ in range(10)))
        assert len(await raw.replies(10)) == 10
        await check_alive(raw)


async def test_the_largest_packet(edge: Listening) -> None:
    """CONN4, SEAL12"""
    request = link_pb2.Request(id=1, method=99_999, body=b"x" * (MESSAGE_BYTES_MAX - 20))
    request.body += b"x" * (MESSAGE_BYTES_MAX - len(packet(request)))
    async with link(edge.link_port, edge.root) as raw:
        await raw.say(packet(request))
        assert (await raw.reply()).error.reason == "unknown_method"


@pytest.mark.parametrize("size", [CARRIER_MESSAGE_BYTES_MAX + 1, 65535])
async def test_a_larger_message_ends_the_connection_before_it_is_read(edge: Listening, size: int) -> None:
    """SEAL1"""
    async with link(edge.link_port, edge.root) as raw:
        raw.tls.send(size.to_bytes(2, "big"))
        await raw.flush()
        await raw.ended()


async def test_bytes_that_are_no_packet(edge: Listening) -> None:
    """CONN5: the goodbye comes, then a proper end of TLS"""
    async with link(edge.link_port, edge.root) as raw:
        await raw.say(b"\x0f")
        assert await raw.farewell() == link_pb2.Goodbye.REASON_PROTOCOL_ERROR
        await raw.ended()


async def test_a_client_that_goes_away_is_forgotten(edge: Listening) -> None:
    sessions = edge.server.core.platform.sessions
    async with link(edge.link_port, edge.root) as raw:
        assert len(sessions._connections) == 1
        raw.tls.send(b"\x00")
        await raw.flush()
    await until(lambda: not sessions._connections)


async def test_a_client_that_closes_is_answered_first(edge: Listening) -> None:
    """What was asked before the close_notify comes, then the end."""
    async with link(edge.link_port, edge.root) as raw:
        sealer = raw.session.sealer
        assert sealer is not None
        record = sealer.seal(ASK, MESSAGE)
        raw.tls.send(len(record).to_bytes(2, "big") + record)
        raw.tls.close()
        await raw.flush()
        raw.writer.write_eof()
        assert (await raw.reply()).error.reason == "unknown_method"
        await raw.ended()
    assert not edge.server.core.platform.sessions._connections


# ---- TLS ----


@pytest.mark.parametrize("offered", [(), ("http/1.1",), ("hutong/2",)])
async def test_another_protocol_is_not_spoken(edge: Listening, offered: tuple[str, ...]) -> None:
    """CONN3: a browser that is led to this port gets nothing out of it."""
    async with dialled(edge.link_port, edge.root, alpn=offered) as raw:
        with pytest.raises(Ended):
            await raw.handshake()
        assert raw.alert is AlertDescription.NO_APPLICATION_PROTOCOL
    assert not edge.server.core.platform.sessions._connections


async def test_what_is_no_tls(edge: Listening) -> None:
    for garbage in (
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
        os.urandom(500),
    ):
        async with connected(edge.link_port) as raw:
            await raw.write(garbage)
            assert b"HTTP/1.1" not in await raw.rest()
    async with link(edge.link_port, edge.root) as good:
        await check_alive(good)


async def test_old_versions_of_tls_are_refused(edge: Listening) -> None:
    old = trusting()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_alpn_protocols(["hutong/1"])
    with pytest.raises((ssl.SSLError, OSError)):
        async with connected(edge.link_port, tls=old):
            pass


async def test_the_certificate_is_the_roots_and_kept(tmp_path: Path) -> None:
    """SEAL17"""
    clock = ManualClock()  # as the core's, so that the certificate is good already
    async with listening(tmp_path, edge_clock=clock) as first, link(first.link_port, first.root) as raw:
        assert raw.completed is not None
        chain, root = raw.completed.peer_chain, first.root
    async with listening(tmp_path, edge_clock=clock) as again, link(again.link_port, root) as raw:
        assert raw.completed is not None
        assert raw.completed.peer_chain == chain
    assert (tmp_path / "tls" / "link.key").stat().st_mode & 0o077 == 0
    async with listening(tmp_path / "other") as other, dialled(other.link_port, root) as stranger:
        with pytest.raises(TlsError):
            await stranger.handshake()
