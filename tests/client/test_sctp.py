"""The short way through aiortc's SCTP gives the same as the long one, whatever happens to packets."""

from __future__ import annotations

import asyncio
import random
import socket
from pathlib import Path

import pytest
from aioice import Connection
from aiortc import RTCDataChannel, RTCDtlsTransport, RTCPeerConnection, RTCSctpTransport
from aiortc.rtcsctptransport import DataChunk, serialize_packet

from hutong.client.transfers.sctp import QuickSctpTransport, install
from hutong.client.transfers.segments import Segments

FIRST_TSN = 1_000
WRAPPING_TSN = 2**32 - 200


class Dtls:
    """Counts what is sent."""

    state = "connected"

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    async def _send_data(self, data: bytes) -> None:
        self.sent.append(data)


class Receiving:
    """A transport in the middle of an association, and the messages that came out of it."""

    def __init__(self, kind: type[RTCSctpTransport], first_tsn: int = FIRST_TSN) -> None:
        self.dtls = Dtls()
        dtls: RTCDtlsTransport = self.dtls  # type: ignore[assignment]
        self.transport = kind(dtls)
        self.transport._association_state = self.transport.State.ESTABLISHED
        self.transport._local_verification_tag = 7
        self.transport._last_received_tsn = first_tsn - 1
        self.transport._remote_port = 5000
        self.messages: list[tuple[int, int, bytes]] = []
        self.transport._receive = self._received  # type: ignore[method-assign, assignment]

    async def _received(self, stream_id: int, protocol: int, data: bytes) -> None:
        self.messages.append((stream_id, protocol, data))

    async def take(self, packets: list[bytes]) -> None:
        for packet in packets:
            await self.transport._handle_data(packet)
        timer = getattr(self.transport, "_sack_timer", None)
        if timer is not None:
            timer.cancel()


def packets_of(messages: list[bytes], tsn: int = FIRST_TSN) -> list[bytes]:
    packets = []
    for sequence, message in enumerate(messages):
        parts = [message[at : at + 100] for at in range(0, len(message), 100)]
        for place, part in enumerate(parts):
            chunk = DataChunk()
            chunk.flags = (2 if place == 0 else 0) | (1 if place == len(parts) - 1 else 0)
            chunk.tsn, chunk.stream_id, chunk.stream_seq = tsn % 2**32, 1, sequence
            chunk.protocol, chunk.user_data = 53, part
            packets.append(serialize_packet(5000, 5000, 7, chunk))
            tsn += 1
    return packets


def messed_up(packets: list[bytes], dice: random.Random) -> list[bytes]:
    """Some late, some twice, some damaged."""
    packets = list(packets)
    for _ in range(20):
        packets.insert(dice.randrange(len(packets)), packets.pop(dice.randrange(len(packets))))
        packets.insert(dice.randrange(len(packets)), dice.choice(packets))
        damaged = bytearray(dice.choice(packets))
        damaged[dice.randrange(len(damaged))] ^= 1
        packets.insert(dice.randrange(len(packets)), bytes(damaged))
    return packets


@pytest.mark.parametrize("seed", range(10))
async def test_the_same_as_the_long_way(seed: int) -> None:
    dice = random.Random(seed)
    messages = [dice.randbytes(dice.randrange(1, 900)) for _ in range(100)]
    packets = packets_of(messages)
    if seed:
        packets = messed_up(packets, dice)
    long, quick = Receiving(RTCSctpTransport), Receiving(QuickSctpTransport)
    for each in (long, quick):
        await each.take(packets)
    assert quick.messages == long.messages == [(1, 53, message) for message in messages]
    assert quick.transport._last_received_tsn == long.transport._last_received_tsn
    assert quick.transport._advertised_rwnd == long.transport._advertised_rwnd
    assert not quick.transport._sack_misordered
    # In order every second packet is answered.
    assert seed or len(quick.dtls.sent) == len(packets) // 2


@pytest.mark.parametrize("seed", range(5))
async def test_numbers_wrap(seed: int) -> None:
    dice = random.Random(seed)
    messages = [dice.randbytes(dice.randrange(1, 900)) for _ in range(100)]
    packets = packets_of(messages, WRAPPING_TSN)
    quick = Receiving(QuickSctpTransport, WRAPPING_TSN)
    await quick.take(messed_up(packets, dice))
    assert quick.messages == [(1, 53, message) for message in messages]
    assert quick.transport._last_received_tsn == (WRAPPING_TSN + len(packets) - 1) % 2**32


@pytest.mark.parametrize("cut", [0, 3, 12, 16, 27, 28])
async def test_what_is_cut_off_is_nothing(cut: int) -> None:
    quick = Receiving(QuickSctpTransport)
    await quick.take([packets_of([b"hello"])[0][:cut]])
    assert quick.messages == []
    assert quick.transport._last_received_tsn == FIRST_TSN - 1


async def test_both_ways_over_real_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """DTLS, ICE and all: what one says the other hears, in order, and much of it left together."""
    install()
    together = 0
    send = Segments.send

    def counted(
        segments: Segments, transport: asyncio.BaseTransport, datagrams: list[bytes], address: tuple[str, int]
    ) -> int:
        nonlocal together
        sent = send(segments, transport, datagrams, address)
        together += sent
        return sent

    monkeypatch.setattr(Segments, "send", counted)
    one, other = RTCPeerConnection(), RTCPeerConnection()
    said = [random.Random(7).randbytes(16_384) for _ in range(100)]
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    channel = one.createDataChannel("file")
    channel.on("message", heard.put_nowait)

    @other.on("datachannel")
    def opened(theirs: RTCDataChannel) -> None:
        theirs.on("message", theirs.send)

    def begin() -> None:
        for message in said:
            channel.send(message)

    channel.on("open", begin)
    try:
        await one.setLocalDescription(await one.createOffer())
        await other.setRemoteDescription(one.localDescription)
        await other.setLocalDescription(await other.createAnswer())
        await one.setRemoteDescription(other.localDescription)
        assert isinstance(one.sctp, QuickSctpTransport)
        async with asyncio.timeout(60):
            assert [await heard.get() for _ in said] == said
        assert together > len(said)
    finally:
        await one.close()
        await other.close()


async def test_sockets_hold_what_comes_while_nobody_looks() -> None:
    """As much as the system lets a program ask for, 4 MiB at most."""
    install()
    allowed = int(Path("/proc/sys/net/core/rmem_max").read_text())
    gathering = Connection(ice_controlling=True, components=1)
    try:
        await gathering.gather_candidates()
        ends = [end.transport.get_extra_info("socket") for end in gathering._protocols]
        sizes = [end.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) for end in ends]
        assert sizes
        assert min(sizes) >= min(allowed, 4 * 1024 * 1024)
    finally:
        await gathering.close()
