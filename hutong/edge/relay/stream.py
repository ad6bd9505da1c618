"""One client's TCP connection."""

import asyncio
from typing import Protocol, cast

from hutong.protocols.stun import Address, FiveTuple, StunError, Transport
from hutong.protocols.stun.stream import FrameSplitter

# What may wait for a client that reads too slowly; beyond it relayed data is dropped, as on UDP.
UNSENT_BYTES_MAX = 256 * 1024


class StreamOwner(Protocol):
    """What a connection needs of its server."""

    def admit(self, connection: "StreamConnection") -> bool:
        """Take a new connection in, or refuse it because there are too many."""

    def receive(self, data: bytes, five_tuple: FiveTuple) -> None:
        """Take one frame."""

    def forget(self, connection: "StreamConnection") -> None:
        """The connection is closed."""

    def is_idle(self, five_tuple: FiveTuple) -> bool:
        """Tell whether a connection serves no allocation."""


class StreamConnection(asyncio.Protocol):
    """Cuts the stream into frames; closes what is not STUN, and what stays idle."""

    five_tuple: FiveTuple
    _transport: asyncio.Transport

    def __init__(self, owner: StreamOwner, idle_s_max: float) -> None:
        self._owner = owner
        self._idle_s_max = idle_s_max
        self._splitter = FrameSplitter()
        self._admitted = False
        self._idle_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn the five-tuple."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        client = transport.get_extra_info("peername")
        server = transport.get_extra_info("sockname")
        if client is None or server is None:
            # The client was gone before the connection was taken up.
            self._transport.abort()
            return
        self.five_tuple = FiveTuple(
            Transport.TCP, Address(client[0], client[1]), Address(server[0], server[1])
        )
        self._admitted = self._owner.admit(self)
        if not self._admitted:
            self._transport.abort()
            return
        self._watch_idleness()

    def data_received(self, data: bytes) -> None:
        """Hand on whole frames."""
        if not self._admitted:
            return
        try:
            frames = self._splitter.feed(data)
        except StunError:
            self._transport.abort()
            return
        for frame in frames:
            self._owner.receive(frame, self.five_tuple)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the server end the allocation."""
        del exc
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._admitted:
            self._owner.forget(self)

    def send(self, data: bytes) -> bool:
        """Send a frame; False when the client does not read fast enough to get it."""
        if self._transport.is_closing():
            return False
        if self._transport.get_write_buffer_size() + len(data) > UNSENT_BYTES_MAX:
            return False
        self._transport.write(data)
        return True

    def close(self) -> None:
        """Close without waiting for the client."""
        self._transport.abort()

    def _watch_idleness(self) -> None:
        loop = asyncio.get_running_loop()
        self._idle_timer = loop.call_later(self._idle_s_max, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if self._owner.is_idle(self.five_tuple):
            self._transport.abort()
        else:
            self._watch_idleness()
