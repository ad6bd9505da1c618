"""The WebSocket carrier (CONN2) on the public port, beside the web client and the API.

uvicorn parses HTTP; on an upgrade it hands the socket to a protocol class of ours, which hands it on to
picows: a message then costs no ASGI call and no task.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any, cast

from picows import (
    WSAutoPingStrategy,
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # not in the stubs

from hutong.edge.stream import LINGER_S
from hutong.platform.connection import MESSAGE_BYTES_MAX, WAITING_BYTES_MAX, Connection
from hutong.platform.sessions import Sessions
from hutong.schema import link_pb2

PATH = "/link"
SUBPROTOCOL = "hutong.1"
HANDSHAKE_TIMEOUT_S = 10
# Grows with what arrives and shrinks again; small, because most connections are idle.
_READ_BUFFER_BYTES = 2048
_DATA = (WSMsgType.BINARY, WSMsgType.TEXT, WSMsgType.CONTINUATION)

# Of one message; empty ones cost memory that the bound by size does not see.
_PARTS_MAX = 1024


class _Log(logging.LoggerAdapter[logging.Logger]):
    """An adapter, because picows makes a child of a real logger for each connection.

    What it calls an error is a client that broke the protocol: nobody here has to act. An exception of ours
    stays one.
    """

    def info(self, msg: object, *args: object, **kwargs: Any) -> None:
        self.debug(msg, *args, **kwargs)

    def error(self, msg: object, *args: object, **kwargs: Any) -> None:
        self.debug(msg, *args, **kwargs)


_log = _Log(logging.getLogger("picows"), {})


def _finish(transport: WSTransport, code: WSCloseCode) -> None:
    """Close as WebSocket does, after what is queued; somebody who takes nothing is cut off."""
    transport.send_close(code)
    transport.disconnect()
    asyncio.get_running_loop().call_later(LINGER_S, transport.underlying_transport.abort)


class _Carrier:
    """Lets a `Connection` send WebSocket messages."""

    __slots__ = ("_transport",)

    def __init__(self, transport: WSTransport) -> None:
        self._transport = transport

    def send(self, message: bytes) -> None:
        self._transport.send(WSMsgType.BINARY, message)

    def waiting_bytes(self) -> int:
        return int(self._transport.underlying_transport.get_write_buffer_size())

    def close(self, *, at_once: bool) -> None:
        if at_once:
            self._transport.underlying_transport.abort()
        else:
            _finish(self._transport, WSCloseCode.GOING_AWAY)


class _Listener(WSListener):
    """Turns frames into whole messages."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._connection: Connection | None = None
        self._started = False
        self._parts: list[bytes] = []
        self._size = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        peer = transport.underlying_transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        self._connection = Connection(self._sessions, _Carrier(transport), address)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        assert self._connection is not None
        kind = frame.msg_type
        if kind == WSMsgType.BINARY and frame.fin and not self._started:
            self._connection.receive(frame.get_payload_as_bytes())
        elif kind in _DATA:
            self._continue(transport, frame)
        elif kind == WSMsgType.PING:
            self._pong(transport, frame)
        elif kind == WSMsgType.CLOSE:
            # "No code" stands for a missing one and must not be sent (RFC 6455, section 7.4.1).
            code = frame.get_close_code()
            _finish(transport, WSCloseCode.OK if code == WSCloseCode.NO_INFO else code)

    def _pong(self, transport: WSTransport, frame: WSFrame) -> None:
        """Answer a ping, but not of somebody who sends them and reads nothing."""
        if transport.underlying_transport.get_write_buffer_size() > WAITING_BYTES_MAX:
            transport.underlying_transport.abort()
        else:
            transport.send_pong(frame.get_payload_as_bytes())

    def _continue(self, transport: WSTransport, frame: WSFrame) -> None:
        """Collect a fragmented message; text, and more than the bound, end the connection (CONN2, CONN4)."""
        assert self._connection is not None
        self._size += len(frame.get_payload_as_memoryview())
        if frame.msg_type == WSMsgType.TEXT or self._started != (frame.msg_type == WSMsgType.CONTINUATION):
            self._connection.goodbye(
                link_pb2.Goodbye.REASON_PROTOCOL_ERROR, "Messages are binary, one after the other."
            )
            return
        if self._size > MESSAGE_BYTES_MAX or len(self._parts) >= _PARTS_MAX:
            self._connection.closed()
            _finish(transport, WSCloseCode.MESSAGE_TOO_BIG)
            return
        self._started = True
        self._parts.append(frame.get_payload_as_bytes())
        if frame.fin:
            message, self._parts, self._size, self._started = b"".join(self._parts), [], 0, False
            self._connection.receive(message)

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        if self._connection is not None:
            self._connection.closed()

    def pause_writing(self) -> None:
        """The bound is `Connection`'s, by bytes."""

    def resume_writing(self) -> None:
        """The bound is `Connection`'s, by bytes."""


def upgrade_protocol(sessions: Sessions) -> type[asyncio.Protocol]:
    """Return the protocol class uvicorn hands upgraded sockets to."""

    def accept(request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        if request.path != PATH.encode() or SUBPROTOCOL not in [each.strip() for each in offered.split(",")]:
            refusal = WSUpgradeResponse.create_error_response(HTTPStatus.NOT_FOUND, b"No such link.")
            return WSUpgradeResponseWithListener(refusal, None)
        headers = {"Sec-WebSocket-Protocol": SUBPROTOCOL}
        response = WSUpgradeResponse.create_101_response(headers)
        return WSUpgradeResponseWithListener(response, _Listener(sessions))

    class HandOver(asyncio.Protocol):
        """Feeds the upgrade request to picows, then steps aside."""

        def __init__(self, **_uvicorn: Any) -> None:
            self._protocol = WSProtocol(
                None,
                None,
                False,  # is_client_side
                accept,
                _log,
                True,  # disconnect_on_exception
                HANDSHAKE_TIMEOUT_S,
                False,  # enable_auto_ping: heartbeats are ours (CONN11)
                10,
                10,
                WSAutoPingStrategy.PING_WHEN_IDLE,
                False,  # enable_auto_pong: it knows no bound
                MESSAGE_BYTES_MAX,
                None,
                _READ_BUFFER_BYTES,
            )
            self._transport: asyncio.Transport | None = None

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by behaviour only
            self._protocol.connection_made(transport)

        def data_received(self, data: bytes) -> None:
            assert self._transport is not None
            self._feed(data)
            # uvicorn makes this class the socket's protocol right after; take over after that.
            transport = self._transport
            asyncio.get_running_loop().call_soon(lambda: transport.set_protocol(self._protocol))

        def _feed(self, data: bytes) -> None:
            view = memoryview(data)
            while view:
                buffer = self._protocol.get_buffer(len(view))
                size = min(len(buffer), len(view))
                buffer[:size] = view[:size]
                self._protocol.buffer_updated(size)
                view = view[size:]

        def connection_lost(self, error: Exception | None) -> None:
            self._protocol.connection_lost(error)

    return HandOver
