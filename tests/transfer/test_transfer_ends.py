"""Real files over real connections: folders, cuts, restarts, full disks, wrong keys."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import random
import subprocess
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hutong.client.transfers.door import Door, DoorLine
from hutong.client.transfers.landing import Landing
from hutong.client.transfers.source import Source
from hutong.client.waiting import first_of
from hutong.protocols.transfer import Piece, RulesError, StoppedError, Write
from hutong.protocols.transfer.records import MESSAGE_BYTES_MAX, TAG_BYTES, Records
from hutong.schema import transfers_pb2 as pb

from .ends import KEY, Ends

CUTS = int(os.environ.get("HUTONG_TRANSFER_CUTS", "8"))
_MB = 1_000_000


@asynccontextmanager
async def ends(path: Path, into: Path) -> AsyncIterator[Ends]:
    both = Ends(path, into)
    await both.start()
    try:
        yield both
    finally:
        await both.close()


async def finish(both: Ends) -> Path:
    async with asyncio.timeout(60):
        while not (both.receiver.finished.done() and both.sender.finished.done()):
            if not both.connected:
                await both.connect()
            await first_of(both.receiver.finished, both.sender.finished, timeout_s=0.05)
    both.sender.finished.result()
    return both.receiver.finished.result()[1]


async def moved(both: Ends, to_bytes: int) -> None:
    """Wait until so much is written, or everything."""
    async with asyncio.timeout(60):
        while both.receiver.kept_bytes < to_bytes and not both.receiver.finished.done():
            if not both.connected:
                await both.connect()
            await asyncio.sleep(0.002)


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def unmount(folder: Path) -> None:
    subprocess.run(["umount", folder], check=True)


async def test_a_folder_arrives_as_it_is(tmp_path: Path) -> None:
    """XFER1, XFER3: names, empty files and folders, what may be run; links stay behind."""
    source = tmp_path / "walk"
    (source / "deep/er").mkdir(parents=True)
    (source / "none").mkdir()
    (source / "deep/er/two.bin").write_bytes(os.urandom(700_000))
    (source / "empty.txt").touch()
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o755)
    (source / "link").symlink_to("/etc/passwd")
    for number in range(300):
        (source / f"{number:03}.txt").write_text(str(number))
    async with ends(source, tmp_path / "into") as both:
        place = await finish(both)
    assert place == tmp_path / "into/walk"
    (source / "link").unlink()
    expected = sorted(path.relative_to(source) for path in source.rglob("*"))
    assert sorted(path.relative_to(place) for path in place.rglob("*")) == expected
    for path in expected:
        if (source / path).is_file():
            assert (place / path).read_bytes() == (source / path).read_bytes()
    assert (place / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (place / "empty.txt").stat().st_mode & 0o777 == 0o644
    assert [path.name for path in (tmp_path / "into").iterdir()] == ["walk"]


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """XFER3."""
    source = tmp_path / "a.txt"
    source.write_text("new")
    into = tmp_path / "into"
    into.mkdir()
    (into / "a.txt").write_text("old")
    async with ends(source, into) as both:
        place = await finish(both)
    assert place == into / "a (1).txt"
    assert (into / "a.txt").read_text() == "old"
    assert place.read_text() == "new"


@pytest.mark.timeout(600)
async def test_random_cuts(tmp_path: Path) -> None:
    """XFER8, XFER12, XFER13: connections, senders and receivers end at random; the file is the same.

    `HUTONG_TRANSFER_CUTS=100` for the long run.
    """
    source = tmp_path / "large.bin"
    data = os.urandom(40 * _MB)
    source.write_bytes(data)
    chance = random.Random(5)
    places = sorted(chance.randrange(len(data)) for _ in range(CUTS))
    cuts = 0
    async with ends(source, tmp_path / "into") as both:
        for place_bytes in places:
            await moved(both, place_bytes)
            if both.receiver.finished.done():
                break
            cuts += 1
            match chance.randrange(3):
                case 0:
                    both.cut()
                case 1:
                    both.cut()
                    await both.end_sender()
                    await both.start_sender()
                case _:
                    both.cut()
                    await both.end_receiver()
                    await both.start_receiver()
        arrived = await finish(both)
        assert arrived.read_bytes() == data
        again_bytes = both.arrived_bytes - len(data)
        lost_bytes = both.sent_bytes - both.arrived_bytes
        chunk_bytes = both._source.manifest.chunk_bytes
    print(f"{cuts} cuts; {again_bytes} bytes arrived again, {lost_bytes} were on lost connections")
    assert again_bytes <= max(len(data) // 100, cuts * chunk_bytes)


async def test_a_sender_that_offers_again_goes_on(tmp_path: Path) -> None:
    """XFER13: a landing under another transfer's name is taken over, if nobody has it open."""
    source = tmp_path / "a.bin"
    source.write_bytes(os.urandom(5 * _MB))
    manifest = Source(source).manifest
    into = tmp_path / "into"
    into.mkdir()
    reader = Source(source)
    earlier = Landing(into, "earlier")
    assert earlier.begin(manifest) == {}
    earlier.write([Write(0, chunk, [data], said) for chunk, data, said in reader.read(list(range(7)))])
    reader.close()
    while_open = Landing(into, "while_open")
    assert while_open.begin(manifest) == {}
    while_open.discard()
    earlier.close()
    later = Landing(into, "later")
    assert sorted(later.begin(manifest)) == list(range(7))
    assert not earlier.folder.exists()
    later.discard()
    assert list(into.iterdir()) == []


