"""The receiving side, without I/O: what to write down, and what to say on which channel.

`receive` and `receive_piece` return what the shell has to do; it does it in that order and says so (`opened`,
`written` or `damaged`, `placed`). Nothing is acknowledged before it was written, and a channel gets credit
only for that.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from hutong.protocols.transfer.arriving import Arriving, Beginning
from hutong.protocols.transfer.carrier import cost_bytes
from hutong.protocols.transfer.chunks import RUNS_MAX, ChunkSet, runs_of
from hutong.protocols.transfer.effects import Drop, Effect, Opened, Place, Write
from hutong.protocols.transfer.errors import RulesError, StoppedError
from hutong.protocols.transfer.manifest import Manifest
from hutong.protocols.transfer.piece import Piece
from hutong.protocols.transfer.sender import CHANNELS_MAX, PIECE_BYTES_MAX, VERSION
from hutong.protocols.transfer.tree import LEAF_BYTES, LeafTable
from hutong.schema import transfers_pb2 as pb

WINDOW_BYTES = 4 * 1024 * 1024
_COMPARES_MAX = 2


class Receiver:
    """Takes one manifest. `done` and `stopped` tell how it ended.

    `manifest` and `leaves` are those of an earlier run: of chunks whose bytes were compared with them.
    """

    def __init__(self, manifest: Manifest | None = None, leaves: Mapping[int, bytes] | None = None) -> None:
        self.manifest = manifest
        self.done = False
        self.stopped: StoppedError | None = None
        self.received_bytes = 0
        self.kept_bytes = 0
        self._leaves = LeafTable(0)
        self._kept = ChunkSet(0)
        self._writing: dict[int, int] = {}  # chunk: its cost
        self._begun: dict[int, Beginning] = {}  # what lost channels left
        self._opening = b""
        self._channels: dict[int, Arriving] = {}
        self._root = b""
        self._compares = 0
        self._comparing = -1
        self._compared = 0
        if manifest is not None:
            self._take(manifest, leaves or {})

    # ---- channels ----

    def attach(
        self,
        channel: int,
        *,
        window_bytes: int = WINDOW_BYTES,
        piece_bytes_max: int = PIECE_BYTES_MAX,
    ) -> None:
        """A channel has opened. Raises `RulesError` when there are too many."""
        if len(self._channels) >= CHANNELS_MAX:
            raise RulesError("too many channels")
        state = self._channels[channel] = Arriving(window_bytes, piece_bytes_max)
        digest = self.manifest.digest if self.manifest is not None else b""
        hello = pb.Hello(version=VERSION, manifest=digest, blake3=True, arrivals=True)
        state.to_say.append(pb.ChannelMessage(hello=hello))
        if self.done:
            state.to_say.append(pb.ChannelMessage(placed=True))

    def detach(self, channel: int) -> None:
        """A channel is gone; the beginning of the chunk it was in the middle of stays (XFER12)."""
        gone = self._channels.pop(channel, None)
        if gone is not None and gone.data.size_bytes and len(self._begun) < CHANNELS_MAX:
            self._begun[gone.chunk] = gone.data
        if self._comparing == channel:
            self._comparing = -1

    def receive(self, channel: int, message: pb.ChannelMessage) -> list[Effect]:
        """Take a message; return what is to be done. Raises `RulesError`: the channel is to be closed."""
        state = self._channels.get(channel)
        if state is None or self.done or self.stopped is not None:
            return []
        match message.WhichOneof("kind"):
            case "manifest":
                return self._manifest(state, message.manifest)
            case "piece":
                return self.receive_piece(channel, Piece.of(message.piece))
            case "ask" if state.told:
                self._ask(state)
            case "root" if state.told:
                return self._check(channel, state, message.root)
            case "leaves" if self._comparing == channel:
                return self._compare(message.leaves)
            case "stop":
                self.stopped = StoppedError(message.stop.reason, by_us=False)
            case _:
                raise RulesError("unexpected message of the sender")
        return []

    def receive_piece(self, channel: int, piece: Piece) -> list[Effect]:
        """Take a piece; return what is to be done. Raises `RulesError`: the channel is to be closed."""
        state = self._channels.get(channel)
        if state is None or self.done or self.stopped is not None:
            return []
        if not state.told:
            raise RulesError("a piece before the manifest")
        return self._piece(channel, state, piece)

    def poll(self, channel: int) -> pb.ChannelMessage | None:
        """Return the next message for a channel; None when there is none now."""
        state = self._channels.get(channel)
        if state is None:
            return None
        if state.to_say:
            return state.to_say.popleft()
        if state.unsaid:
            runs = runs_of(sorted(state.unsaid[:RUNS_MAX]))
            del state.unsaid[:RUNS_MAX]
            return pb.ChannelMessage(have=pb.Have(runs=runs))
        return state.arrival()

    # ---- what the shell has done ----

    def opened(self, manifest: Manifest, leaves: Mapping[int, bytes] | None = None) -> None:
        """There is room for it; `leaves` are those of chunks that are here already."""
        self._opening = b""
        self._take(manifest, leaves or {})
        for state in self._channels.values():
            if state.read:
                self._tell(state)

    def written(self, channel: int, chunk: int, leaf_of: bytes) -> None:
        """A chunk and its record are where the end of this program does not lose them."""
        assert self.manifest is not None
        cost = self._writing.pop(chunk)
        self._begun.pop(chunk, None)
        self._leaves[chunk] = leaf_of
        if self._kept.add(chunk):
            self.kept_bytes += self.manifest.span(chunk).size_bytes
        carrier = self._channels.get(channel)
        if carrier is not None:
            carrier.unsaid.append(chunk)
            carrier.settle(cost)
        for state in self._channels.values():
            if carrier is None and state.told:
                state.unsaid.append(chunk)
        self._settled(chunk)

    def damaged(self, chunk: int) -> None:
        """A chunk was not what its leaf said: nothing was written, and its channel is closed."""
        self._writing.pop(chunk)
        self._settled(chunk)

    def still_placing(self) -> None:
        """It takes a while: let the sender hear that somebody is there (XFER6)."""
        for state in self._channels.values():
            if state.told:
                state.to_say.append(pb.ChannelMessage(have=pb.Have()))

    def placed(self) -> None:
        """Everything is in its place."""
        self.done = True
        for state in self._channels.values():
            state.to_say.clear()
            state.to_say.append(pb.ChannelMessage(placed=True))

    def stop(self, reason: pb.StopReason) -> None:
        """Give up and tell the other side; what was written stays."""
        if self.done or self.stopped is not None:
            return
        self.stopped = StoppedError(reason, by_us=True)
        for state in self._channels.values():
            state.to_say.clear()
            state.to_say.append(pb.ChannelMessage(stop=pb.Stop(reason=reason)))

    @property
    def root(self) -> bytes:
        """The root that was found to be right."""
        return self._root

    # ---- steps ----

    def _settled(self, chunk: int) -> None:
        for state in self._channels.values():
            state.waits_for.discard(chunk)
            self._answer(state)

    def _take(self, manifest: Manifest, leaves: Mapping[int, bytes]) -> None:
        self.manifest = manifest
        self._leaves, self._kept = LeafTable(manifest.chunks), ChunkSet(manifest.chunks)
        self._begun.clear()
        for chunk, leaf_of in leaves.items():
            self._leaves[chunk] = leaf_of
            self._kept.add(chunk)
        self.kept_bytes = sum(manifest.span(chunk).size_bytes for chunk in leaves)

    def _manifest(self, state: Arriving, part: pb.ManifestPart) -> list[Effect]:
        if state.read:
            raise RulesError("the manifest is known")
        state.arrivals = state.arrivals or part.arrivals
        manifest = self.manifest if part.known else state.reader.take(part)
        if part.known and (manifest is None or not part.last):
            raise RulesError("no manifest is known")
        if manifest is None:
            return []
        state.read = True
        if self._opening:
            if manifest.digest != self._opening:
                raise RulesError("two manifests at once")
            return []
        if self.manifest is not None and manifest.digest == self.manifest.digest:
            self._tell(state)
            return []
        if any(each.told for each in self._channels.values()) or self._writing:
            raise RulesError("another manifest than before")
        self._opening = manifest.digest
        return [Opened(manifest)]

    def _tell(self, state: Arriving) -> None:
        """Say what we have, and give the first credit."""
        assert self.manifest is not None
        state.told = True
        # A chunk is written as a whole, so less than two would stop the sender.
        state.window_bytes = max(state.window_bytes, 2 * self.manifest.chunk_bytes)
        self._ask(state)
        state.credit_bytes = state.window_bytes
        state.to_say.append(pb.ChannelMessage(credit_bytes=state.credit_bytes))

    def _ask(self, state: Arriving) -> None:
        """Answer with all we have, once what has arrived so far is written."""
        state.asked = True
        state.waits_for = set(self._writing)
        self._answer(state)

    def _answer(self, state: Arriving) -> None:
        if not state.asked or state.waits_for:
            return
        state.asked = False
        state.unsaid.clear()
        runs = runs_of(self._kept)
        pages = [runs[at : at + RUNS_MAX] for at in range(0, len(runs), RUNS_MAX)] or [[]]
        state.to_say.extend(pb.ChannelMessage(have=pb.Have(runs=page)) for page in pages[:-1])
        begun = [pb.Begun(chunk=chunk, size_bytes=each.size_bytes) for chunk, each in self._begun.items()]
        state.to_say.append(pb.ChannelMessage(have=pb.Have(runs=pages[-1], whole=True, begun=begun)))

    def _piece(self, channel: int, state: Arriving, piece: Piece) -> list[Effect]:
        manifest = self.manifest
        assert manifest is not None
        size_bytes = len(piece.data)
        cost = cost_bytes(size_bytes)
        state.arrived_bytes += cost
        self.received_bytes += size_bytes
        if piece.chunk >= manifest.chunks or not 0 < size_bytes <= state.piece_bytes_max:
            raise RulesError("a piece of nothing, or too large")
        if state.arrived_bytes > state.credit_bytes:
            raise RulesError("the sender does not wait for credit")
        if not state.data.size_bytes:
            self._begin(state, piece)
        if piece.chunk != state.chunk or piece.offset != state.data.size_bytes:
            raise RulesError("pieces do not follow each other")
        state.chunk_cost_bytes += cost
        state.data.parts.append(piece.data)
        state.data.size_bytes += size_bytes
        whole_bytes = manifest.span(piece.chunk).size_bytes
        if state.data.size_bytes > whole_bytes or (state.data.size_bytes == whole_bytes) != bool(piece.leaf):
            raise RulesError("a chunk has another size")
        if not piece.leaf:
            return []
        if len(piece.leaf) != LEAF_BYTES:
            raise RulesError("no leaf")
        parts, state.data = state.data.parts, Beginning()
        if piece.chunk in self._kept or piece.chunk in self._writing:
            state.settle(state.chunk_cost_bytes)
            return []
        self._writing[piece.chunk] = state.chunk_cost_bytes
        return [Write(channel, piece.chunk, parts, piece.leaf)]

    def _begin(self, state: Arriving, piece: Piece) -> None:
        """Another chunk comes on a channel: from its start, or from where a lost channel stopped."""
        begun = self._begun.pop(piece.chunk, None)
        state.chunk, state.chunk_cost_bytes = piece.chunk, 0
        if begun is not None and piece.offset:
            state.data = begun

    def _check(self, channel: int, state: Arriving, said: bytes) -> list[Effect]:
        assert self.manifest is not None
        if not self._kept.full or self._comparing >= 0:
            raise RulesError("the sender is not done")
        ours = self._leaves.root(self.manifest.digest)
        if hmac.compare_digest(ours, said):
            first, self._root = not self._root, ours
            return [Place(ours)] if first else []
        self._compares += 1
        if self._compares > _COMPARES_MAX:
            self.stop(pb.STOP_DIFFERENT)
            return []
        self._comparing = channel
        self._compared = 0
        state.to_say.append(pb.ChannelMessage(compare=True))
        return []

    def _compare(self, told: pb.Leaves) -> list[Effect]:
        assert self.manifest is not None
        count, rest = divmod(len(told.leaves), LEAF_BYTES)
        if rest or told.first != self._compared or not 0 < count <= self.manifest.chunks - told.first:
            raise RulesError("leaves do not follow each other")
        dropped: list[Effect] = []
        for chunk in range(told.first, told.first + count):
            at = (chunk - told.first) * LEAF_BYTES
            if self._leaves[chunk] != told.leaves[at : at + LEAF_BYTES]:
                dropped.append(Drop(chunk))
                self._kept.remove(chunk)
                self.kept_bytes -= self.manifest.span(chunk).size_bytes
        self._compared += count
        if self._compared == self.manifest.chunks:
            self._comparing = -1
            for each in self._channels.values():
                if each.told:
                    self._ask(each)
        return dropped
