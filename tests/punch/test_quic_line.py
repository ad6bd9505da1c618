"""QUIC lines on real sockets."""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from hutong.client.punch import quic_pipe
from hutong.client.punch.quic_pipe import QuicPipe
from hutong.client.transfers.line import RANK_DATA_CHANNEL, RANK_DOOR
from hutong.protocols.punch.packet import Say, encode
from hutong.protocols.stun import Address
from hutong.protocols.transfer import Piece
from hutong.protocols.transfer.records import MESSAGE_BYTES_MAX
from hutong.schema import transfers_pb2 as pb

from .lines import WITHIN_S, Side, both_secrets, bound, two_lines


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_messages_and_pieces_arrive_in_order(host: str) -> None:
    """PUNCH9."""
    data = os.urandom(200_000)
    async with two_lines(host) as (client, server):
        line = await asyncio.wait_for(client.files.line, WITHIN_S)
        assert RANK_DATA_CHANNEL < line.rank < RANK_DOOR
        client.line.send(pb.ChannelMessage(ask=True))
        client.line.send_piece(Piece(7, 3, memoryview(data), b"leaf"))
        client.line.send(pb.ChannelMessage(root=b"root"))
        await server.files.until(lambda: len(server.files.messages) == 2)
        assert server.files.pieces == [(7, 3, data, b"leaf")]
        server.line.send(pb.ChannelMessage(placed=True))
        await client.files.until(lambda: client.files.messages)
        assert client.files.messages[0].placed


async def test_a_full_line_says_when_there_is_room() -> None:
    """PUNCH9: 20 MB through a buffer of 2 MB, and no more than that in memory."""
    piece = os.urandom(200_000)
    async with two_lines() as (client, server):
        await asyncio.wait_for(client.files.line, WITHIN_S)
        sent = 0

        def pump() -> None:
            nonlocal sent
            while sent < 100 and client.line.room:
                client.line.send_piece(Piece(sent, 0, piece))
                sent += 1

        client.files.on_drained = pump
        pump()
        assert sent < 15
        await server.files.until(lambda: len(server.files.pieces) == 100)
        assert [chunk for chunk, *_ in server.files.pieces] == list(range(100))
        assert all(data == piece for _, _, data, _ in server.files.pieces)


async def test_the_end_is_told() -> None:
    """PUNCH11: with what was said last before it."""
    async with two_lines() as (client, server):
        await asyncio.wait_for(asyncio.gather(client.files.line, server.files.line), WITHIN_S)
        server.line.send(pb.ChannelMessage(placed=True))
        server.line.close()
        await asyncio.wait_for(client.over.wait(), WITHIN_S)
        assert client.files.messages[0].placed
        assert client.files.gone.is_set()
        assert server.files.gone.is_set()
        client.line.send(pb.ChannelMessage(ask=True))
        assert not client.line.room


async def test_a_path_that_falls_silent_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """PUNCH11: nobody says goodbye when a network goes."""
    monkeypatch.setattr(quic_pipe, "SILENT_S", 1.0)
    monkeypatch.setattr(quic_pipe, "_ASK_AFTER_S", 0.2)
    monkeypatch.setattr(quic_pipe, "_LOOK_EVERY_S", 0.1)
    async with two_lines() as (client, server):
        await asyncio.wait_for(asyncio.gather(client.files.line, server.files.line), WITHIN_S)
        loop = asyncio.get_running_loop()
        quiet_until = loop.time() + 2.5
        await asyncio.wait([asyncio.create_task(client.over.wait())], timeout=2.5)
        # Nothing was said, and yet both heard each other.
        assert loop.time() >= quiet_until
        assert not server.over.is_set()
        monkeypatch.setattr(server.line._pipe._batches, "send", lambda _datagrams: True)
        # QUIC itself would wait for twice as long.
        await asyncio.wait_for(client.over.wait(), 10.0)


async def test_another_key_opens_nothing() -> None:
    """PUNCH9: at neither end."""
    (ours, _), (_, others) = both_secrets(), both_secrets()
    async with two_lines(secrets=(ours, others)) as (client, server):
        await asyncio.wait_for(asyncio.gather(client.over.wait(), server.over.wait()), WITHIN_S)
        assert not client.files.line.done()
        assert not server.files.line.done()