async def test_placing_may_take_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XFER6: the sender hears meanwhile that somebody is there."""
    source = tmp_path / "a.bin"
    source.write_bytes(os.urandom(_MB))
    monkeypatch.setattr("hutong.client.transfers.receiving_files._SIGN_EVERY_S", 0.02)
    go_on = threading.Event()
    place = Landing.place

    def slow(self: Landing, name: str) -> Path:
        assert go_on.wait(60)
        return place(self, name)

    monkeypatch.setattr(Landing, "place", slow)
    async with ends(source, tmp_path / "into") as both:
        signs: list[int] = []
        monkeypatch.setattr(both.sender, "_on_progress", signs.append)
        finishing = asyncio.create_task(finish(both))
        async with asyncio.timeout(60):
            while signs.count(_MB) < 5:  # noqa: ASYNC110  a list has no event
                await asyncio.sleep(0.01)
        assert not both.sender.finished.done()
        go_on.set()
        assert (await finishing).read_bytes() == source.read_bytes()


async def test_bytes_that_rotted_are_not_believed(tmp_path: Path) -> None:
    """XFER13."""
    source = tmp_path / "a.bin"
    source.write_bytes(os.urandom(_MB))
    reader = Source(source)
    landing = Landing(tmp_path, "t")
    landing.begin(reader.manifest)
    landing.write([Write(0, chunk, [data], said) for chunk, data, said in reader.read([0, 1, 2])])
    landing.close()
    with (landing.folder / "0").open("r+b") as file:
        file.seek(300_000)
        file.write(b"rotten")
    again = Landing(tmp_path, "t")
    assert sorted(again.resume()) == [0, 2]
    again.close()
    reader.close()


async def test_other_files_than_were_offered_are_refused(tmp_path: Path) -> None:
    """XFER11: nothing is written."""
    source = tmp_path / "a.bin"
    source.write_bytes(bytes(1_000))
    async with ends(source, tmp_path / "into") as both:
        both.receiver._offered = 999, 0
        await both.connect()
        with pytest.raises(StoppedError) as stopped:
            await asyncio.wait_for(both.receiver.finished, 20)
        assert stopped.value.reason == pb.STOP_BROKEN_RULES
    assert list((tmp_path / "into").iterdir()) == []


async def test_the_server_finishes_what_began_directly(tmp_path: Path) -> None:
    """What is there from the first byte on becomes the beginning of the part file."""
    source = tmp_path / "a.bin"
    data = os.urandom(5 * _MB)
    source.write_bytes(data)
    reader = Source(source)
    landing = Landing(tmp_path, "t")
    landing.begin(reader.manifest)
    landing.write([Write(0, chunk, [data], said) for chunk, data, said in reader.read([0, 1, 2, 5])])
    reader.close()
    part = tmp_path / "part"
    part.touch()
    landing.hand_over(part)
    assert part.read_bytes() == data[: 3 * 256 * 1024]
    assert not landing.folder.exists()


async def test_a_full_disk_is_said_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XFER15."""
    source = tmp_path / "a.bin"
    data = os.urandom(5 * _MB)
    source.write_bytes(data)
    write = Landing.write

    def full(self: Landing, writes: list[Write]) -> list[Write]:
        if any(each.chunk > 9 for each in writes):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, writes)

    async with ends(source, tmp_path / "into") as both:
        with monkeypatch.context() as patched:
            patched.setattr(Landing, "write", full)
            await both.connect()
            for end in (both.sender, both.receiver):
                with pytest.raises(StoppedError) as stopped:
                    await asyncio.wait_for(end.finished, 20)
                assert stopped.value.reason == pb.STOP_NO_SPACE
        both.cut()
        await both.end_sender()
        await both.end_receiver()
        await both.start_sender()
        await both.start_receiver()
        before_bytes = both.receiver.kept_bytes
        assert (await finish(both)).read_bytes() == data
        assert both.receiver.received_bytes == len(data) - before_bytes


