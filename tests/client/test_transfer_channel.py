"""What a transfer takes from a real data channel, and what closes it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection

from hutong.client.transfers.channel import CHANNEL_LABEL, PROTOCOL, ChannelError, decode
from hutong.client.transfers.ends import Channels
from hutong.client.transfers.landing import Landing
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.client.transfers.sending_files import SendingFiles
from hutong.client.transfers.source import Source

WITHIN_S = 60


class Ends:
    """Two connections, the files of both, and the sender's channel."""

    def __init__(self, folder: Path, size_bytes: int) -> None:
        self.source = folder / "source.bin"
        self.source.write_bytes(os.urandom(size_bytes))
        into = folder / "into"
        into.mkdir()
        self.one = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.other = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.sending = SendingFiles(Source(self.source), lambda _done: None)
        self.receiving = ReceivingFiles(
            Landing(into, "t1"), {}, "source.bin", size_bytes, 0, lambda _done: None
        )
        self.theirs = Channels(self.receiving, doors=False)
        self.channel = self.one.createDataChannel(CHANNEL_LABEL, protocol=PROTOCOL)
        self.other.on("datachannel", self.theirs.tie)

    async def connect(self) -> None:
        await self.one.setLocalDescription(await self.one.createOffer())
        await self.other.setRemoteDescription(self.one.localDescription)
        await self.other.setLocalDescription(await self.other.createAnswer())
        await self.one.setRemoteDescription(self.other.localDescription)

    async def close(self) -> None:
        await self.one.close()
        await self.other.close()
        await self.theirs.close()


async def test_hostile_bytes_are_refused() -> None:
    """XFER11."""
    for data in ("text", b"\xff\xff\xff", b"a" * 20_000, None):
        with pytest.raises(ChannelError):
            decode(data)


async def test_over_a_real_data_channel(tmp_path: Path) -> None:
    """XFER0, XFER1: `hello` first, in messages of 16 KiB."""
    ends = Ends(tmp_path, 3_000_000)
    ours = Channels(ends.sending, doors=False)
    ours.tie(ends.channel)
    await ends.connect()
    await asyncio.wait_for(ends.sending.finished, WITHIN_S)
    _, place = await asyncio.wait_for(ends.receiving.finished, WITHIN_S)
    assert place.read_bytes() == ends.source.read_bytes()
    await ends.close()
    await ours.close()


@pytest.mark.parametrize("said", ["text", b"\xff\xff\xff", b"a" * 20_000, b""])
async def test_a_sender_that_breaks_the_rules_is_cut_off(tmp_path: Path, said: str | bytes) -> None:
    """XFER11: its channel is closed, and nothing else changes."""
    ends = Ends(tmp_path, 100)
    closed = asyncio.Event()

    def opened(channel: RTCDataChannel = ends.channel) -> None:
        channel.send(said)

    ends.channel.on("open", opened)
    ends.channel.on("close", closed.set)
    await ends.connect()
    await asyncio.wait_for(closed.wait(), WITHIN_S)
    assert not ends.receiving.finished.done()
    await ends.close()
    await ends.sending.close()
