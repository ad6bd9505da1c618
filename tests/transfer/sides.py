"""Both sides in memory: channels that deliver what a test lets through, and disks that outlive them."""

from __future__ import annotations

import itertools
from collections import deque

from hutong.protocols.transfer import (
    Drop,
    Effect,
    Entry,
    Manifest,
    Opened,
    Piece,
    Place,
    Receiver,
    RulesError,
    Sender,
    Write,
    begin_journal,
    dropped_record,
    kept_record,
    leaf,
    leaf_of,
    read_journal,
)
from hutong.schema import transfers_pb2 as pb

MIB = 1024 * 1024


class Disk:
    """What the receiver has written: bytes by chunk, and the journal."""

    def __init__(self) -> None:
        self.chunks: dict[int, bytes] = {}
        self.journal = b""
        self.placed = b""

    def receiver(self) -> Receiver:
        """Come back after a restart: only what is as the journal says counts."""
        journal = read_journal(self.journal)
        self.journal = self.journal[: journal.size_bytes]
        sound = {
            chunk: said
            for chunk, said in journal.kept.items()
            if journal.manifest is not None
            and leaf(self.chunks.get(chunk, b""), journal.manifest.hash) == said
        }
        return Receiver(journal.manifest, sound)


class Link:
    """One channel's two directions."""

    def __init__(self) -> None:
        self.down: deque[pb.ChannelMessage] = deque()
        self.up: deque[pb.ChannelMessage] = deque()


class Sides:
    """A sender with its files, a receiver with its disk."""

    def __init__(self, files: dict[str, bytes], **limits: float) -> None:
        self.files = files
        self.manifest = Manifest(
            tuple(Entry(path, len(data)) for path, data in files.items()), chunk_bytes=64 * 1024
        )
        self.limits = limits
        self.sender = Sender(self.manifest, **limits)
        self.disk = Disk()
        self.receiver = self.disk.receiver()
        self.links: dict[int, Link] = {}
        self.effects: deque[Effect] = deque()
        self.now = 0.0
        self.received_bytes = 0
        self._numbers = itertools.count()

    def connect(self, rank: int = 0, window_bytes: int = MIB) -> int:
        channel = next(self._numbers)
        self.links[channel] = Link()
        self.sender.attach(channel, rank=rank)
        self.receiver.attach(channel, window_bytes=window_bytes)
        return channel

    def cut(self, channel: int) -> None:
        """Lose a channel with all that is on it."""
        del self.links[channel]
        self.sender.detach(channel)
        self.receiver.detach(channel)

    def restart_receiver(self) -> None:
        for channel in list(self.links):
            self.cut(channel)
        self.received_bytes += self.receiver.received_bytes
        self.effects.clear()
        self.receiver = self.disk.receiver()

    def restart_sender(self) -> None:
        for channel in list(self.links):
            self.cut(channel)
        self.sender = Sender(self.manifest, **self.limits)

    @property
    def arrived_bytes(self) -> int:
        """All pieces that ever arrived."""
        return self.received_bytes + self.receiver.received_bytes

    @property
    def done(self) -> bool:
        return self.sender.done and self.receiver.done

    # ---- steps; each tells whether something happened ----

    def read(self) -> bool:
        chunk = self.sender.next_read()
        if chunk is None:
            return False
        data = self.chunk(chunk)
        self.sender.loaded(chunk, data, leaf(data, self.sender.manifest.hash))
        return True

    def chunk(self, chunk: int) -> bytes:
        span = self.manifest.span(chunk)
        data = self.files[self.manifest.entries[span.entry].path]
        return data[span.offset : span.offset + span.size_bytes]

    def send(self, channel: int) -> bool:
        message = self.sender.poll(channel, self.now)
        if message is None:
            return False
        self.links[channel].down.append(message.message() if isinstance(message, Piece) else message)
        return True

    def answer(self, channel: int) -> bool:
        message = self.receiver.poll(channel)
        if message is None:
            return False
        self.links[channel].up.append(message)
        return True

    def deliver_down(self, channel: int) -> bool:
        link = self.links[channel]
        if not link.down:
            return False
        wire = link.down.popleft().SerializeToString()
        assert len(wire) <= 16 * 1024 + 64
        try:
            self.effects += self.receiver.receive(channel, pb.ChannelMessage.FromString(wire))
        except RulesError:
            self.cut(channel)
        return True

    def deliver_up(self, channel: int) -> bool:
        link = self.links[channel]
        if not link.up:
            return False
        wire = link.up.popleft().SerializeToString()
        assert len(wire) <= 16 * 1024 + 64
        try:
            self.sender.receive(channel, pb.ChannelMessage.FromString(wire), self.now)
        except RulesError:
            self.cut(channel)
        return True

    def write(self) -> bool:
        if not self.effects:
            return False
        match self.effects.popleft():
            case Opened(manifest):
                self.disk.journal = begin_journal(manifest)
                self.disk.chunks.clear()
                self.receiver.opened(manifest)
            case Write(channel, chunk, parts, said):
                if leaf_of(parts, self.sender.manifest.hash) != said:
                    self.receiver.damaged(chunk)
                    if channel in self.links:
                        self.cut(channel)
                    return True
                self.disk.chunks[chunk] = b"".join(parts)
                self.disk.journal += kept_record(chunk, said)
                self.receiver.written(channel, chunk, said)
            case Drop(chunk):
                self.disk.journal += dropped_record(chunk)
            case Place(root):
                self.disk.placed = root
                self.receiver.placed()
        return True

    def step(self) -> bool:
        """Everything that can happen, once."""
        happened = self.read()
        for channel in list(self.links):
            for act in (self.send, self.deliver_down, self.answer, self.deliver_up):
                happened |= channel in self.links and act(channel)
        return self.write() or happened

    def run(self, steps_max: int = 100_000) -> None:
        """Until nothing happens any more."""
        for _ in range(steps_max):
            if not self.step():
                return
        raise AssertionError("it does not end")

    def result(self) -> dict[str, bytes]:
        """The files as they are on the receiver's disk."""
        found = {entry.path: b"" for entry in self.manifest.entries}
        for chunk in range(self.manifest.chunks):
            found[self.manifest.entries[self.manifest.span(chunk).entry].path] += self.disk.chunks[chunk]
        return found
