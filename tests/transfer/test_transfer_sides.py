"""The two sides against each other: whole files, cuts, restarts, damage, back-pressure."""

from __future__ import annotations

import contextlib
import random

import pytest

from hutong.protocols.transfer import (
    Entry,
    Manifest,
    Receiver,
    RulesError,
    Sender,
    StoppedError,
    leaf,
    read_journal,
)
from hutong.schema import transfers_pb2 as pb

from .sides import MIB, Sides

CHUNK = 64 * 1024


def some(size_bytes: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size_bytes)


def folder() -> dict[str, bytes]:
    return {
        "walk/one.bin": some(CHUNK * 5 + 7),
        "walk/empty.txt": b"",
        "walk/deep/two.bin": some(CHUNK, 2),
        "walk/three.txt": b"3",
    }


def test_many_files_arrive() -> None:
    """XFER1, XFER2, XFER6: names and sizes first, then chunks, then the root."""
    sides = Sides(folder())
    sides.connect()
    sides.run()
    assert sides.done
    assert sides.result() == sides.files
    assert sides.disk.placed == sides.receiver.root
    assert sides.arrived_bytes == sides.manifest.size_bytes


def test_nothing_but_empty_files() -> None:
    """XFER6: without chunks the root covers the manifest alone."""
    sides = Sides({"a": b"", "b": b""})
    sides.connect()
    sides.run()
    assert sides.done


@pytest.mark.parametrize("seed", range(30))
def test_random_cuts_and_restarts(seed: int) -> None:
    """XFER8, XFER12, XFER13: it always goes on, and a cut costs one chunk a channel at most."""
    chance = random.Random(seed)
    sides = Sides({"a": some(CHUNK * 40 + 123, seed), **folder()})
    cuts = 0
    for _ in range(60_000):
        if sides.done:
            break
        if not sides.links or (len(sides.links) < 3 and chance.random() < 0.005):
            sides.connect(rank=chance.randrange(2))
        event = chance.random()
        if event < 0.004:
            sides.cut(chance.choice(list(sides.links)))
            cuts += 1
        elif event < 0.006:
            cuts += len(sides.links)
            sides.restart_receiver()
        elif event < 0.008:
            cuts += len(sides.links)
            sides.restart_sender()
        channel = chance.choice(list(sides.links)) if sides.links else None
        if channel is not None:
            acts = [sides.send, sides.deliver_down, sides.answer, sides.deliver_up]
            chance.choice(acts)(channel)
        if chance.random() < 0.5:
            sides.read()
        if chance.random() < 0.8:
            sides.write()
    while not sides.done:
        if not sides.links:
            sides.connect()
        sides.run()
    assert sides.result() == sides.files
    again_bytes = sides.arrived_bytes - sides.manifest.size_bytes
    assert 0 <= again_bytes <= cuts * sides.manifest.chunk_bytes


def test_a_torn_journal_loses_its_tail_only() -> None:
    """XFER13."""
    sides = Sides({"a": some(CHUNK * 8)})
    sides.connect()
    while len(sides.disk.chunks) < 5:
        sides.step()
    sides.disk.journal = sides.disk.journal[:-3]
    sides.restart_receiver()
    assert len(read_journal(sides.disk.journal).kept) == 4
    sides.connect()
    sides.run()
    assert sides.done
    assert sides.arrived_bytes <= sides.manifest.size_bytes + 2 * CHUNK


def test_bytes_that_rotted_on_the_disk_are_fetched_again() -> None:
    """XFER13: a journal is believed only after its chunks were compared."""
    sides = Sides({"a": some(CHUNK * 4)})
    sides.connect()
    while len(sides.disk.chunks) < 3:
        sides.step()
    sides.disk.chunks[1] = b"rotten"
    sides.restart_receiver()
    sides.connect()
    sides.run()
    assert sides.result() == sides.files


