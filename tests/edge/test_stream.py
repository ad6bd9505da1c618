"""The TLS-on-TCP carrier: CONN3, CONN4."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import warnings
from pathlib import Path

import pytest

from hutong.platform.connection import MESSAGE_BYTES_MAX
from hutong.schema import link_pb2
from tests.edge.listening import Listening, listening, packet, resume, trusting
from tests.edge.raw import Ended, Raw, RawStream, connected, stream

ASK = packet(link_pb2.Request(id=1, method=99_999))


async def replies(link: RawStream, count: int) -> list[link_pb2.Reply]:
    got: list[link_pb2.Reply] = []
    while len(got) < count:
        got += (await link.packet()).replies
    return got


async def check_alive(link: RawStream) -> None:
    await link.say(ASK)
    assert (await replies(link, 1))[0].error.reason == "unknown_method"


async def test_messages_behind_their_length(edge: Listening) -> None:
    """CONN3"""
    (alice,) = await edge.server.people("alice")
    async with stream(edge.link_port, trusting()) as (link, challenge):
        await link.say(packet(resume(edge.server, alice, challenge.nonce)))
        assert not (await replies(link, 1))[0].HasField("error")
        transport = link.writer.transport
        assert transport.get_extra_info("ssl_object").selected_alpn_protocol() == "hutong/1"


async def test_frames_in_pieces_and_several_at_once(edge: Listening) -> None:
    """CONN3"""
    async with stream(edge.link_port, trusting()) as (link, _):
        for byte in len(ASK).to_bytes(4, "big") + ASK:
            await link.write(bytes([byte]))
            await asyncio.sleep(0)
        assert len(await replies(link, 1)) == 1
        framed = len(ASK).to_bytes(4, "big") + ASK
        await link.write(framed * 10 + framed[:3])
        assert len(await replies(link, 10)) == 10
        await link.write(framed[3:])
        assert len(await replies(link, 1)) == 1
        await link.say(b"")  # an empty packet is a packet
        await check_alive(link)


async def test_the_largest_message(edge: Listening) -> None:
    """CONN4"""
    request = link_pb2.Request(id=1, method=99_999, body=b"x" * (MESSAGE_BYTES_MAX - 20))
    request.body += b"x" * (MESSAGE_BYTES_MAX - len(packet(request)))
    assert len(packet(request)) == MESSAGE_BYTES_MAX
    async with stream(edge.link_port, trusting()) as (link, _):
        await link.say(packet(request))
        assert (await replies(link, 1))[0].error.reason == "unknown_method"


@pytest.mark.parametrize("size", [MESSAGE_BYTES_MAX + 1, 2**31, 2**32 - 1])
async def test_a_larger_one_ends_the_connection_before_it_is_read(edge: Listening, size: int) -> None:
    """CONN4"""
    async with stream(edge.link_port, trusting()) as (link, _):
        await link.write(size.to_bytes(4, "big"))
        await link.ended()


async def test_bytes_that_are_no_packet(edge: Listening) -> None:
    """CONN5"""
    async with stream(edge.link_port, trusting()) as (link, _):
        await link.say(b"\x0f")
        last = link_pb2.Packet()
        while not last.HasField("goodbye"):
            last = await link.packet()
        assert last.goodbye.reason == link_pb2.Goodbye.REASON_PROTOCOL_ERROR
        await link.ended()


@pytest.mark.parametrize("offered", [[], ["http/1.1"], ["hutong/2"]])
async def test_another_protocol_is_not_spoken(edge: Listening, offered: list[str]) -> None:
    """CONN3: a browser that is led to this port gets nothing out of it."""
    context = trusting()
    if offered:
        context.set_alpn_protocols(offered)
    try:
        async with connected(edge.link_port, tls=context) as raw:
            assert await raw.rest() == b""
    except (ssl.SSLError, OSError):
        pass
    assert not edge.server.core.platform.sessions._connections


async def test_no_tls_at_all(edge: Listening) -> None:
    async with connected(edge.link_port) as raw:
        await raw.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP/1.1" not in await raw.rest()
    async with stream(edge.link_port, trusting()) as (link, _):
        await check_alive(link)


async def test_a_client_that_goes_away_is_forgotten(edge: Listening) -> None:
    sessions = edge.server.core.platform.sessions
    async with stream(edge.link_port, trusting()) as (link, _):
        await link.write(b"\x00\x00")
        assert len(sessions._connections) == 1
    async with asyncio.timeout(10):
        while sessions._connections:  # noqa: ASYNC110  the kernel tells when it tells
            await asyncio.sleep(0.005)


async def test_the_certificate_is_kept_and_pinned(tmp_path: Path) -> None:
    async with listening(tmp_path) as first, connected(first.link_port, tls=_offering()) as raw:
        assert await _fingerprint(raw) == first.addresses.link_fingerprint
    async with listening(tmp_path) as again:
        assert again.addresses.link_fingerprint == first.addresses.link_fingerprint
    key = tmp_path / "tls" / "certificate.key"
    assert key.stat().st_mode & 0o077 == 0


def _offering() -> ssl.SSLContext:
    context = trusting()
    context.set_alpn_protocols(["hutong/1"])
    return context


async def _fingerprint(raw: Raw) -> str:
    certificate = raw.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return hashlib.sha256(certificate).hexdigest()


async def test_old_versions_of_tls_are_refused(edge: Listening) -> None:
    context = trusting()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with stream(edge.link_port, context) as (link, _):
        await check_alive(link)
    old = trusting()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError, Ended)):
        async with stream(edge.link_port, old):
            pass