@pytest.mark.root
@pytest.mark.skipif(not os.environ.get("CI") and os.geteuid() != 0, reason="mounting a tmpfs needs root")
async def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """XFER15: another program fills it meanwhile; there is room again, and it goes on."""
    source = tmp_path / "a.bin"
    data = os.urandom(40 * _MB)
    source.write_bytes(data)
    into = tmp_path / "into"
    into.mkdir()
    mount("-t", "tmpfs", "-o", "size=48m", "tmpfs", str(into))
    try:
        async with ends(source, into) as both:
            await moved(both, 2 * _MB)
            with contextlib.suppress(OSError):
                (into / "others").write_bytes(bytes(64 * _MB))
            with pytest.raises(StoppedError) as stopped:
                await asyncio.wait_for(both.receiver.finished, 20)
            assert stopped.value.reason == pb.STOP_NO_SPACE
            (into / "others").unlink()
            both.cut()
            await both.end_sender()
            await both.end_receiver()
            await both.start_sender()
            await both.start_receiver()
            before_bytes = both.receiver.kept_bytes
            assert before_bytes >= 2 * _MB
            assert (await finish(both)).read_bytes() == data
            assert both.receiver.received_bytes == len(data) - before_bytes
    finally:
        unmount(into)


async def test_there_has_to_be_room_from_the_start(tmp_path: Path) -> None:
    """XFER15."""
    source = tmp_path / "huge.bin"
    with source.open("wb") as file:
        file.truncate(2**43)
    async with ends(source, tmp_path / "into") as both:
        await both.connect()
        with pytest.raises(StoppedError) as stopped:
            await asyncio.wait_for(both.receiver.finished, 20)
        assert stopped.value.reason == pb.STOP_NO_SPACE
    assert list((tmp_path / "into").iterdir()) == []


async def test_a_source_that_is_gone_is_said(tmp_path: Path) -> None:
    """XFER15."""
    source = tmp_path / "a.bin"
    source.write_bytes(os.urandom(30 * _MB))
    async with ends(source, tmp_path / "into") as both:
        await moved(both, _MB)
        os.truncate(source, 5)
        with pytest.raises(StoppedError) as stopped:
            await asyncio.wait_for(both.receiver.finished, 20)
        assert stopped.value.reason == pb.STOP_SOURCE_CHANGED


