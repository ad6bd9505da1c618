"""The WebSocket carrier (CONN2), on picows: a message costs no task and no copy more than needed."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    ws_connect,
)

from hutong.client.address import Address
from hutong.client.carrier import (
    MESSAGE_BYTES_MAX,
    OPEN_TIMEOUT_S,
    CarrierError,
    OpenCarrier,
    Receiver,
    check_pin,
    explain,
    tls_context,
)

PATH = "/link"
SUBPROTOCOL = "hutong.1"
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
        self.refusal: CarrierError | None = None

    # ---- listener ----

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Check who answers before anything is said or heard."""
        assert self._receiver is not None
        self._transport = transport
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
        if frame.msg_type == WSMsgType.TEXT or started != continues or self._size_bytes > MESSAGE_BYTES_MAX:
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
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.lost()

    def pause_writing(self) -> None:
        """The bound is the call table's."""

    def resume_writing(self) -> None:
        """The bound is the call table's."""

    # ---- carrier ----

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


async def _open(address: Address, receiver: Receiver) -> None:
    def listener(_request: WSUpgradeRequest, response: WSUpgradeResponse) -> _WebSocket:
        return _WebSocket(address, receiver, response.headers.get("Sec-WebSocket-Protocol", ""))

    secure = address.scheme == "https"
    try:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            _, opened = await ws_connect(
                listener,
                f"{'wss' if secure else 'ws'}://{address.authority}{PATH}",
                ssl_context=tls_context(address) if secure else None,
                logger_name=_log,
                max_frame_size=MESSAGE_BYTES_MAX,
                max_redirects=0,
                extra_headers={"Sec-WebSocket-Protocol": SUBPROTOCOL},
            )
    except Exception as error:
        raise explain(error, address) from error
    if opened is None:  # it hung up before it had answered
        raise CarrierError(f"{address.authority} answers, but not as a Hutong server.")
    assert isinstance(opened, _WebSocket)
    if opened.refusal is not None:
        raise opened.refusal


def websocket(address: Address) -> OpenCarrier:
    """Return what opens this carrier to an `http(s)://` address."""
    return partial(_open, address)