def test_a_chunk_that_is_not_its_leaf_closes_the_channel() -> None:
    """XFER5, XFER11: nothing damaged is kept."""
    sides = Sides({"a": some(CHUNK * 3)})
    channel = sides.connect()
    while not sides.links[channel].down or not sides.links[channel].down[0].piece.leaf:
        sides.deliver_down(channel)
        sides.write()
        sides.answer(channel)
        sides.deliver_up(channel)
        sides.read()
        sides.send(channel)
    sides.links[channel].down[0].piece.data = b"\0" * len(sides.links[channel].down[0].piece.data)
    before = set(sides.disk.chunks)
    sides.deliver_down(channel)
    sides.write()
    assert sides.links == {}
    assert set(sides.disk.chunks) == before
    sides.connect()
    sides.run()
    assert sides.result() == sides.files


def test_a_file_that_changes_meanwhile_is_mended() -> None:
    """XFER7: the root differs, the leaves are compared, and only what differs is sent again."""
    sides = Sides({"a": some(CHUNK * 10)})
    sides.connect()
    while len(sides.disk.chunks) < 8:
        sides.step()
    changed = bytearray(sides.files["a"])
    changed[CHUNK * 2] ^= 1
    sides.files["a"] = bytes(changed)
    sides.restart_sender()
    sides.connect()
    sides.run()
    assert sides.done
    assert sides.result() == sides.files
    assert sides.arrived_bytes <= sides.manifest.size_bytes + 3 * CHUNK


def test_a_file_that_changes_without_end_is_given_up() -> None:
    """XFER7."""
    sides = Sides({"a": some(CHUNK * 3)})
    sides.connect()
    while sides.step():
        if sides.sender.kept.full:
            sides.sender._leaves[0] = random.randbytes(32)
    for side in (sides.sender, sides.receiver):
        assert side.stopped is not None
        assert side.stopped.reason == pb.STOP_DIFFERENT
    assert sides.disk.placed == b""


def test_the_sender_waits_for_credit() -> None:
    """XFER9: no more than the window is on its way while nothing is written."""
    sides = Sides({"a": some(CHUNK * 40)})
    window_bytes = 5 * CHUNK + 5_000  # ends in the middle of a piece
    channel = sides.connect(window_bytes=window_bytes)
    while not sides.sender.sent_bytes:
        sides.step()
    written = len(sides.disk.chunks)
    for _ in range(500):
        sides.read()
        sides.send(channel)
        sides.deliver_down(channel)
        sides.answer(channel)
        sides.deliver_up(channel)
    assert written == len(sides.disk.chunks)
    assert sides.links
    assert sides.sender.sent_bytes <= window_bytes
    assert len(sides.effects) <= 5
    sides.run()
    assert sides.done


def test_a_sender_that_does_not_wait_is_cut_off() -> None:
    """XFER9, XFER11."""
    manifest = Manifest((Entry("a", CHUNK * 100),), CHUNK)
    receiver = Receiver(manifest)
    receiver.attach(1, window_bytes=CHUNK)
    receiver.receive(1, pb.ChannelMessage(manifest=pb.ManifestPart(known=True, last=True)))
    data = bytes(16 * 1024)

    def flood() -> None:
        for number in range(100):
            for offset in range(0, CHUNK, len(data)):
                last = leaf(bytes(CHUNK)) if offset + len(data) == CHUNK else b""
                piece = pb.Piece(chunk=number, offset=offset, data=data, leaf=last)
                receiver.receive(1, pb.ChannelMessage(piece=piece))

    with pytest.raises(RulesError, match="credit"):
        flood()
    assert receiver.received_bytes <= 2 * CHUNK + len(data)


def test_tiny_pieces_cost_credit_too() -> None:
    """XFER9: what waits to be written is bounded in number as well."""
    sides = Sides({f"{number}": b"x" for number in range(1_000)})
    channel = sides.connect(window_bytes=2 * CHUNK)
    for _ in range(3_000):
        sides.read()
        sides.send(channel)
        sides.deliver_down(channel)
        sides.answer(channel)
        sides.deliver_up(channel)
        if sides.receiver.manifest is None:
            sides.write()
    assert len(sides.effects) <= 2 * CHUNK // 1024
    sides.run()
    assert sides.done