class Silent:
    """Files nobody has."""

    def __init__(self) -> None:
        self.lines: list[object] = []
        self.messages: list[pb.ChannelMessage] = []
        self.pieces: list[Piece] = []
        self.gone = asyncio.Event()

    def opened(self, line: object) -> None:
        self.lines.append(line)

    def closed(self, line: object) -> None:
        self.lines.remove(line)

    def drained(self) -> None:
        pass

    def message(self, line: object, message: pb.ChannelMessage) -> None:
        self.messages.append(message)

    def piece(self, line: object, piece: Piece) -> None:
        self.pieces.append(piece)

    def line_is_gone(self, line: DoorLine) -> None:
        self.gone.set()


async def door_of(files: Silent, monkeypatch: pytest.MonkeyPatch) -> tuple[Door, pb.Door]:
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
    door = Door(files)
    told = await door.open()
    assert told is not None
    return door, told


async def test_a_door_opens_with_its_key_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """XFER16."""
    inside, outside, stranger = Silent(), Silent(), Silent()
    door, told = await door_of(inside, monkeypatch)
    host, port = told.addresses[0].split(":")
    loop = asyncio.get_running_loop()
    await loop.create_connection(
        lambda: DoorLine(bytes(32), stranger, stranger.line_is_gone, connecting=True), host, int(port)
    )
    await asyncio.wait_for(stranger.gone.wait(), 10)
    assert (inside.lines, stranger.lines) == ([], [])
    knocking = Door(outside)
    knocking.knock(told)
    async with asyncio.timeout(10):
        while not (inside.lines and outside.lines):  # noqa: ASYNC110  a line has no event
            await asyncio.sleep(0.005)
    (line,) = outside.lines
    assert isinstance(line, DoorLine)
    line.send(pb.ChannelMessage(ask=True))
    async with asyncio.timeout(10):
        while not inside.messages:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert inside.messages == [pb.ChannelMessage(ask=True)]
    await knocking.close()
    await door.close()
    async with asyncio.timeout(10):
        while inside.lines or outside.lines:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    "address", ["127.0.0.1:22", "localhost:5000", "127.0.0.1:70000", "224.0.0.1:5000", "", "[::1]"]
)
async def test_a_door_nobody_should_knock_at(address: str) -> None:
    """XFER16: numeric addresses, and no well-known ports."""
    door = Door(Silent())
    door.knock(pb.Door(addresses=[address], key=KEY))
    assert not door._knocks
    await door.close()


def records() -> tuple[Records, Records]:
    salts = bytes(64)
    return Records(KEY, salts, connecting=True), Records(KEY, salts, connecting=False)


def feed(to: Records, data: bytes) -> list[bytes | memoryview]:
    """As a socket does, in what pieces there is room for."""
    opened: list[bytes | memoryview] = []
    while data:
        buffer = to.buffer()
        taken, data = data[: len(buffer)], data[len(buffer) :]
        buffer[: len(taken)] = taken
        opened += to.filled(len(taken), lambda size_bytes: memoryview(bytearray(size_bytes)))
    return opened


def test_records_come_out_as_they_went_in() -> None:
    """XFER16: in any pieces."""
    one, other = records()
    messages = [b"", b"a", os.urandom(MESSAGE_BYTES_MAX)]
    wire = b"".join(one.seal(each) for each in messages)
    found: list[bytes | memoryview] = []
    for at in range(0, len(wire), 100_001):
        found += feed(other, wire[at : at + 100_001])
    assert found == messages
    assert feed(one, other.seal(b"back")) == [b"back"]
    sealed = bytearray(4 + TAG_BYTES)
    assert feed(other, one.seal_data(b"data", sealed) + sealed) == [memoryview(b"data")]


@pytest.mark.parametrize("wrong", ["flipped", "again", "order", "long", "short", "reflected"])
def test_records_that_are_not_the_next(wrong: str) -> None:
    """XFER16."""
    one, other = records()
    first, second = one.seal(b"first"), one.seal(b"second")
    sent = {
        "flipped": first[:-1] + bytes([first[-1] ^ 1]),
        "again": first + first,
        "order": second,
        "long": (MESSAGE_BYTES_MAX + 17).to_bytes(4),
        "short": (15).to_bytes(4),
        "reflected": other.seal(b"mine"),
    }[wrong]
    with pytest.raises(RulesError):
        feed(other, sent)
