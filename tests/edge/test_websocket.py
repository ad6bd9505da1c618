"""The WebSocket carrier: CONN2, CONN4, CONN5 over real sockets."""

from __future__ import annotations

import asyncio
import gc
import random
import weakref

import pytest

from hutong.edge.forwarded import client_of
from hutong.edge.http import HttpProtocol
from hutong.platform.connection import MESSAGE_BYTES_MAX
from hutong.platform.door import CARRIER_MESSAGE_BYTES_MAX
from hutong.protocols.sealed import MESSAGE
from hutong.schema import chat_pb2, link_pb2
from tests.edge.listening import Listening, packet, resume
from tests.edge.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawWebSocket,
    connected,
    frame,
    parse,
    upgrade,
    websocket,
)
from tests.edge.sealed import Ended

PROTOCOL_ERROR = 1002
# An unknown method is answered without signing in.
ASK = packet(link_pb2.Request(id=1, method=99_999))


async def check_alive(link: RawWebSocket) -> None:
    await link.say(ASK)
    assert (await link.reply()).error.reason == "unknown_method"


async def test_the_handshake(edge: Listening) -> None:
    """CONN2"""
    async with connected(edge.port) as raw:
        await raw.write(upgrade(protocol="other, hutong.1"))
        head = parse(await raw.reader.readuntil(b"\r\n\r\n"))
    assert head.status == 101
    assert head.headers["sec-websocket-protocol"] == "hutong.1"