class Between:
    """Speaks TLS with both, and hands what one says to the other."""

    def __init__(self) -> None:
        self.other: QuicPipe | None = None
        self.carried = 0

    def connected(self, _certificate: bytes) -> None:
        pass

    def received(self, data: bytes) -> None:
        self.carried += len(data)
        if self.other is not None:
            self.other.send(data)

    def drained(self) -> None:
        pass

    def lost(self) -> None:
        if self.other is not None:
            self.other.close()


async def test_somebody_in_between_is_noticed() -> None:
    """PUNCH9: the proof is of the certificate, so it is worth nothing in another connection."""
    ours, theirs = both_secrets()
    (a, at_a), (b, at_b), (c, at_c), (d, at_d) = bound(), bound(), bound(), bound()
    to_client, to_server = Between(), Between()
    pipes = [
        QuicPipe(c, at_a, to_client, client=False, other=lambda _data, _source: None),
        QuicPipe(d, at_b, to_server, client=True, other=lambda _data, _source: None),
    ]
    to_client.other, to_server.other = pipes[1], pipes[0]
    server = Side(b, at_d, theirs, client=False)
    client = Side(a, at_c, ours, client=True)
    try:
        await asyncio.wait_for(asyncio.gather(client.over.wait(), server.over.wait()), WITHIN_S)
        assert to_client.carried > 32
        assert not client.files.line.done()
        assert not server.files.line.done()
    finally:
        client.line.close()
        server.line.close()
        for pipe in pipes:
            pipe.close()


async def test_noise_disturbs_nothing() -> None:
    """PUNCH5, PUNCH9: from strangers, and in the other end's name."""
    dice = random.Random(7)
    async with two_lines() as (client, server):
        await asyncio.wait_for(client.files.line, WITHIN_S)
        stranger, _ = bound()
        place = server.line._pipe._batches._socket.getsockname()
        with stranger:
            for size in (1, 20, 40, 1200, 1400):
                for _ in range(40):
                    data = bytearray(dice.randbytes(size))
                    stranger.sendto(data, place)
                    data[0] |= 0x40
                    server.line.take([bytes(data)])
                    data[0] |= 0xC0
                    server.line.take([bytes(data)])
        client.line.send(pb.ChannelMessage(ask=True))
        await server.files.until(lambda: server.files.messages)


async def test_a_probe_that_comes_late_is_handed_on() -> None:
    """PUNCH7: the other end may not have heard that the path is agreed on."""
    ours, _ = both_secrets()
    async with two_lines() as (client, server):
        await asyncio.wait_for(client.files.line, WITHIN_S)
        probe = encode(ours.probe_ours, Say.CHOSEN, b"12345678")
        client.line._pipe._batches._socket.sendto(probe, server.line._pipe._batches._socket.getsockname())
        client.line.send(pb.ChannelMessage(ask=True))
        await asyncio.wait_for(server.heard_late.wait(), WITHIN_S)
        assert server.late == [probe]


@pytest.mark.parametrize(
    "said",
    [
        (MESSAGE_BYTES_MAX + 1).to_bytes(4) + bytes(100),
        (0x80000004).to_bytes(4) + b"data",
        (3).to_bytes(4) + b"\xff\xff\xff",
        pb.ChannelMessage(piece=pb.Piece(chunk=1)).ByteSize().to_bytes(4)
        + pb.ChannelMessage(piece=pb.Piece(chunk=1)).SerializeToString()
        + (2).to_bytes(4)
        + pb.ChannelMessage(ask=True).SerializeToString()[:2],
    ],
    ids=["too long", "data of no piece", "no message", "a piece without data"],
)
async def test_a_line_that_breaks_the_rules_is_closed(said: bytes) -> None:
    """PUNCH9."""
    async with two_lines() as (client, server):
        await asyncio.wait_for(asyncio.gather(client.files.line, server.files.line), WITHIN_S)
        client.line._pipe.send(said)
        await asyncio.wait_for(server.over.wait(), WITHIN_S)
        assert not server.files.messages
        assert not server.files.pieces


async def test_closing_twice_is_closing_once() -> None:
    sock, _ = bound()
    nobody = Address("127.0.0.1", 9)
    pipe = QuicPipe(sock, nobody, Between(), client=True, other=lambda _data, _source: None)
    pipe.close()
    pipe.close()
    pipe.send(b"too late")
    assert sock.fileno() == -1
