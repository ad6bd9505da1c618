"""The sending side, without I/O: which chunk to read next, and what to say on which channel.

The shell attaches channels as they open, reads the chunks `next_read` names, and asks `poll` for messages as
long as a channel has room. Chunks belong to one channel until the receiver has them; what a lost channel
carried is sent again only after the receiver has said what it has.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hutong.protocols.transfer.chunks import ChunkSet, numbers_of
from hutong.protocols.transfer.errors import RulesError, StoppedError
from hutong.protocols.transfer.manifest import Manifest
from hutong.protocols.transfer.rate import RateLimit
from hutong.protocols.transfer.tree import LeafTable
from hutong.schema import transfers_pb2 as pb

VERSION = 2
CHANNELS_MAX = 8
PIECE_BYTES_MAX = 16 * 1024
# Of credit, so that a flood of tiny files has a bound too (XFER9).
PIECE_COST_BYTES_MIN = 1024
# Chunks read, or being read, and not yet on their way: so many, or so many bytes and one more.
_AHEAD_MAX = 64
_AHEAD_BYTES_MAX = 4 * 1024 * 1024
_LEAVES_PER_MESSAGE = 400
_COMPARES_MAX = 2


@dataclass(slots=True)
class _Channel:
    rank: int
    piece_bytes_max: int
    told: ChunkSet  # what it said since the last whole Have
    heard: bool = False  # the receiver has said Hello, and then Have
    synced: bool = False
    credit_bytes: int = 0
    carried_bytes: int = 0
    to_say: deque[pb.ChannelMessage] = field(default_factory=deque)
    chunk: int = -1  # under way, with its bytes and how many of them have gone
    data: memoryview = field(default_factory=lambda: memoryview(b""))
    leaf: bytes = b""
    offset: int = 0
    carrying: set[int] = field(default_factory=set)


def cost_bytes(size_bytes: int) -> int:
    """Return what a piece takes of a channel's credit."""
    return max(size_bytes, PIECE_COST_BYTES_MIN)


