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

from hutong.edge.forwarded import HEADER as FORWARDED
from hutong.edge.forwarded import client_of
from hutong.edge.sockets import LINGER_S, tune
from hutong.platform.door import CARRIER_MESSAGE_BYTES_MAX, LOW_WATER_BYTES, Arrival, Door, Inlet
from hutong.platform.outgoing import WAITING_BYTES_MAX

PATH = "/link"
SUBPROTOCOL = "hutong.1"
HANDSHAKE_TIMEOUT_S = 10
# Grows with what arrives and shrinks again; small, because most connections are idle.
_READ_BUFFER_BYTES = 2048
_DATA = (WSMsgType.BINARY, WSMsgType.TEXT, WSMsgType.CONTINUATION)
# picows copies a smaller message behind its header into a buffer of the connection, 1 KB that grows up to
# 8.5 and never shrinks: one page of history would stay for good. With room for the header in front of a
# larger message it copies nothing. (picows 2.3.1 hands one above 8 KB on beside a view of its header, which
# the next message overwrites while uvloop still keeps it.)
_COPIED_BYTES_MAX = 1000
_HEADER_ROOM_BYTES = 14
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


_NO_HEADERS = WSUpgradeResponse.create_101_response().headers
_NO_HEADERS.clear()
_log = _Log(logging.getLogger("picows"), {})


def _finish(transport: WSTransport, code: WSCloseCode) -> None:
    """Close as WebSocket does, after what is queued; somebody who takes nothing is cut off."""
    transport.send_close(code)
    transport.disconnect()
    asyncio.get_running_loop().call_later(LINGER_S, transport.underlying_transport.abort)


class _Carrier:
    """Sends WebSocket messages, one for each carrier message."""

    __slots__ = ("_transport",)

    def __init__(self, transport: WSTransport) -> None:
        self._transport = transport

    def send(self, message: bytes) -> None:
        if len(message) <= _COPIED_BYTES_MAX:
            self._transport.send(WSMsgType.BINARY, message)
        else:
            room = bytearray(_HEADER_ROOM_BYTES) + message
            self._transport.send_reuse_external_bytearray(WSMsgType.BINARY, room, _HEADER_ROOM_BYTES)

    def waiting_bytes(self) -> int:
        return int(self._transport.underlying_transport.get_write_buffer_size())

    def identified(self, tag: bytes) -> None:
        """Tickets are the link port's."""

    def close(self, *, at_once: bool) -> None:
        if at_once:
            self._transport.underlying_transport.abort()
        else:
            _finish(self._transport, WSCloseCode.GOING_AWAY)


class _Listener(WSListener):
    """Turns frames into whole messages."""

    __slots__ = ("_door", "_dscp", "_forwarded", "_inlet", "_parts", "_size", "_started")

    def __init__(self, door: Door, dscp: int) -> None:
        self._door = door
        self._dscp = dscp
        self._inlet: Inlet | None = None
        self._started = False
        self._parts: list[bytes] | None = None
        self._size = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        forwarded = transport.request.headers.getall(FORWARDED, ())
        # picows keeps both for good, 2 KB of headers that nobody asks for again.
        transport.request.headers = transport.response.headers = _NO_HEADERS
        tune(transport.underlying_transport.get_extra_info("socket"), self._dscp)
        # `resume_writing` then means what `Inlet.drained` says.
        transport.underlying_transport.set_write_buffer_limits(LOW_WATER_BYTES - 1, LOW_WATER_BYTES // 2)
        peer = transport.underlying_transport.get_extra_info("peername")
        address = client_of(str(peer[0]) if peer else "", forwarded)
        self._inlet = self._door.open(_Carrier(transport), Arrival(address))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self._inlet is None:
            return  # it broke the protocol
        kind = frame.msg_type
        if kind == WSMsgType.BINARY and frame.fin and not self._started:
            self._inlet.receive(frame.get_payload_as_bytes())
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
        """Collect a fragmented message; text, and more than the bound, end the connection (CONN2, SEAL1)."""
        assert self._inlet is not None
        self._size += len(frame.get_payload_as_memoryview())
        if frame.msg_type == WSMsgType.TEXT or self._started != (frame.msg_type == WSMsgType.CONTINUATION):
            self._end(transport, WSCloseCode.PROTOCOL_ERROR)
            return
        if self._parts is None:
            self._parts = []
        if self._size > CARRIER_MESSAGE_BYTES_MAX or len(self._parts) >= _PARTS_MAX:
            self._end(transport, WSCloseCode.MESSAGE_TOO_BIG)
            return
        self._started = True
        self._parts.append(frame.get_payload_as_bytes())
        if frame.fin:
            message, self._parts, self._size, self._started = b"".join(self._parts), None, 0, False
            self._inlet.receive(message)

    def _end(self, transport: WSTransport, code: WSCloseCode) -> None:
        assert self._inlet is not None
        inlet, self._inlet = self._inlet, None
        inlet.closed()
        self._parts = None
        _finish(transport, code)

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        if self._inlet is not None:
            inlet, self._inlet = self._inlet, None
            inlet.closed()

    def pause_writing(self) -> None:
        """The bound is the core's, by bytes."""

    def resume_writing(self) -> None:
        """There is room again for what does not hurry."""
        if self._inlet is not None:
            self._inlet.drained()


def upgrade_protocol(door: Door, dscp: int) -> type[asyncio.Protocol]:
    """Return the protocol class uvicorn hands upgraded sockets to; what they send is marked with `dscp`."""

    def accept(request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        if request.path != PATH.encode() or SUBPROTOCOL not in [each.strip() for each in offered.split(",")]:
            refusal = WSUpgradeResponse.create_error_response(HTTPStatus.NOT_FOUND, b"No such link.")
            return WSUpgradeResponseWithListener(refusal, None)
        headers = {"Sec-WebSocket-Protocol": SUBPROTOCOL}
        response = WSUpgradeResponse.create_101_response(headers)
        return WSUpgradeResponseWithListener(response, _Listener(door, dscp))

    class HandOver(asyncio.Protocol):
        """Feeds the upgrade request to picows, then steps aside; uvloop keeps it as long as the transport."""

        __slots__ = ("_protocol", "_transport")

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
                CARRIER_MESSAGE_BYTES_MAX,
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
