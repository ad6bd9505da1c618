"""The edges as a core sees them: wires with many clients each."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from hutong.edge.apart.address import listen
from hutong.edge.apart.frames import (
    FrameError,
    Kind,
    decode_arrival,
    decode_endpoints,
    decode_taken,
)
from hutong.edge.apart.wire import Secret, Wire
from hutong.edge.core import CoreAccess
from hutong.platform import journal
from hutong.platform.door import LOW_WATER_BYTES, Inlet
from hutong.platform.settings import SettingsError

EDGES_MAX = 64
# On their way in, and they have not shown the secret yet.
STRANGERS_MAX = 64
CHANNELS_OF_AN_EDGE_MAX = 100_000
CLOSE_TIMEOUT_S = 5
# Anybody may knock at a gate on TCP; the log shall not grow with it.
WARN_EVERY_S = 60.0
_KEY_BYTES = 32

log = journal.get(__name__)


class RemoteCarrier:
    """One client behind an edge."""

    def __init__(self, wire: Wire, channel: int) -> None:
        self._wire = wire
        self._channel = channel
        self._waiting = 0
        self._was_full = False
        self.inlet: Inlet

    def send(self, message: bytes) -> None:
        """Queue one message."""
        self._waiting += len(message)
        self._wire.send(Kind.DATA, self._channel, message)

    def waiting_bytes(self) -> int:
        """Return what has not left the edge for the client, as far as it is known here."""
        if self._waiting >= LOW_WATER_BYTES:
            self._was_full = True
        return self._waiting

    def taken(self, size_bytes: int) -> None:
        """Be told by the edge that so much has left. Raises `FrameError`."""
        if size_bytes > self._waiting:
            raise FrameError("more was taken than was sent")
        self._waiting -= size_bytes
        if self._was_full and self._waiting < LOW_WATER_BYTES:
            self._was_full = False
            self.inlet.drained()

    def identified(self, tag: bytes) -> None:
        """Let the edge bind its tickets to the device."""
        self._wire.send(Kind.IDENTIFIED, self._channel, tag)

    def close(self, *, at_once: bool) -> None:
        """Have the edge end the client's carrier."""
        self._wire.send(Kind.CLOSE, self._channel, bytes([at_once]))


class _Edge:
    """One edge and its clients."""

    def __init__(self, gate: EdgeGate) -> None:
        self._gate = gate
        self._channels: dict[int, RemoteCarrier] = {}
        self.wire = Wire.listening(
            gate.secret,
            on_ready=self._on_ready,
            on_frame=self._on_frame,
            on_batch=lambda: None,
            on_lost=self._on_lost,
        )

    def _on_ready(self, wire: Wire) -> None:
        self._gate.arrived(self)
        log.info("edge_connected", address=wire.address)

    def _on_frame(self, kind: Kind, channel: int, payload: bytes) -> None:
        if kind is Kind.OPEN:
            self._open(channel, payload)
        elif channel:
            self._on_client(kind, channel, payload)
        elif kind is Kind.HELLO:
            endpoints = decode_endpoints(payload)
            if endpoints is not None:
                self._gate.core.announce(endpoints)
            self.wire.send(Kind.WELCOME, 0, self._gate.core.root)
        elif kind is Kind.CERTIFY:
            self._gate.keep_up(self._certify(payload))
        else:
            raise FrameError("a frame that an edge does not send")

    def _open(self, channel: int, payload: bytes) -> None:
        if channel == 0 or channel in self._channels or len(self._channels) >= CHANNELS_OF_AN_EDGE_MAX:
            raise FrameError("an OPEN that cannot be")
        arrival = decode_arrival(payload)
        carrier = RemoteCarrier(self.wire, channel)
        self._channels[channel] = carrier
        carrier.inlet = self._gate.core.door.open(carrier, arrival)

    def _on_client(self, kind: Kind, channel: int, payload: bytes) -> None:
        carrier = self._channels.get(channel)
        if carrier is None:
            raise FrameError("a frame of a client that is not there")
        match kind:
            case Kind.DATA:
                carrier.inlet.receive(payload)
            case Kind.TAKEN:
                carrier.taken(decode_taken(payload))
            case Kind.FINISHED:
                carrier.inlet.finished()
            case Kind.CLOSED:
                del self._channels[channel]
                carrier.inlet.closed()
            case _:
                raise FrameError("a frame that an edge does not send")

    async def _certify(self, payload: bytes) -> None:
        try:
            key, host = payload[:_KEY_BYTES], payload[_KEY_BYTES:].decode(errors="replace")
            leaf = await self._gate.core.certify(key, host)
        except (OSError, ValueError, SettingsError) as error:
            log.warning("edge_not_certified", error=type(error).__name__)
            leaf = b""
        self.wire.send(Kind.CERTIFIED, 0, leaf)

    def _on_lost(self, _wire: Wire) -> None:
        self._gate.left(self)
        channels, self._channels = self._channels, {}
        for carrier in channels.values():
            carrier.inlet.closed()


class EdgeGate:
    """Takes edges for a core that runs in this process."""

    def __init__(self, core: CoreAccess, secret: Secret) -> None:
        self.core = core
        self.secret = secret
        self._strangers: dict[_Edge, None] = {}
        self._edges: set[_Edge] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._warn_at = 0.0

    async def start(self) -> str:
        """Listen; return the address in force. Raises `OSError` and `SettingsError`."""
        self._server, address = await listen(self.core.settings.core_address, self._accept)
        return address

    async def close(self) -> None:
        """Stop listening; what was said to clients still leaves."""
        for task in list(self._tasks):
            task.cancel()
        assert self._server is not None
        self._server.close()
        for edge in list(self._edges):
            edge.wire.close()
        for stranger in list(self._strangers):
            stranger.wire.abort()
        try:
            await asyncio.wait_for(self._server.wait_closed(), CLOSE_TIMEOUT_S)
        except TimeoutError:
            log.info("edges_left_open")

    def _accept(self) -> Wire:
        edge = _Edge(self)
        self._strangers[edge] = None
        if len(self._strangers) > STRANGERS_MAX:
            # The oldest: an edge that knows the secret is quicker than that.
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            oldest.wire.abort()
        return edge.wire

    def arrived(self, edge: _Edge) -> None:
        """Be told that an edge has shown the secret."""
        self._strangers.pop(edge, None)
        self._edges.add(edge)
        if len(self._edges) > EDGES_MAX:
            log.warning("too_many_edges", edges_max=EDGES_MAX)
            edge.wire.close()

    def left(self, edge: _Edge) -> None:
        """Be told that an edge is gone, or somebody who was none."""
        self._edges.discard(edge)
        if edge in self._strangers:
            del self._strangers[edge]
            now = asyncio.get_running_loop().time()
            if now >= self._warn_at:
                self._warn_at = now + WARN_EVERY_S
                log.warning("edge_without_the_secret", address=edge.wire.address)

    def keep_up(self, work: Coroutine[object, object, None]) -> None:
        """Run a short task of an edge's."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