def test_the_better_channel_takes_over() -> None:
    """XFER10: new chunks go over the highest rank; the other only ends what it began."""
    sides = Sides({"a": some(CHUNK * 60)})
    slow = sides.connect(rank=0)
    while len(sides.disk.chunks) < 5:
        sides.step()
    fast = sides.connect(rank=1)
    while sides.sender._channels[fast].carried_bytes == 0:
        sides.step()
    before = sides.sender._channels[slow].carried_bytes
    sides.run()
    assert sides.done
    assert sides.sender._channels[slow].carried_bytes <= before + CHUNK
    assert sides.arrived_bytes == sides.manifest.size_bytes


def test_what_a_lost_channel_brought_is_not_sent_again() -> None:
    """XFER12: the sender asks on a channel that is left, and the receiver says what has arrived."""
    sides = Sides({"a": some(CHUNK * 30)})
    lost, left = sides.connect(), sides.connect()
    while not len(sides.disk.chunks) > 3:
        sides.step()
    for _ in range(10):  # chunks arrive, and the sender does not hear of it
        sides.read()
        sides.send(lost)
        sides.deliver_down(lost)
    assert sides.sender._channels[lost].carrying
    while sides.deliver_down(lost):
        pass
    assert sides.receiver._channels[lost].data.size_bytes
    sides.cut(lost)
    sides.run()
    assert left in sides.links
    assert sides.done
    assert sides.arrived_bytes == sides.manifest.size_bytes


def test_several_channels_share() -> None:
    """XFER10."""
    sides = Sides({"a": some(CHUNK * 60)})
    channels = [sides.connect() for _ in range(3)]
    sides.run()
    assert sides.done
    assert all(sides.sender._channels[each].carried_bytes > 10 * CHUNK for each in channels)


def test_the_rate_limit_holds() -> None:
    """XFER14."""
    sides = Sides({"a": some(CHUNK * 16)}, bytes_per_s=CHUNK * 4)
    sides.connect()
    while not sides.done:
        sides.run()
        assert sides.sender.sent_bytes <= CHUNK * 4 * (sides.now + 0.25) + 16 * 1024
        sides.now += sides.sender.wait_s(sides.now)
    assert 3.2 <= sides.now <= 4.0


@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_either_side_may_end_it(side: str) -> None:
    """XFER15: the other side hears why; what was written stays."""
    sides = Sides({"a": some(CHUNK * 20)})
    sides.connect()
    while len(sides.disk.chunks) < 5:
        sides.step()
    getattr(sides, side).stop(pb.STOP_NO_SPACE)
    sides.run()
    assert isinstance(sides.sender.stopped, StoppedError)
    assert isinstance(sides.receiver.stopped, StoppedError)
    assert sides.sender.stopped.by_us is (side == "sender")
    assert {sides.sender.stopped.reason, sides.receiver.stopped.reason} == {pb.STOP_NO_SPACE}
    assert len(read_journal(sides.disk.journal).kept) >= 5
    sides.restart_receiver()
    sides.restart_sender()
    sides.connect()
    sides.run()
    assert sides.done


def test_the_end_is_told_again_to_a_sender_that_missed_it() -> None:
    """XFER8."""
    sides = Sides({"a": some(CHUNK)})
    channel = sides.connect()
    while not sides.receiver.done:
        sides.step()
    sides.cut(channel)
    assert not sides.sender.done
    sides.connect()
    sides.run()
    assert sides.sender.done


