"""The WebSocket carrier (CONN2), on picows: a message costs no task and no copy more than needed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from functools import partial

from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSParsedURL,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    ws_connect,
)

from hutong.client.address import Address
from hutong.client.carrier import (
    CarrierError,
    OpenCarrier,
    Receiver,
    check_pin,
    explain,
    hung_up,
    tls_context,
)
from hutong.client.sockets import LINGER_S, connected_socket, limit_writes, prepare_socket
from hutong.protocols.sealed import CARRIER_MESSAGE_BYTES_MAX

PATH = "/link"
SUBPROTOCOL = "hutong.1"
# Of one message; empty ones cost memory that the bound by size does not see.
_PARTS_MAX = 64
_DATA = (WSMsgType.BINARY, WSMsgType.TEXT, WSMsgType.CONTINUATION)

# An adapter, because picows makes a child of a real logger for each connection.
_log = logging.LoggerAdapter(logging.getLogger("picows"), {})


class _WebSocket(WSListener):
    """One connection; its own carrier."""

    def __init__(self, address: Address, receiver: Receiver, subprotocol: str) -> None:
        self._address = address
        self._receiver: Receiver | None = receiver
        self._subprotocol = subprotocol
        self._transport: WSTransport | None = None
        self._parts: list[bytes] = []
        self._size_bytes = 0
        self._ended = asyncio.get_running_loop().create_future()
        self.refusal: CarrierError | None = None

    # ---- listener ----

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Check who answers before anything is said or heard."""
        assert self._receiver is not None
        self._transport = transport
        prepare_socket(transport.underlying_transport)
        limit_writes(transport.underlying_transport)
        try:
            check_pin(transport.underlying_transport, self._address)
            if self._subprotocol != SUBPROTOCOL:
                raise CarrierError(f"{self._address.authority} is no Hutong server.", hopeless=True)
        except CarrierError as error:
            self.refusal = error
            self.close(at_once=True)
        else:
            self._receiver.opened(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.BINARY and frame.fin and not self._parts:
            if self._receiver is not None:
                self._receiver.received(frame.get_payload_as_bytes())
        elif kind in _DATA:
            self._continue(frame)
        elif kind == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def _continue(self, frame: WSFrame) -> None:
        """Collect a message that something on the way cut into pieces."""
        started = bool(self._parts)
        self._size_bytes += frame.payload_size
        continues = frame.msg_type == WSMsgType.CONTINUATION
        too_much = self._size_bytes > CARRIER_MESSAGE_BYTES_MAX or len(self._parts) >= _PARTS_MAX
        if frame.msg_type == WSMsgType.TEXT or started != continues or too_much:
            assert self._transport is not None
            self._transport.disconnect(graceful=False)
            return
        self._parts.append(frame.get_payload_as_bytes())
        if frame.fin:
            message, self._parts, self._size_bytes = b"".join(self._parts), [], 0
            if self._receiver is not None:
                self._receiver.received(message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        del transport
        if not self._ended.done():
            self._ended.set_result(None)
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.lost(hung_up())

    def pause_writing(self) -> None:
        """The sealed layer asks how much waits."""

    def resume_writing(self) -> None:
        """There is room for bulk again."""
        if self._receiver is not None:
            self._receiver.drained()

    # ---- carrier ----

    @property
    def exporter(self) -> bytes:
        """None: browsers have none either (SEAL4)."""
        return b""

    def send(self, message: bytes) -> None:
        assert self._transport is not None
        self._transport.send(WSMsgType.BINARY, message)

    def waiting_bytes(self) -> int:
        assert self._transport is not None
        return int(self._transport.underlying_transport.get_write_buffer_size())

    def close(self, *, at_once: bool) -> None:
        self._receiver = None
        if self._transport is None:
            return
        if not at_once:
            self._transport.send_close(WSCloseCode.OK)
        self._transport.disconnect(graceful=not at_once)
        if not at_once:
            asyncio.get_running_loop().call_later(LINGER_S, self._transport.underlying_transport.abort)

    async def wait_closed(self) -> None:
        await asyncio.wait([self._ended], timeout=LINGER_S)


async def _open(address: Address, receiver: Receiver) -> None:
    def listener(_request: WSUpgradeRequest, response: WSUpgradeResponse) -> _WebSocket:
        return _WebSocket(address, receiver, response.headers.get("Sec-WebSocket-Protocol", ""))

    secure = address.scheme == "https"
    sockets: list[socket.socket] = []

    async def connect(_url: WSParsedURL) -> socket.socket:
        sockets.append(await connected_socket(address.host, address.port))
        return sockets[0]

    try:
        _, opened = await ws_connect(
            listener,
            f"{'wss' if secure else 'ws'}://{address.authority}{PATH}",
            ssl_context=tls_context(address) if secure else None,
            logger_name=_log,
            max_frame_size=CARRIER_MESSAGE_BYTES_MAX,
            max_redirects=0,
            extra_headers={"Sec-WebSocket-Protocol": SUBPROTOCOL},
            socket_factory=connect,
            # Whoever races addresses gives up sooner.
            websocket_handshake_timeout=60,
        )
    except BaseException as error:
        # picows waits on for an answer nobody wants any more.
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        if isinstance(error, Exception):
            raise explain(error, address) from error
        raise
    if opened is None:  # it hung up before it had answered
        raise CarrierError(f"{address.authority} answers, but not as a Hutong server.")
    assert isinstance(opened, _WebSocket)
    if opened.refusal is not None:
        raise opened.refusal


def websocket(address: Address) -> OpenCarrier:
    """Return what opens this carrier to an `http(s)://` address."""
    return partial(_open, address)
