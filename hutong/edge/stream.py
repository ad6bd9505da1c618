"""The TLS-on-TCP carrier (CONN3): each message behind its length, four bytes, big endian."""

from __future__ import annotations

import asyncio
from typing import cast

from hutong.platform.connection import MESSAGE_BYTES_MAX, Connection
from hutong.platform.sessions import Sessions

ALPN = "hutong/1"
# How long what is queued may take to leave after the end.
LINGER_S = 5
_LENGTH_BYTES = 4


class StreamProtocol(asyncio.Protocol):
    """One client; its own carrier."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._transport: asyncio.Transport | None = None
        self._connection: Connection | None = None
        self._buffer = bytearray()

    # ---- protocol ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the connection speaks first."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by behaviour only
        if transport.get_extra_info("ssl_object").selected_alpn_protocol() != ALPN:
            # Somebody who wants to speak something else, or is made to.
            self._transport.abort()
            return
        peer = transport.get_extra_info("peername")
        self._connection = Connection(self._sessions, self, str(peer[0]) if peer else "")

    def data_received(self, data: bytes) -> None:
        """Cut the stream into messages."""
        assert self._transport is not None
        if self._connection is None:
            return
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= _LENGTH_BYTES:
            length = int.from_bytes(buffer[start : start + _LENGTH_BYTES], "big")
            if length > MESSAGE_BYTES_MAX:
                self._transport.abort()
                return
            end = start + _LENGTH_BYTES + length
            if len(buffer) < end:
                break
            self._connection.receive(bytes(buffer[start + _LENGTH_BYTES : end]))
            start = end
        del buffer[:start]

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell the connection."""
        if self._connection is not None:
            self._connection.closed()

    # ---- carrier ----

    def send(self, message: bytes) -> None:
        """Queue one message."""
        assert self._transport is not None
        self._transport.write(len(message).to_bytes(_LENGTH_BYTES, "big") + message)

    def waiting_bytes(self) -> int:
        """Return what the client has not taken yet."""
        assert self._transport is not None
        return self._transport.get_write_buffer_size()

    def close(self, *, at_once: bool) -> None:
        """End, after what is queued or at once."""
        assert self._transport is not None
        if at_once:
            self._transport.abort()
        else:
            self._transport.close()
            # Somebody who takes nothing any more would keep the socket open for good.
            asyncio.get_running_loop().call_later(LINGER_S, self._transport.abort)
