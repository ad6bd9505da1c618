"""The TLS-on-TCP carrier (CONN3): each message behind its length, four bytes, big endian."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import cast

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

ALPN = "hutong/1"
_LENGTH_BYTES = 4


class _StreamProtocol(asyncio.Protocol):
    """One connection; its own carrier."""

    def __init__(self, address: Address, receiver: Receiver) -> None:
        self._address = address
        self._receiver: Receiver | None = receiver
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self.refusal: CarrierError | None = None

    # ---- protocol ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Check who answers before anything is said or heard."""
        assert self._receiver is not None
        # A cast, because uvloop's TLS transport does not derive from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        try:
            check_pin(transport, self._address)
            if transport.get_extra_info("ssl_object").selected_alpn_protocol() != ALPN:
                raise CarrierError(
                    f"{self._address.authority} is no link port of a Hutong server.", hopeless=True
                )
        except CarrierError as error:
            self.refusal = error
            self.close(at_once=True)
        else:
            self._receiver.opened(self)

    def data_received(self, data: bytes) -> None:
        """Cut the stream into messages; one beyond the bound ends it (CONN4)."""
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= _LENGTH_BYTES:
            body = start + _LENGTH_BYTES
            length = int.from_bytes(buffer[start:body], "big")
            if length > MESSAGE_BYTES_MAX:
                self._end()
                return
            if len(buffer) < body + length:
                break
            start = body + length
            if self._receiver is not None:
                self._receiver.received(bytes(buffer[body:start]))
        del buffer[:start]

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self._end()

    def _end(self) -> None:
        receiver, self._receiver = self._receiver, None
        if self._transport is not None:
            self._transport.abort()
        if receiver is not None:
            receiver.lost()

    # ---- carrier ----

    def send(self, message: bytes) -> None:
        assert self._transport is not None
        self._transport.write(len(message).to_bytes(_LENGTH_BYTES, "big") + message)

    def waiting_bytes(self) -> int:
        assert self._transport is not None
        return self._transport.get_write_buffer_size()

    def close(self, *, at_once: bool) -> None:
        self._receiver = None
        if self._transport is not None:
            (self._transport.abort if at_once else self._transport.close)()


async def _open(address: Address, receiver: Receiver) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            _, protocol = await loop.create_connection(
                lambda: _StreamProtocol(address, receiver),
                address.host,
                address.port,
                ssl=tls_context(address, ALPN),
                server_hostname=address.host,
            )
    except Exception as error:
        raise explain(error, address) from error
    if protocol.refusal is not None:
        raise protocol.refusal


def stream(address: Address) -> OpenCarrier:
    """Return what opens this carrier to a `hutong://` address."""
    return partial(_open, address)
