"""The sending side, without I/O: which chunk to read next, and what to say on which channel.

The shell attaches channels as they open, reads the chunks `next_read` names, and asks `poll` for messages as
long as a channel has room. Chunks belong to one channel until the receiver has them; what a lost channel
carried is sent again only after the receiver has said what it has.
"""

from __future__ import annotations

from collections import deque

from hutong.protocols.transfer.carrier import Carrier
from hutong.protocols.transfer.chunks import ChunkSet, numbers_of
from hutong.protocols.transfer.errors import RulesError, StoppedError
from hutong.protocols.transfer.manifest import Manifest
from hutong.protocols.transfer.pace import Pace
from hutong.protocols.transfer.piece import Bytes, Piece
from hutong.protocols.transfer.rate import RateLimit
from hutong.protocols.transfer.tree import LeafTable
from hutong.schema import transfers_pb2 as pb

VERSION = 2
CHANNELS_MAX = 8
PIECE_BYTES_MAX = 16 * 1024
# Chunks read, or being read, and not yet on their way: so many, or so many bytes and one more.
_AHEAD_MAX = 64
_AHEAD_BYTES_MAX = 4 * 1024 * 1024
_LEAVES_PER_MESSAGE = 400
_COMPARES_MAX = 2
# Arrived and not yet written: one chunk is being written while the next comes in.
_UNKEPT_CHUNKS_MAX = 2


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
        self._begun: dict[int, int] = {}  # chunks the receiver has the beginning of
        self._agreed = False  # the manifest has been told, or was known: leaves stay what they are
        self._channels: dict[int, Carrier] = {}
        self._rate = RateLimit(bytes_per_s)
        self._root_said_to = -1
        self._compares = 0
        self._saying_leaves = -1

    # ---- channels ----

    def attach(self, channel: int, *, rank: int = 0, piece_bytes_max: int = PIECE_BYTES_MAX) -> None:
        """A channel has opened. New chunks go over those of the highest rank. Raises `RulesError`."""
        if len(self._channels) >= CHANNELS_MAX:
            raise RulesError("too many channels")
        unkept_bytes_max = _UNKEPT_CHUNKS_MAX * self.manifest.chunk_bytes
        told = ChunkSet(self.manifest.chunks)
        self._channels[channel] = Carrier(rank, piece_bytes_max, unkept_bytes_max, told)

    def detach(self, channel: int) -> None:
        """A channel is gone; what it carried may have arrived or not."""
        gone = self._channels.pop(channel, None)
        if gone is None:
            return
        self._doubtful |= gone.carrying.keys()
        if self._root_said_to == channel:
            self._root_said_to = -1
        for each in self._channels.values():
            if each.synced and self._doubtful:
                each.synced = False
                each.to_say.append(pb.ChannelMessage(ask=True))
                break

    def receive(self, channel: int, message: pb.ChannelMessage, now: float) -> None:
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
            case "arrived_bytes" if state.pace is not None:
                state.pace.arrived(message.arrived_bytes, now)
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

    def loaded(self, chunk: int, data: Bytes, leaf: bytes) -> None:
        """A chunk was read, and this is its hash."""
        self._reading.discard(chunk)
        self._leaves[chunk] = leaf
        if chunk in self.kept:
            self._ahead_bytes -= len(data)
        else:
            self._ready.append((chunk, memoryview(data)))

    def poll(self, channel: int, now: float) -> pb.ChannelMessage | Piece | None:
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
        if state.chunk < 0 and not self._next_chunk(state, now):
            return self._say_root(channel)
        if self._rate.wait_s(now) > 0:
            return None
        piece = state.next_piece(now)
        if piece is not None:
            self.sent_bytes += len(piece.data)
            self._rate.spend(len(piece.data), now)
        return piece

    def wait_s(self, now: float) -> float:
        """Return how long the rate limit holds everything back."""
        return self._rate.wait_s(now)

    # ---- steps ----

    def _hello(self, state: Carrier, hello: pb.Hello) -> None:
        if state.heard:
            raise RulesError("the receiver says hello twice")
        if hello.version != VERSION:
            self.stop(pb.STOP_VERSION)
            return
        state.heard = True
        state.pace = Pace() if hello.arrivals else None
        self._agree(hello)
        if hello.manifest == self.manifest.digest:
            parts = [pb.ManifestPart(known=True, last=True)]
        else:
            parts = self.manifest.parts()
        parts[0].arrivals = hello.arrivals
        state.to_say.extend(pb.ChannelMessage(manifest=part) for part in parts)

    def _agree(self, hello: pb.Hello) -> None:
        """Settle what leaves are, once: what the receiver has leaves of, else the fastest it can (XFER17)."""
        if not self._agreed:
            faster = self.manifest.hashed_by(pb.TREE_HASH_BLAKE3)
            if hello.blake3 and hello.manifest != self.manifest.digest:
                self.manifest = faster
            self._agreed = True
        if self.manifest.hash == pb.TREE_HASH_BLAKE3 and not hello.blake3:
            raise RulesError("the receiver cannot check what was agreed")

    def _have(self, state: Carrier, have: pb.Have) -> None:
        for chunk in numbers_of(have.runs, self.manifest.chunks):
            self._keep(chunk)
            state.told.add(chunk)
        if not have.whole:
            return
        self._begun = {
            each.chunk: each.size_bytes
            for each in have.begun
            if self._is_beginning(each.chunk, each.size_bytes)
        }
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
            each.keep(chunk)

    def _is_beginning(self, chunk: int, size_bytes: int) -> bool:
        """Tell whether a chunk has a beginning of that size, and a rest."""
        return chunk < self.manifest.chunks and 0 < size_bytes < self.manifest.span(chunk).size_bytes

    def _lose(self, chunk: int) -> None:
        self.kept.remove(chunk)
        self.kept_bytes -= self.manifest.span(chunk).size_bytes
        self._return(chunk)

    def _return(self, chunk: int) -> None:
        self._taken.remove(chunk)
        self._cursor = min(self._cursor, chunk)

    def _next_chunk(self, state: Carrier, now: float) -> bool:
        best = max(each.rank for each in self._channels.values() if each.synced)
        if state.rank < best or not state.may_begin(now):
            return False
        while self._ready:
            chunk, data = self._ready.popleft()
            self._ahead_bytes -= len(data)
            if chunk not in self.kept:
                state.begin(chunk, data, self._leaves[chunk], self._begun.pop(chunk, 0))
                return True
        return False

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
