"""aiortc's DTLS, in batches: what arrives together is taken together, and the answers leave together.

aiortc sends each packet with a system call, and looks for something to send after each that it receives. With
a window that is full, everything a sender says and every SACK of a receiver follows from a packet, so batches
of what arrives make batches of what leaves. The version of aiortc, whose inside this is, is pinned.
"""

# ruff: noqa: SLF001  aiortc's inside has no other door

from __future__ import annotations

import asyncio

from aioice.ice import StunProtocol
from aioice.turn import TurnTransport
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceTransport
from aiortc.rtcdtlstransport import State
from OpenSSL import SSL

from hutong.client.transfers.segments import Segments

# Taken before others have their turn in the event loop.
_BATCH_MAX = 64
_RECORD_BYTES_MAX = 1500
# A relay that is there answers the end of an allocation within this.
_FAREWELL_S = 1.0
# First bytes of DTLS records (RFC 7983); STUN's are lower.
DTLS_FIRST, DTLS_LAST = 20, 63


class QuickStunProtocol(StunProtocol):
    """A socket of ICE that knows DTLS by its first byte, and does not try to read it as STUN.

    Its end does not wait for a relay that is gone, with the server or with the network we were on. aioice
    would say goodbye to it for a minute, and a session that begins anew ends its old connection first.
    """

    def datagram_received(self, data: bytes | str, addr: tuple[object, ...]) -> None:
        """Take a datagram."""
        if isinstance(data, bytes) and data and DTLS_FIRST <= data[0] <= DTLS_LAST:
            self.receiver.data_received(data, self.local_candidate.component)
        else:
            super().datagram_received(data, addr)

    async def close(self) -> None:
        """End it; an allocation nobody answers for ends by itself."""
        closing = asyncio.get_running_loop().create_task(super().close())
        await asyncio.wait([closing], timeout=_FAREWELL_S)
        transport = self.transport
        if not closing.done() and isinstance(transport, TurnTransport):
            inside = vars(transport)
            # Cancelled, aioice closes the socket all the same.
            for task in (inside["_TurnTransport__close_task"], *inside["_TurnTransport__send_tasks"]):
                task.cancel()
        await closing


class QuickDtlsTransport(RTCDtlsTransport):
    """The same on the wire, without counting for `getStats`. Connections with media go aiortc's way."""

    _settled = False

    def __init__(self, transport: RTCIceTransport, certificates: list[RTCCertificate]) -> None:
        """Stand on one of ICE, as aiortc's."""
        super().__init__(transport, certificates)
        self._held: list[bytes] | None = None
        self._segments = Segments()

    async def _recv_next(self) -> None:
        if not self._settled or self._rtp_router.receivers:
            await super()._recv_next()
            # The last flight of the handshake may still have to be sent again.
            ssl = self._ssl
            self._settled = (
                ssl is not None and self._state is State.CONNECTED and ssl.DTLSv1_get_timeout() is None
            )
            return
        data = await self.transport._recv()
        connection = self.transport._connection
        self._held = []
        try:
            await self._take(data)
            for _ in range(_BATCH_MAX):
                if connection._queue.empty():
                    break
                await self._take(await self.transport._recv())
        finally:
            held, self._held = self._held, None
            await self._send_together(held)

    async def _take(self, data: bytes) -> None:
        if not data or not DTLS_FIRST <= data[0] <= DTLS_LAST:
            return
        assert self._ssl is not None
        self._ssl.bio_write(data)
        try:
            plain = self._ssl.recv(_RECORD_BYTES_MAX)
        except SSL.ZeroReturnError:
            await self._write_ssl()
            raise ConnectionError from None
        except SSL.Error:
            # No bytes for SCTP: a handshake's record perhaps, and DTLS may have an answer.
            await self._write_ssl()
            return
        if self._data_receiver is not None:
            await self._data_receiver._handle_data(plain)

    async def _send_data(self, data: bytes) -> None:
        if self._held is None:
            await super()._send_data(data)
            return
        if self._state is not State.CONNECTED:
            raise ConnectionError("Cannot send encrypted data, not connected")
        assert self._ssl is not None
        self._ssl.send(data)
        self._held.append(self._ssl.bio_read(_RECORD_BYTES_MAX))
        if len(self._held) >= _BATCH_MAX:
            held, self._held = self._held, []
            await self._send_together(held)

    async def _send_together(self, datagrams: list[bytes]) -> None:
        pair = self.transport._connection._nominated.get(1)
        sent = 0
        if pair is not None and datagrams:
            sent = self._segments.send(pair.protocol.transport, datagrams, pair.remote_addr)
        for datagram in datagrams[sent:]:
            await self.transport._send(datagram)
