"""The channel's two ends over a real data channel, and over one that misbehaves."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from hutong.client.transfers.channel import CHANNEL_LABEL, ChannelError, decode
from hutong.client.transfers.data_channel import tie
from hutong.client.transfers.part import PartFile
from hutong.client.transfers.receiving import DamagedError, Receiving
from hutong.client.transfers.sending import DifferentError, FileChangedError, Sending
from hutong.schema import transfers_pb2 as pb
from tests.client.live import until


class Pipe:
    """One direction of a channel in memory; `carry` may change what passes."""

    def __init__(self) -> None:
        self.deliver: Callable[[pb.ChannelMessage], None] = lambda _message: None
        self.open = True
        self.buffered_bytes = 0
        self.chunks_bytes = 0
        self.carry: Callable[[pb.ChannelMessage], pb.ChannelMessage] = lambda message: message

    def send(self, message: pb.ChannelMessage) -> None:
        if self.open:
            self.chunks_bytes += len(message.chunk)
            message = decode(self.carry(message).SerializeToString())
            asyncio.get_running_loop().call_soon(lambda: self.open and self.deliver(message))


def connect(sending: Sending, receiving: Receiving) -> tuple[Pipe, Pipe]:
    there, back = Pipe(), Pipe()
    there.deliver, back.deliver = receiving.receive, sending.receive
    sending.attach(there)
    receiving.attach(back)
    return there, back


class Ends:
    def __init__(self, folder: Path, size_bytes: int) -> None:
        self.source = folder / "source.bin"
        self.source.write_bytes(os.urandom(size_bytes))
        self.size_bytes = size_bytes
        self.part = PartFile(folder, "t1")
        self.progress: list[int] = []
        self.sending = Sending(self.source, size_bytes, self.progress.append)

    async def open(self) -> None:
        await self.part.open(self.size_bytes)
        self.receiving = Receiving(self.part, self.size_bytes, lambda _done: None)

    async def close(self) -> None:
        self.sending.detach()
        await self.receiving.close()
        self.part.close()


@asynccontextmanager
async def ends(
    folder: Path, size_bytes: int, earlier: Callable[[bytes], bytes] | None = None
) -> AsyncIterator[Ends]:
    both = Ends(folder, size_bytes)
    if earlier is not None:
        both.part.path.write_bytes(earlier(both.source.read_bytes()))
    await both.open()
    try:
        yield both
    finally:
        await both.close()


@pytest.mark.parametrize("size_bytes", [0, 1, 16 * 1024, 16 * 1024 + 1, 9_000_000])
async def test_a_file_arrives_whole(tmp_path: Path, size_bytes: int) -> None:
    async with ends(tmp_path, size_bytes) as both:
        connect(both.sending, both.receiving)
        digest = await asyncio.wait_for(both.receiving.verified, 20)
        await asyncio.wait_for(both.sending.verified, 20)
        assert digest == hashlib.sha256(both.source.read_bytes()).digest()
        place = await both.part.keep("a.bin")
        assert place.read_bytes() == both.source.read_bytes()
        assert both.progress[-1] == size_bytes


async def test_a_broken_channel_is_continued_not_begun_again(tmp_path: Path) -> None:
    async with ends(tmp_path, 6_000_000) as both:
        there, back = connect(both.sending, both.receiving)
        await until(lambda: both.part.size_bytes > 2_000_000)
        there.open = back.open = False
        both.sending.detach()
        both.receiving.detach()
        again, _ = connect(both.sending, both.receiving)
        await asyncio.wait_for(both.sending.verified, 20)
        assert again.chunks_bytes <= 6_000_000 - 2_000_000


async def test_a_part_of_an_earlier_run_is_continued(tmp_path: Path) -> None:
    async with ends(tmp_path, 3_000_000, lambda source: source[:2_000_000]) as both:
        there, _ = connect(both.sending, both.receiving)
        await asyncio.wait_for(both.sending.verified, 20)
        assert there.chunks_bytes == 1_000_000


async def test_a_part_of_something_else_is_found_out_and_sent_again(tmp_path: Path) -> None:
    async with ends(tmp_path, 500_000, lambda _source: b"x" * 100_000) as both:
        connect(both.sending, both.receiving)
        digest = await asyncio.wait_for(both.receiving.verified, 20)
        assert digest == hashlib.sha256(both.source.read_bytes()).digest()


async def test_damage_on_the_way_is_never_kept(tmp_path: Path) -> None:
    def damaged(message: pb.ChannelMessage) -> pb.ChannelMessage:
        return pb.ChannelMessage(chunk=b"!" * len(message.chunk)) if message.chunk else message

    async with ends(tmp_path, 100_000) as both:
        there, _ = connect(both.sending, both.receiving)
        there.carry = damaged
        with pytest.raises(DamagedError):
            await asyncio.wait_for(both.receiving.verified, 20)
        with pytest.raises(DifferentError):
            await asyncio.wait_for(both.sending.verified, 20)
        assert both.part.path.stat().st_size == 0


async def test_the_sender_keeps_to_the_window(tmp_path: Path) -> None:
    async with ends(tmp_path, 9_000_000) as both:
        pipe = Pipe()  # nobody acknowledges
        both.sending.attach(pipe)
        both.sending.receive(pb.ChannelMessage(ready=pb.Ready(offset=0)))
        await until(lambda: pipe.chunks_bytes >= 4 * 1024 * 1024 - 16 * 1024)
        for _ in range(50):
            await asyncio.sleep(0)
        assert pipe.chunks_bytes <= 4 * 1024 * 1024


async def test_a_full_buffer_holds_the_sender_back(tmp_path: Path) -> None:
    async with ends(tmp_path, 1_000_000) as both:
        pipe = Pipe()
        pipe.buffered_bytes = 10**9
        both.sending.attach(pipe)
        both.sending.receive(pb.ChannelMessage(ready=pb.Ready(offset=0)))
        for _ in range(200):
            await asyncio.sleep(0)
        assert pipe.chunks_bytes == 0
        pipe.buffered_bytes = 0
        both.sending.drained()
        await until(lambda: pipe.chunks_bytes == 1_000_000)


async def test_a_file_that_shrinks_is_reported(tmp_path: Path) -> None:
    async with ends(tmp_path, 9_000_000) as both:
        both.source.write_bytes(b"short")
        connect(both.sending, both.receiving)
        with pytest.raises(FileChangedError):
            await asyncio.wait_for(both.sending.verified, 20)


@pytest.mark.parametrize(
    "message",
    [
        pb.ChannelMessage(chunk=b"a" * (16 * 1024 + 1)),
        pb.ChannelMessage(chunk=b"a" * 101),
        pb.ChannelMessage(ready=pb.Ready(offset=0)),
        pb.ChannelMessage(),
    ],
)
async def test_a_sender_that_breaks_the_rules_is_refused(tmp_path: Path, message: pb.ChannelMessage) -> None:
    async with ends(tmp_path, 100) as both:
        both.receiving.attach(Pipe())
        both.receiving.receive(message)
        with pytest.raises(ChannelError):
            await asyncio.wait_for(both.receiving.verified, 10)


async def test_a_receiver_that_breaks_the_rules_is_refused(tmp_path: Path) -> None:
    async with ends(tmp_path, 100) as both:
        both.sending.attach(Pipe())
        for wrong in (
            pb.ChannelMessage(ready=pb.Ready(offset=101)),
            pb.ChannelMessage(received_bytes=101),
            pb.ChannelMessage(verified=True),
            pb.ChannelMessage(chunk=b"a"),
        ):
            with pytest.raises(ChannelError):
                both.sending.receive(wrong)
        assert not both.sending.verified.done()


async def test_hostile_bytes_are_refused() -> None:
    for data in ("text", b"\xff\xff\xff", b"a" * 20_000, None):
        with pytest.raises(ChannelError):
            decode(data)


async def test_over_a_real_data_channel(tmp_path: Path) -> None:
    one = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    other = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    async with ends(tmp_path, 3_000_000) as both:
        tie(one.createDataChannel(CHANNEL_LABEL), both.sending, lambda _open: None)
        other.on("datachannel", lambda channel: tie(channel, both.receiving, lambda _open: None))
        await one.setLocalDescription(await one.createOffer())
        await other.setRemoteDescription(one.localDescription)
        await other.setLocalDescription(await other.createAnswer())
        await one.setRemoteDescription(other.localDescription)
        await asyncio.wait_for(both.sending.verified, 60)
        assert both.receiving.verified.done()
        await one.close()
        await other.close()
