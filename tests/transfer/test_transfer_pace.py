"""What is on its way is bounded by what the path holds, and what a break leaves is used."""

from __future__ import annotations

from collections import deque

import pytest

from hutong.protocols.transfer import Piece, Receiver, RulesError, Sender
from hutong.protocols.transfer.pace import Pace
from hutong.schema import transfers_pb2 as pb

from .sides import Sides
from .test_transfer_sides import CHUNK, some

PIECE_BYTES = 16 * 1024
KIB = 1024


def carried(bytes_per_s: float, trip_s: float, for_s: float, waits_bytes: int) -> tuple[float, int]:
    """Send what the pace allows over a path where some may wait; return its share, and the most at once."""
    pace, now, free_at = Pace(), 0.0, 0.0
    under_way: deque[tuple[float, int]] = deque()
    sent = arrived = most = 0
    while now < for_s:
        while under_way and under_way[0][0] <= now:
            _, arrived = under_way.popleft()
            pace.arrived(arrived, now)
        while pace.room_bytes(now) > 0 and free_at - now < waits_bytes / bytes_per_s:
            pace.sent(PIECE_BYTES, now)
            sent += PIECE_BYTES
            free_at = max(free_at, now) + PIECE_BYTES / bytes_per_s
            under_way.append((free_at + trip_s, sent))
        most = max(most, sent - arrived)
        now += trip_s / 40
    return arrived / (bytes_per_s * for_s), most


@pytest.mark.parametrize(
    ("bytes_per_s", "trip_s", "for_s"),
    [(12.5e6, 0.04, 25.0), (1e6, 0.2, 60.0), (100e6, 0.01, 3.0), (800e6, 0.001, 0.3)],
)
def test_the_path_is_full_and_no_fuller(bytes_per_s: float, trip_s: float, for_s: float) -> None:
    """XFER18."""
    share, most_bytes = carried(bytes_per_s, trip_s, for_s, waits_bytes=64 * KIB * KIB)
    assert share > 0.9
    # Half more than the path's own, for the queue that was measured with it, and where the pace begins.
    assert most_bytes <= max(1.6 * bytes_per_s * trip_s, 256 * KIB) + 2 * 64 * KIB


def test_what_was_never_sent_does_not_arrive() -> None:
    """XFER18: a receiver that says too much gets no more than the rest."""
    pace = Pace()
    pace.sent(100 * KIB, 0.0)
    pace.arrived(10**12, 0.1)
    assert pace.arrived_bytes == 100 * KIB
    pace.arrived(5, 0.2)
    assert pace.arrived_bytes == 100 * KIB


def test_a_receiver_that_says_no_arrivals_is_not_asked_for_them() -> None:
    """XFER18: nor may it say them."""
    sides = Sides({"a": some(CHUNK)})
    sender = Sender(sides.manifest)
    sender.attach(1)
    sender.receive(1, pb.ChannelMessage(hello=pb.Hello(version=2)), 0.0)
    told = sender.poll(1, 0.0)
    assert isinstance(told, pb.ChannelMessage)
    assert not told.manifest.arrivals
    with pytest.raises(RulesError):
        sender.receive(1, pb.ChannelMessage(arrived_bytes=1), 0.0)


@pytest.mark.parametrize("blake3", [False, True])
def test_leaves_are_what_both_can(blake3: bool) -> None:
    """XFER17."""
    sides = Sides({"a": some(CHUNK)})
    sender = Sender(sides.manifest)
    sender.attach(1)
    sender.receive(1, pb.ChannelMessage(hello=pb.Hello(version=2, blake3=blake3)), 0.0)
    told = sender.poll(1, 0.0)
    assert isinstance(told, pb.ChannelMessage)
    assert told.manifest.hash == (pb.TREE_HASH_BLAKE3 if blake3 else pb.TREE_HASH_SHA256)
    assert (sender.manifest.digest == sides.manifest.digest) is not blake3
    if blake3:
        sender.attach(2)
        with pytest.raises(RulesError, match="agreed"):
            sender.receive(2, pb.ChannelMessage(hello=pb.Hello(version=2)), 0.0)


