"""aiortc's SCTP with its hottest paths cut short, for data channels that carry files.

aiortc parses, sorts and acknowledges each packet by itself. A profile of a file from Chromium showed where a
packet's time goes: half of it into the SACK that answers it (a DTLS record and a system call each), a fifth
into looking again at all fragments of a message for each that arrives. Here a packet that is next in order,
which is all of them on a path that loses nothing, is taken in a few steps, and every second one is
acknowledged (RFC 9260, 6.2). A SACK without gaps is read in one. Whatever is not as expected goes the long
way (docs/decisions/0017).
"""

from __future__ import annotations

import asyncio
from struct import Struct

import aioice.ice
import aioice.turn
import aiortc.rtcpeerconnection
from aiortc import RTCSctpTransport
from aiortc.rtcsctptransport import DataChunk
from google_crc32c import value as crc32c

from hutong.client.transfers.dtls import QuickDtlsTransport, QuickStunProtocol
from hutong.client.transfers.sctp_sending import (
    CHECKSUM,
    CHECKSUM_AT,
    CHUNK_HEADER_BYTES,
    HEADER,
    TSN_MASK,
    QuickSending,
    forget,
)

_DATA, _SACK = 0, 3
_LAST_FRAGMENT = 0x01
_NO_CHECKSUM = bytes(4)
_CHUNK_AT = 12
# A SACK without gaps and duplicates: the common header, then type, flags, length, number, window, two counts.
_PLAIN_SACK = Struct("!HHLLBBHLLHH")
_PACKETS_PER_SACK = 2
# Told in one SACK; they are only for statistics.
_DUPLICATES_MAX = 64
# Half of what the RFC allows: the sender of a last odd packet waits for it.
_SACK_WITHIN_S = 0.1
# What a socket may hold while this program is not run; the system gives less where its own limit is lower.
_SOCKET_BYTES = 4 * 1024 * 1024


class QuickSctpTransport(QuickSending):
    """The same on the wire; `install` makes peer connections use it."""

    _unacknowledged = 0
    _sack_timer: asyncio.TimerHandle | None = None

    async def _handle_data(self, data: bytes) -> None:
        if not await self._take_next(data) and not await self._take_plain_sack(data):
            self._unacknowledged = 0
            await super()._handle_data(data)

    async def _take_next(self, data: bytes) -> bool:
        """Take a packet of one DATA chunk that is next in order; tell whether it was one."""
        if (
            len(data) <= HEADER.size
            or data[_CHUNK_AT] != _DATA
            or self._association_state is not self.State.ESTABLISHED
            or self._sack_misordered
            or self._reconfig_deferred is not None
        ):
            return False
        _, _, tag, _, _, flags, length, tsn, stream_id, sequence, protocol = HEADER.unpack_from(data)
        if (
            tag != self._local_verification_tag
            or tsn != (self._last_received_tsn or 0) + 1 & TSN_MASK
            or length <= CHUNK_HEADER_BYTES
            or _CHUNK_AT + length + (-length & 3) != len(data)
            or CHECKSUM.unpack_from(data, CHECKSUM_AT)[0] != _checksum(data)
        ):
            return False
        self._last_received_tsn = tsn
        self._sack_needed = True
        chunk = DataChunk(flags)
        chunk.tsn, chunk.stream_id, chunk.stream_seq, chunk.protocol = tsn, stream_id, sequence, protocol
        chunk.user_data = data[HEADER.size : _CHUNK_AT + length]
        stream = self._get_inbound_stream(stream_id)
        stream.reassembly.append(chunk)
        self._advertised_rwnd -= len(chunk.user_data)
        # With nothing missing before it, only a last fragment makes a message whole.
        if flags & _LAST_FRAGMENT:
            for message in stream.pop_messages():
                self._advertised_rwnd += len(message[2])
                await self._receive(*message)
        self._unacknowledged += 1
        if self._unacknowledged >= _PACKETS_PER_SACK:
            await self._send_sack()
        elif self._sack_timer is None:
            self._sack_timer = asyncio.get_running_loop().call_later(_SACK_WITHIN_S, self._acknowledge)
        return True

    async def _take_plain_sack(self, data: bytes) -> bool:
        """Take a packet of one SACK that tells of nothing missing; tell whether it was one."""
        if len(data) != _PLAIN_SACK.size or data[_CHUNK_AT] != _SACK:
            return False
        _, _, tag, _, _, _, length, tsn, window_bytes, gaps, duplicates = _PLAIN_SACK.unpack(data)
        if (
            tag != self._local_verification_tag
            or length != _PLAIN_SACK.size - _CHUNK_AT
            or gaps
            or duplicates
            or CHECKSUM.unpack_from(data, CHECKSUM_AT)[0] != _checksum(data)
        ):
            return False
        await self._acknowledged(tsn, window_bytes, [])
        return True

    def _mark_received(self, tsn: int) -> bool:
        """Take note of a packet; tell whether it is here already.

        aiortc sorts all that waits for a lost packet for each that arrives meanwhile, and by size, so that it
        waits for ever where numbers wrap.
        """
        ahead = tsn - (self._last_received_tsn or 0) & TSN_MASK
        if ahead == 0 or ahead > TSN_MASK >> 1 or tsn in self._sack_misordered:
            if len(self._sack_duplicates) < _DUPLICATES_MAX:
                self._sack_duplicates.append(tsn)
            return True
        if ahead > 1:
            self._sack_misordered.add(tsn)
            return False
        while (following := tsn + 1 & TSN_MASK) in self._sack_misordered:
            self._sack_misordered.remove(following)
            tsn = following
        self._last_received_tsn = tsn
        return False

    async def _send_sack(self) -> None:
        self._unacknowledged = 0
        await super()._send_sack()

    def _acknowledge(self) -> None:
        self._sack_timer = None
        if self._sack_needed and self._association_state is self.State.ESTABLISHED:
            task = asyncio.get_running_loop().create_task(self._send_sack())
            task.add_done_callback(forget)

    def _set_state(self, state: RTCSctpTransport.State) -> None:
        if state is self.State.CLOSED and self._sack_timer is not None:
            self._sack_timer.cancel()
            self._sack_timer = None
        super()._set_state(state)


def install() -> None:
    """Make every peer connection that is opened from now on use it: aiortc has no place to say so.

    The same for DTLS, for ICE's sockets, and for their receive buffers; aioice asks for 256 KiB.
    """
    aioice.ice.StunProtocol = QuickStunProtocol  # type: ignore[misc]
    aioice.turn.UDP_SOCKET_BUFFER_SIZE = _SOCKET_BYTES
    aiortc.rtcpeerconnection.RTCDtlsTransport = QuickDtlsTransport  # type: ignore[attr-defined]
    aiortc.rtcpeerconnection.RTCSctpTransport = QuickSctpTransport  # type: ignore[attr-defined]


def _checksum(packet: bytes) -> int:
    return int(crc32c(packet[:CHECKSUM_AT] + _NO_CHECKSUM + packet[_CHUNK_AT:]))