async def test_what_read_the_handshake_goes_with_it(edge: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when the collector comes: by then there are hundreds, and 6 KB of each."""
    readers: list[weakref.ref[HttpProtocol]] = []
    upgraded = HttpProtocol.handle_websocket_upgrade

    def upgrade_and_note(reader: HttpProtocol) -> None:
        readers.append(weakref.ref(reader))
        upgraded(reader)

    monkeypatch.setattr(HttpProtocol, "handle_websocket_upgrade", upgrade_and_note)
    gc.disable()
    try:
        async with websocket(edge.port) as link:
            await check_alive(link)
            assert [reader() for reader in readers] == [None]
    finally:
        gc.enable()


async def test_the_handshake_of_firefox(edge: Listening) -> None:
    """CONN2: "Connection" may name several things."""
    async with connected(edge.port) as raw:
        await raw.write(upgrade(Connection="keep-alive, Upgrade"))
        assert parse(await raw.reader.readuntil(b"\r\n\r\n")).status == 101


@pytest.mark.parametrize(
    ("path", "protocol"),
    [
        ("/link", None),
        ("/link", "hutong.2"),
        ("/link", "hutong.1x"),
        ("/links", "hutong.1"),
        ("/", "hutong.1"),
    ],
)
async def test_other_paths_and_protocols_are_refused(
    edge: Listening, path: str, protocol: str | None
) -> None:
    """CONN2"""
    async with connected(edge.port) as raw:
        await raw.write(upgrade(path, protocol))
        assert parse(await raw.rest()).status == 404
    async with websocket(edge.port) as link:
        await check_alive(link)


@pytest.mark.parametrize(
    "wrong",
    [{"Sec-WebSocket-Key": ""}, {"Sec-WebSocket-Key": "short"}, {"Sec-WebSocket-Version": "99"}],
    ids=str,
)
async def test_bad_handshakes_are_refused(edge: Listening, wrong: dict[str, str]) -> None:
    async with connected(edge.port) as raw:
        await raw.write(upgrade(**wrong))
        assert parse(await raw.rest()).status == 400


async def test_a_request_in_the_first_packet(edge: Listening) -> None:
    """CONN6, CONN7: from the challenge to a signed-in request over a real socket"""
    (alice,) = await edge.server.people("alice")
    async with websocket(edge.port) as link:
        list_ = link_pb2.Request(id=2, method=edge.server.method("Chat.List").id)
        await link.say(packet(resume(edge.server, alice, link), list_))
        assert not (await link.reply()).HasField("error")
        second = await link.reply()
        assert second.id == 2
        assert chat_pb2.ListReply.FromString(second.body) == chat_pb2.ListReply()


async def test_text_is_a_protocol_error(edge: Listening) -> None:
    """CONN2"""
    for message in (frame(TEXT, b"x"), frame(TEXT, b""), frame(TEXT, b"x", fin=False)):
        async with websocket(edge.port) as link:
            await link.write(message + frame(BINARY, b"x"))  # and what follows is not looked at
            assert await link.close_code() == PROTOCOL_ERROR
            await link.ended()


async def test_bytes_that_are_no_packet(edge: Listening) -> None:
    """CONN5"""
    async with websocket(edge.port) as link:
        await link.say(b"\x0f")
        assert await link.farewell() == link_pb2.Goodbye.REASON_PROTOCOL_ERROR
        await link.ended()


@pytest.mark.parametrize(
    "wrong", [b"", b"\x00", b"\x01", b"\x80", b"\x80\x00\x09" + bytes(40), b"\x02" * 33, ASK]
)
async def test_what_does_not_open_ends_the_connection(edge: Listening, wrong: bytes) -> None:
    """SEAL3"""
    async with websocket(edge.port) as link:
        await link.carry(wrong)
        await link.ended()
    async with websocket(edge.port, sealed=False) as link:
        await link.carry(wrong)
        await link.ended()


def sealed(link: RawWebSocket, message: bytes) -> bytes:
    assert link.session.sealer is not None
    return link.session.sealer.seal(message, MESSAGE)


async def test_fragmented_messages(edge: Listening) -> None:
    """CONN2: a WebSocket message may come in frames, with control frames between them."""
    async with websocket(edge.port) as link:
        ask = sealed(link, ASK)
        await link.write(frame(BINARY, ask[:2], fin=False))
        await link.write(frame(PING, b"between"))
        await link.write(frame(CONTINUATION, b"", fin=False))
        await link.write(frame(CONTINUATION, ask[2:]))
        assert await link.receive() == (PONG, b"between")
        assert (await link.reply()).error.reason == "unknown_method"
        await link.write(frame(BINARY, b"", fin=False) + frame(CONTINUATION, sealed(link, ASK)))
        assert (await link.reply()).error.reason == "unknown_method"
        await check_alive(link)


@pytest.mark.parametrize(
    "frames",
    [
        frame(CONTINUATION, ASK),
        frame(BINARY, b"", fin=False) + frame(BINARY, ASK),
        frame(BINARY, ASK, fin=False) + frame(TEXT, b"x"),
    ],
    ids=["continuation of nothing", "a message within a message", "text within a message"],
)
async def test_frames_out_of_order(edge: Listening, frames: bytes) -> None:
    """CONN2"""
    async with websocket(edge.port) as link:
        await link.write(frames)
        assert await link.close_code() == PROTOCOL_ERROR
        await link.ended()


def filled(size: int) -> bytes:
    """Return a packet of exactly this size."""
    request = link_pb2.Request(id=1, method=99_999)
    request.body = b"x" * (size - 100)
    request.body += b"x" * (size - len(packet(request)))
    message = packet(request)
    assert len(message) == size
    return message


async def test_the_largest_packet(edge: Listening) -> None:
    """CONN4, SEAL12"""
    async with websocket(edge.port) as link:
        await link.say(filled(MESSAGE_BYTES_MAX))
        assert (await link.reply()).error.reason == "unknown_method"


async def test_a_larger_frame_ends_the_connection_before_it_is_read(edge: Listening) -> None:
    """SEAL1: the announcement alone does"""
    for size in (CARRIER_MESSAGE_BYTES_MAX + 1, 2**31, 2**62):
        async with websocket(edge.port) as link:
            await link.write(frame(BINARY, b"", length=size))
            await link.ended()


async def test_a_larger_message_in_fragments(edge: Listening) -> None:
    """SEAL1"""
    async with websocket(edge.port) as link:
        half = b"x" * (CARRIER_MESSAGE_BYTES_MAX // 2)
        await link.write(frame(BINARY, half, fin=False) + frame(CONTINUATION, half, fin=False))
        await link.write(frame(CONTINUATION, b"x"))
        assert await link.close_code() == 1009
        await link.ended()


async def test_endless_empty_fragments(edge: Listening) -> None:
    """SEAL1: their number is bounded too, because each costs memory"""
    async with websocket(edge.port) as link:
        await link.write(frame(BINARY, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * 3000)
        await link.ended()
    assert not edge.server.core.platform.sessions._connections


@pytest.mark.parametrize(
    "wrong",
    [
        frame(BINARY, ASK, masked=False),
        frame(3, b"x"),
        frame(11, b"x"),
        frame(PING, b"x" * 126),
        frame(PING, b"x", fin=False),
        frame(CLOSE, b"x"),
        frame(CLOSE, b"\x03\xe8\xff\xff"),
        frame(CLOSE, (999).to_bytes(2, "big")),
        b"\x82\xfe\x00\x01\x00\x00\x00\x00x",
        b"\x82\xff" + b"\xff" * 8 + bytes(4),
    ],
)
async def test_what_is_no_websocket_ends_the_connection(edge: Listening, wrong: bytes) -> None:
    async with websocket(edge.port) as link:
        await link.write(wrong)
        await link.ended()
    async with websocket(edge.port) as link:
        await check_alive(link)


async def test_reserved_bits_mean_nothing_here(edge: Listening) -> None:
    """No extension was agreed on: what says it is compressed is taken as it is, and is no packet."""
    async with websocket(edge.port) as link:
        compressed = bytearray(frame(BINARY, b"\x0f\xff\xff"))
        compressed[0] |= 0x40
        await link.write(bytes(compressed))
        await link.ended()


@pytest.mark.parametrize("seed", range(10))
async def test_noise(edge: Listening, seed: int) -> None:
    noise = random.Random(seed)
    async with websocket(edge.port) as link:
        try:
            for _ in range(20):
                await link.write(noise.randbytes(noise.randrange(1, 400)))
            link.writer.write_eof()
        except (Ended, OSError):
            pass
        await link.ended()
    async with websocket(edge.port) as link:
        await check_alive(link)
    assert len(edge.server.core.platform.sessions._connections) <= 1


@pytest.mark.parametrize(("said", "heard"), [(b"\x03\xe8bye", 1000), (b"", 1000), (b"\x0f\xa0", 4000)])
async def test_closing(edge: Listening, said: bytes, heard: int) -> None:
    """A close is answered; 1005 stands for "no code" and never travels."""
    async with websocket(edge.port) as link:
        await link.write(frame(CLOSE, said))
        assert await link.close_code() == heard
        await link.ended()


async def test_pings_of_somebody_who_reads_nothing(edge: Listening) -> None:
    """CONN18: what waits for a client is bounded, the answers to its pings as well."""
    pings = frame(PING, b"x" * 125) * 500
    async with websocket(edge.port, receive_buffer_bytes=4096) as link:
        link.reader._limit = 1  # type: ignore[attr-defined]  # let the stream stop reading at once
        with pytest.raises(Ended):
            await repeat(link, pings, 200 * 1024 * 1024 // len(pings))


async def repeat(link: RawWebSocket, data: bytes, times: int) -> None:
    for _ in range(times):
        await link.write(data)


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("", "127.0.0.1"),
        ("198.51.100.7", "198.51.100.7"),
        ("made up, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, 127.0.0.1", "198.51.100.7"),
        (",", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
async def test_behind_a_proxy_everybody_has_an_allowance(
    edge: Listening, forwarded: str, address: str
) -> None:
    """Otherwise one client behind it would use up the sign-ins of all."""
    async with connected(edge.port) as raw:
        link = RawWebSocket(raw.reader, raw.writer)
        await link.write(upgrade(**{"X-Forwarded-For": forwarded}))
        await asyncio.wait_for(link.reader.readuntil(b"\r\n\r\n"), 10)
        await link.open()
        (connection,) = edge.server.core.platform.sessions._connections
        assert connection.address == address


def test_a_proxy_elsewhere_is_not_believed() -> None:
    assert client_of("192.0.2.1", ["198.51.100.7"]) == "192.0.2.1"