class Sender:
    """Hands one manifest over. `done` and `stopped` tell how it ended."""

    def __init__(self, manifest: Manifest, *, bytes_per_s: float | None = None) -> None:
        self.manifest = manifest
        self.done = False
        self.stopped: StoppedError | None = None
        self.kept = ChunkSet(manifest.chunks)
        self.kept_bytes = 0
        self.sent_bytes = 0
        self._leaves = LeafTable(manifest.chunks)
        self._taken = ChunkSet(manifest.chunks)  # kept, being read, ready or carried
        self._cursor = 0
        self._hash_cursor = 0
        self._reading: set[int] = set()
        self._ahead_bytes = 0
        self._ready: deque[tuple[int, memoryview]] = deque()
        self._doubtful: set[int] = set()
        self._channels: dict[int, _Channel] = {}
        self._rate = RateLimit(bytes_per_s)
        self._root_said_to = -1
        self._compares = 0
        self._saying_leaves = -1

    # ---- channels ----

    def attach(self, channel: int, *, rank: int = 0, piece_bytes_max: int = PIECE_BYTES_MAX) -> None:
        """A channel has opened. New chunks go over those of the highest rank. Raises `RulesError`."""
        if len(self._channels) >= CHANNELS_MAX:
            raise RulesError("too many channels")
        self._channels[channel] = _Channel(rank, piece_bytes_max, ChunkSet(self.manifest.chunks))

    def detach(self, channel: int) -> None:
        """A channel is gone; what it carried may have arrived or not."""
        gone = self._channels.pop(channel, None)
        if gone is None:
            return
        self._doubtful |= gone.carrying
        if self._root_said_to == channel:
            self._root_said_to = -1
        for each in self._channels.values():
            if each.synced and self._doubtful:
                each.synced = False
                each.to_say.append(pb.ChannelMessage(ask=True))
                break

    def receive(self, channel: int, message: pb.ChannelMessage) -> None:
        """Take a message. Raises `RulesError`: the channel is to be closed."""
        state = self._channels.get(channel)
        if state is None or self.done or self.stopped is not None:
            return
        kind = message.WhichOneof("kind")
        if not state.heard and kind not in {"hello", "stop"}:
            raise RulesError("the receiver does not say hello")
        match kind:
            case "hello":
                self._hello(state, message.hello)
            case "have":
                self._have(state, message.have)
            case "credit_bytes":
                state.credit_bytes = max(state.credit_bytes, message.credit_bytes)
            case "compare" if self._root_said_to == channel:
                self._compare()
            case "placed":
                self.done = True
            case "stop":
                self.stopped = StoppedError(message.stop.reason, by_us=False)
            case _:
                raise RulesError("unexpected message of the receiver")

    def stop(self, reason: pb.StopReason) -> None:
        """Give up and tell the other side."""
        if self.done or self.stopped is not None:
            return
        self.stopped = StoppedError(reason, by_us=True)
        for each in self._channels.values():
            each.to_say.clear()
            each.to_say.append(pb.ChannelMessage(stop=pb.Stop(reason=reason)))

    # ---- chunks ----

    def next_read(self) -> int | None:
        """Return a chunk to read now, if one is wanted: `loaded` brings it."""
        if self.done or self.stopped is not None:
            return None
        synced = any(each.synced for each in self._channels.values())
        few = len(self._ready) + len(self._reading) < _AHEAD_MAX
        if synced and few and self._ahead_bytes <= _AHEAD_BYTES_MAX:
            self._cursor = self._taken.missing_from(self._cursor)
            if self._cursor < self.manifest.chunks:
                self._taken.add(self._cursor)
                self._reading.add(self._cursor)
                self._ahead_bytes += self.manifest.span(self._cursor).size_bytes
                return self._cursor
        if self._reading:
            return None
        # What the receiver has from before counts for the root.
        while self._hash_cursor < self.manifest.chunks:
            chunk = self._hash_cursor
            if chunk not in self.kept:
                return None
            self._hash_cursor += 1
            if chunk not in self._leaves:
                self._reading.add(chunk)
                self._ahead_bytes += self.manifest.span(chunk).size_bytes
                return chunk
        return None

    def loaded(self, chunk: int, data: bytes, leaf: bytes) -> None:
        """A chunk was read, and this is its hash."""
        self._reading.discard(chunk)
        self._leaves[chunk] = leaf
        if chunk in self.kept:
            self._ahead_bytes -= len(data)
        else:
            self._ready.append((chunk, memoryview(data)))

    def poll(self, channel: int, now: float) -> pb.ChannelMessage | None:
        """Return the next message for a channel that has room; None when there is none now."""
        state = self._channels.get(channel)
        if state is None:
            return None
        if state.to_say:
            return state.to_say.popleft()
        if self.done or self.stopped is not None or not state.synced:
            return None
        if self._saying_leaves >= 0 and self._root_said_to == channel:
            return self._say_leaves()
        if state.chunk < 0 and not self._next_chunk(state):
            return self._say_root(channel)
        if self._rate.wait_s(now) > 0:
            return None
        return self._piece(state, now)

    def wait_s(self, now: float) -> float:
        """Return how long the rate limit holds everything back."""
        return self._rate.wait_s(now)

    # ---- steps ----

    def _hello(self, state: _Channel, hello: pb.Hello) -> None:
        if state.heard or hello.version != VERSION:
            raise RulesError("the receiver speaks another version, or says hello twice")
        state.heard = True
        if hello.manifest == self.manifest.digest:
            state.to_say.append(pb.ChannelMessage(manifest=pb.ManifestPart(known=True, last=True)))
            return
        state.to_say.extend(pb.ChannelMessage(manifest=part) for part in self.manifest.parts())

    def _have(self, state: _Channel, have: pb.Have) -> None:
        for chunk in numbers_of(have.runs, self.manifest.chunks):
            self._keep(chunk)
            state.told.add(chunk)
        if not have.whole:
            return
        if not any(each.synced for each in self._channels.values()):
            # Nobody was there in between, so a receiver that lost something has said so now.
            for chunk in self.kept:
                if chunk not in state.told:
                    self._lose(chunk)
        state.told = ChunkSet(self.manifest.chunks)
        state.synced = True
        # Whatever a lost channel carried and the receiver does not have, is to be sent again.
        doubtful, self._doubtful = self._doubtful, set()
        for chunk in doubtful:
            if chunk not in self.kept:
                self._return(chunk)

    def _keep(self, chunk: int) -> None:
        if self.kept.add(chunk):
            self.kept_bytes += self.manifest.span(chunk).size_bytes
        self._taken.add(chunk)
        for each in self._channels.values():
            each.carrying.discard(chunk)

    def _lose(self, chunk: int) -> None:
        self.kept.remove(chunk)
        self.kept_bytes -= self.manifest.span(chunk).size_bytes
        self._return(chunk)

    def _return(self, chunk: int) -> None:
        self._taken.remove(chunk)
        self._cursor = min(self._cursor, chunk)

    def _next_chunk(self, state: _Channel) -> bool:
        best = max(each.rank for each in self._channels.values() if each.synced)
        if state.rank < best or self._room(state) <= 0:
            return False
        while self._ready:
            state.chunk, state.data = self._ready.popleft()
            self._ahead_bytes -= len(state.data)
            if state.chunk not in self.kept:
                break
            state.chunk = -1
        if state.chunk < 0:
            return False
        state.leaf = self._leaves[state.chunk]
        state.offset = 0
        state.carrying.add(state.chunk)
        return True

    @staticmethod
    def _room(state: _Channel) -> int:
        return state.credit_bytes - state.carried_bytes

    def _piece(self, state: _Channel, now: float) -> pb.ChannelMessage | None:
        size_bytes = min(state.piece_bytes_max, len(state.data) - state.offset)
        if self._room(state) < cost_bytes(size_bytes):
            return None
        data = bytes(state.data[state.offset : state.offset + size_bytes])
        piece = pb.Piece(chunk=state.chunk, offset=state.offset, data=data)
        state.offset += size_bytes
        state.carried_bytes += cost_bytes(size_bytes)
        self.sent_bytes += size_bytes
        self._rate.spend(size_bytes, now)
        if state.offset == len(state.data):
            piece.leaf = state.leaf
            state.chunk, state.data = -1, memoryview(b"")
        return pb.ChannelMessage(piece=piece)

    def _say_root(self, channel: int) -> pb.ChannelMessage | None:
        if not self.kept.full or self._root_said_to >= 0 or not self._leaves.full:
            return None
        self._root_said_to = channel
        return pb.ChannelMessage(root=self._leaves.root(self.manifest.digest))

    def _compare(self) -> None:
        self._compares += 1
        if self._compares > _COMPARES_MAX:
            raise RulesError("the receiver compares without end")
        self._saying_leaves = 0

    def _say_leaves(self) -> pb.ChannelMessage:
        first = self._saying_leaves
        last = min(first + _LEAVES_PER_MESSAGE, self.manifest.chunks)
        leaves = self._leaves.pages(first, last - first)
        self._saying_leaves = last
        if last == self.manifest.chunks:
            # The receiver drops what differs, and says what it has.
            self._saying_leaves = -1
            self._root_said_to = -1
            self._forget_kept()
        return pb.ChannelMessage(leaves=pb.Leaves(first=first, leaves=leaves))

    def _forget_kept(self) -> None:
        self.kept, self._taken = ChunkSet(self.manifest.chunks), ChunkSet(self.manifest.chunks)
        self.kept_bytes = self._cursor = 0
        for each in self._channels.values():
            each.synced = False