NONSENSE = [
    pb.ChannelMessage(),
    pb.ChannelMessage(hello=pb.Hello(version=2)),
    pb.ChannelMessage(hello=pb.Hello(version=2)),
    pb.ChannelMessage(piece=pb.Piece(chunk=99, data=b"x")),
    pb.ChannelMessage(piece=pb.Piece(chunk=0, offset=5, data=b"x")),
    pb.ChannelMessage(piece=pb.Piece(chunk=0, data=b"")),
    pb.ChannelMessage(piece=pb.Piece(chunk=0, data=bytes(16 * 1024 + 1))),
    pb.ChannelMessage(piece=pb.Piece(chunk=0, data=b"x", leaf=bytes(32))),
    pb.ChannelMessage(root=bytes(32)),
    pb.ChannelMessage(leaves=pb.Leaves(leaves=bytes(32))),
    pb.ChannelMessage(manifest=pb.ManifestPart(number=3)),
    pb.ChannelMessage(manifest=pb.ManifestPart(known=True, last=True)),
    pb.ChannelMessage(credit_bytes=5),
    pb.ChannelMessage(placed=True),
]


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("message", NONSENSE, ids=lambda each: str(each)[:30])
def test_nonsense_for_the_receiver(message: pb.ChannelMessage, *, told: bool) -> None:
    """XFER11: before the manifest nothing else, and afterwards nothing out of its place."""
    receiver = Receiver(Manifest((Entry("a", CHUNK * 2),), CHUNK) if told else None)
    receiver.attach(1)
    if told:
        receiver.receive(1, pb.ChannelMessage(manifest=pb.ManifestPart(known=True, last=True)))
    with pytest.raises(RulesError):
        receiver.receive(1, message)


@pytest.mark.parametrize(
    "message",
    [
        pb.ChannelMessage(),
        pb.ChannelMessage(hello=pb.Hello(version=2)),
        pb.ChannelMessage(have=pb.Have(runs=[pb.Run(first=1, count=2)])),
        pb.ChannelMessage(have=pb.Have(runs=[pb.Run(first=2**32 - 1, count=2**32 - 1)])),
        pb.ChannelMessage(compare=True),
        pb.ChannelMessage(piece=pb.Piece()),
        pb.ChannelMessage(manifest=pb.ManifestPart()),
    ],
    ids=lambda each: str(each)[:30],
)
def test_nonsense_for_the_sender(message: pb.ChannelMessage) -> None:
    """XFER11."""
    sender = Sender(Manifest((Entry("a", CHUNK * 2),), CHUNK))
    sender.attach(1)
    if message.WhichOneof("kind") != "hello":
        with pytest.raises(RulesError, match="hello"):
            sender.receive(1, message, 0.0)
    sender.receive(1, pb.ChannelMessage(hello=pb.Hello(version=2)), 0.0)
    with pytest.raises(RulesError):
        sender.receive(1, message, 0.0)


@pytest.mark.parametrize("version", [0, 1, 3])
def test_another_version_is_told_so(version: int) -> None:
    """XFER0: both sides hear why nothing goes."""
    sender, receiver = Sender(Manifest((Entry("a", 1),), CHUNK)), Receiver()
    sender.attach(1)
    receiver.attach(1)
    sender.receive(1, pb.ChannelMessage(hello=pb.Hello(version=version)), 0.0)
    word = sender.poll(1, 0.0)
    assert isinstance(word, pb.ChannelMessage)
    receiver.receive(1, word)
    for side in (sender, receiver):
        assert side.stopped is not None
        assert side.stopped.reason == pb.STOP_VERSION
        assert "Update the older one" in str(side.stopped)
    assert sender.next_read() is None


def test_channels_are_counted() -> None:
    """XFER10."""
    for side in (Sender(Manifest((Entry("a", 1),), CHUNK)), Receiver()):
        for channel in range(8):
            side.attach(channel)
        with pytest.raises(RulesError):
            side.attach(8)


def test_random_messages_raise_nothing_else() -> None:
    """XFER11: a fuzz of both sides."""
    chance = random.Random(7)
    manifest = Manifest((Entry("a", MIB), Entry("b", 10)), CHUNK)
    for _ in range(300):
        receiver, sender = Receiver(manifest), Sender(manifest)
        receiver.attach(1)
        sender.attach(1)
        sender.receive(1, pb.ChannelMessage(hello=pb.Hello(version=2)), 0.0)
        receiver.receive(1, pb.ChannelMessage(manifest=pb.ManifestPart(known=True, last=True)))
        for _ in range(20):
            base = chance.choice(NONSENSE).SerializeToString() + chance.randbytes(chance.randrange(12))
            try:
                message = pb.ChannelMessage.FromString(base)
            except Exception:  # noqa: BLE001  what is no message is refused before
                continue
            with contextlib.suppress(RulesError):
                receiver.receive(1, message)
            with contextlib.suppress(RulesError):
                sender.receive(1, message, 0.0)