@pytest.mark.parametrize("kind", [pb.TREE_HASH_SHA256, pb.TREE_HASH_BLAKE3])
def test_who_goes_on_keeps_the_leaves_it_has(kind: pb.TreeHash) -> None:
    """XFER17: also from the version before, which knew SHA-256 only."""
    sides = Sides({"a": some(CHUNK)})
    known = sides.manifest.hashed_by(kind)
    sender = Sender(sides.manifest)
    sender.attach(1)
    sender.receive(1, pb.ChannelMessage(hello=pb.Hello(version=2, manifest=known.digest, blake3=True)), 0.0)
    told = sender.poll(1, 0.0)
    assert isinstance(told, pb.ChannelMessage)
    assert told.manifest.known
    assert sender.manifest == known


def half_a_chunk() -> Sides:
    """Three and a half chunks have arrived, and the line is lost."""
    sides = Sides({"a": some(CHUNK * 10)})
    channel = sides.connect()
    while sides.receiver.received_bytes < 3.5 * CHUNK:
        for act in (sides.read, lambda: sides.send(channel), lambda: sides.deliver_down(channel)):
            act()
        sides.write()
        sides.answer(channel)
        sides.deliver_up(channel)
    assert sides.receiver._channels[channel].data.size_bytes
    sides.cut(channel)
    return sides


def test_a_chunk_goes_on_in_its_middle() -> None:
    """XFER12: on the next channel, also from a sender that was started again."""
    for restart in (False, True):
        sides = half_a_chunk()
        if restart:
            sides.restart_sender()
        sides.connect()
        sides.run()
        assert sides.done
        assert sides.result() == sides.files
        assert sides.arrived_bytes == sides.manifest.size_bytes


def test_a_sender_that_does_not_know_of_beginnings_begins_anew() -> None:
    """XFER12."""
    sides = half_a_chunk()
    sides.connect()
    while not sides.sender._begun:
        sides.step()
    sides.sender._begun.clear()
    sides.run()
    assert sides.result() == sides.files
    assert sides.manifest.size_bytes < sides.arrived_bytes <= sides.manifest.size_bytes + CHUNK


def test_a_beginning_of_another_file_is_found_out() -> None:
    """XFER5, XFER12: the leaf of the whole chunk tells; nothing of it is kept."""
    sides = half_a_chunk()
    (begun,) = sides.receiver._begun.values()
    begun.parts[0] = bytes(len(begun.parts[0]))
    sides.connect()
    sides.run()
    assert not sides.links
    sides.connect()
    sides.run()
    assert sides.result() == sides.files


@pytest.mark.parametrize(("chunk", "size_bytes"), [(99, 10), (0, CHUNK), (0, CHUNK * 9), (0, 0)])
def test_beginnings_that_make_no_sense_are_left_alone(chunk: int, size_bytes: int) -> None:
    """XFER11."""
    sides = Sides({"a": some(CHUNK * 2)})
    sides.connect()
    begun = [pb.Begun(chunk=chunk, size_bytes=size_bytes)]
    sides.sender.receive(0, pb.ChannelMessage(hello=pb.Hello(version=2)), 0.0)
    sides.sender.receive(0, pb.ChannelMessage(have=pb.Have(whole=True, begun=begun)), 0.0)
    assert sides.sender._begun == {}


def test_a_piece_in_the_middle_of_what_nobody_began() -> None:
    """XFER11."""
    sides = Sides({"a": some(CHUNK * 2)})
    receiver = Receiver(sides.manifest)
    receiver.attach(1)
    receiver.receive(1, pb.ChannelMessage(manifest=pb.ManifestPart(known=True, last=True)))
    with pytest.raises(RulesError, match="follow"):
        receiver.receive_piece(1, Piece(0, 100, b"x"))
